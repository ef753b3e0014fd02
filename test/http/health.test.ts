import { afterEach, beforeEach, expect, it } from 'vitest';
import { DAY_MS } from '../../shared/time.ts';
import { type Api, events, openApi } from '../support/api.ts';
import { measurement } from '../support/measurements.ts';

const PATTERN = 'pm.uptrend.S1.entry';
let now: number;
let api: Api;
beforeEach(async () => {
  now = Date.parse('2026-11-26T12:00:00Z');
  api = await openApi({ now: () => now });
});
afterEach(() => api.close());

const codes = async () => (await api.status()).reasons.map(({ code }) => code);
const at = (ms: number) => new Date(ms).toISOString();
const recent = (prefix: string, more: object = {}) =>
  events(40, prefix, { timestamp: at(now - 3_600_000), ...more });
const outcomes = (prefix: string, count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({
    pattern_key: PATTERN,
    episode_id: `${prefix}-${from + i}`,
    outcome: 'success',
  }));
/** Moves the clock by a minute, so that what follows is later than what was before. */
const later = () => {
  now += 60_000;
};

it('[F9] A service whose outcomes all wait is unhealthy after a run, until one finds its event', async () => {
  await api.postEvents(recent('e', { outcome: null }));
  await api.cycle();
  await api.postOutcomes(outcomes('mistyped', 40));
  expect(await codes()).toEqual([]);
  later();
  await api.cycle();
  expect(await codes()).toEqual(['outcomes_wait']);
  expect((await api.status()).healthy).toBe(false);
  await api.postOutcomes(outcomes('e', 1));
  expect(await codes()).toEqual([]);
});

it('[F9] Outcomes that come before their events are no reason once the events came', async () => {
  await api.postOutcomes(outcomes('e', 40));
  later();
  await api.cycle();
  expect(await codes()).toEqual(['outcomes_wait']);
  await api.postEvents(recent('e', { outcome: null }));
  expect(await codes()).toEqual([]);
});

it.each([
  ['older than the window', -91 * DAY_MS, 'the newest is of 2026-08-27, the window has 90 days'],
  ['in the future', 3_600_000, 'all lie in the future'],
])('[F10] A service whose events are all %s is unhealthy, and says so', async (_, offset, cause) => {
  await api.postEvents(events(40, 'e', { timestamp: at(now + offset) }));
  await api.cycle();
  const { reasons } = await api.status();
  expect(reasons).toMatchObject([{ code: 'window_empty', detail: expect.stringContaining(cause) }]);
  await api.postEvents(recent('new'));
  expect(await codes()).toEqual([]);
});

it('[F11] Neither a run of one pattern nor one of a pattern that does not exist makes the service healthy', async () => {
  await api.postEvents(recent('e'));
  await api.cycle();
  now += DAY_MS;
  expect(await codes()).toEqual(['no_recent_cycle']);
  for (const pattern_key of [PATTERN, 'pm.nobody.S1.entry'])
    await api.send('POST', '/v1/cycles?wait=true', { pattern_key });
  expect(await codes()).toEqual(['no_recent_cycle']);
  await api.cycle();
  expect(await codes()).toEqual([]);
});

it('[F11] A run of one pattern that fails does not make the service unhealthy', async () => {
  await api.postEvents(recent('e'));
  await api.cycle();
  const { episodes } = api.service.runtime;
  const { resolved } = episodes;
  episodes.resolved = () => {
    throw new Error('broken');
  };
  expect((await api.cycle({ pattern_key: PATTERN })).status).toBe('failed');
  episodes.resolved = resolved;
  expect(await codes()).toEqual([]);
});

it('[F12] One run with the clock ahead does not keep the service healthy; the next run counts', async () => {
  await api.postEvents(recent('e'));
  await api.cycle();
  now += 400 * DAY_MS;
  const ahead = await api.cycle();
  now -= 370 * DAY_MS;
  const status = await api.status();
  expect(status.reasons.map(({ code }) => code).slice(0, 2)).toEqual([
    'run_from_the_future',
    'no_recent_cycle',
  ]);
  expect(status.reasons[0]?.detail).toContain(ahead.cycle_id);
  expect(status.last_cycle?.age_seconds).toBe(30 * 86_400);
  await api.postEvents(recent('new'));
  const mended = await api.cycle();
  expect(await api.status()).toMatchObject({ healthy: true, last_cycle: { cycle_id: mended.cycle_id } });
  measurement(20, 'one run with the clock 400 days ahead: named at once, and never the last cycle');
});

it('Records of an earlier version, without the run that was written last, are read by their time', async () => {
  await api.postEvents(recent('e'));
  const { cycles } = api.service.runtime;
  const { cycle_id } = await api.cycle();
  cycles.lastFull = async () => undefined;
  expect(await api.status()).toMatchObject({ healthy: true, last_cycle: { cycle_id } });
});
