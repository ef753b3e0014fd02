import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import { setMode, setSettings } from '../../shared/generation/change-head.ts';
import { inForceOf, lookUp } from '../../shared/lookup/look-up.ts';
import { runCycle } from '../support/cycles.ts';
import { DAY, eventBody, iso, NOW, S1 } from '../support/episodes.ts';
import { OPERATOR } from '../support/pattern-runs.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

let stores: Stores;
beforeEach(async () => {
  stores = await openStores();
});
afterEach(async () => stores.close());

const FACTORS = {
  ts_score: 0.8,
  ts_min: 0.6,
  halo_distance: 0.5,
  halo_max: 1,
  ema60_slope: 0.01,
  slope_min: 0,
  blocked_by: [],
};

/** Stores one acted event a day with an outcome of the same day. @param now time of the latest */
async function addDays(
  count: number,
  now: number,
  outcome: 'success' | 'failure',
  prefix = 'e',
): Promise<void> {
  const events = Array.from({ length: count }, (_, i) =>
    readEpisode(
      eventBody(`${prefix}${i}`, {
        decision: 'acted',
        factors: FACTORS,
        timestamp: iso(now - (i + 0.5) * DAY),
        outcome,
        resolved_at: iso(now - (i + 0.4) * DAY),
      }),
      now,
    ),
  );
  await stores.runtime.episodes.add(events);
}

async function answer() {
  const head = await stores.runtime.heads.head(S1);
  const index = head?.current && (await stores.runtime.generations.index(S1, head.current.overrides));
  const request = { pattern: S1, scope: {}, thresholds: { ts_min: 0.6, halo_max: 1 }, resolution: undefined };
  return lookUp({ ...request, explain: false }, inForceOf(S1, head, 'replay'), index);
}

describe('a pattern that loses over a year', () => {
  it('[W5] A halt needs no trial: it ends the rollout, and holds for every episode at once', async () => {
    const run = async () =>
      (await runCycle(stores.runtime, { pattern_key: S1, publish: undefined, reason: undefined }))[0];
    await stores.runtime.heads.register([S1]);
    await setSettings(stores.runtime, S1, { rollout: 'guarded', halt: 'apply' }, OPERATOR);
    await addDays(30, NOW, 'failure');
    expect(await run()).toMatchObject({ status: 'held', reason_code: 'candidate_started' });
    await addDays(80, NOW, 'failure', 'lost');
    expect(await run()).toMatchObject({ status: 'published', generation: 2 });
    expect(await answer()).toMatchObject({ entries: 'halted' });
    const head = await stores.runtime.heads.head(S1);
    expect(head).not.toHaveProperty('candidate');
    expect(head?.last_change.why).toMatch(/; the rollout of generation 1 ends$/);
  });

  it('[W5] A run halts its entries, and look-ups answer so with the reason', async () => {
    await addDays(80, NOW, 'failure');
    await runCycle(stores.runtime, { policy: 'replay' });
    expect(await answer()).toMatchObject({
      entries: 'halted',
      entries_reason: expect.stringContaining('lost 80 in 80 trades'),
      thresholds: { ts_min: 0.6, halo_max: 1 },
    });
  });

  it.each(['shadow', 'off'] as const)('[W5] In mode %s its entries are open', async mode => {
    await addDays(80, NOW, 'failure');
    await runCycle(stores.runtime, { policy: 'replay' });
    await setMode(stores.runtime, S1, mode, OPERATOR);
    const { entries, entries_reason } = await answer();
    expect([entries, entries_reason]).toEqual(['open', undefined]);
  });

  it('With the setting apply its gates close as far as overrides go', async () => {
    await addDays(80, NOW, 'failure');
    await setSettings(stores.runtime, S1, { halt: 'apply' }, OPERATOR);
    await runCycle(stores.runtime, { policy: 'replay' });
    expect(await answer()).toMatchObject({ entries: 'halted', thresholds: { ts_min: 1.2, halo_max: 0.5 } });
  });

  it('With the setting off no verdict is given, and switching it on halts at the next run', async () => {
    await addDays(80, NOW, 'failure');
    await setSettings(stores.runtime, S1, { halt: 'off' }, OPERATOR);
    await runCycle(stores.runtime, { policy: 'replay' });
    const { entries, entries_reason } = await answer();
    expect([entries, entries_reason]).toEqual(['open', undefined]);
    await setSettings(stores.runtime, S1, { halt: 'advise' }, OPERATOR);
    await runCycle(stores.runtime, { policy: 'replay' });
    expect((await answer()).entries).toBe('halted');
  });

  it('[W5] Days that left the window still count, from the sums that earlier runs sealed', async () => {
    await addDays(80, NOW, 'failure');
    await runCycle(stores.runtime, { policy: 'replay' });
    stores.clock.now = NOW + 100 * DAY;
    await addDays(5, stores.clock.now, 'failure', 'late');
    await runCycle(stores.runtime, { policy: 'replay' });
    expect(await answer()).toMatchObject({
      entries: 'halted',
      entries_reason: expect.stringContaining('lost 85 in 85 trades'),
    });
  });

  it('The sums are written once a day, and a run as of an earlier day leaves them', async () => {
    await addDays(80, NOW, 'failure');
    await runCycle(stores.runtime);
    const first = await stores.runtime.heads.storedDays(S1);
    expect([first.writtenOn, first.days.length]).toEqual([Math.floor(NOW / DAY), 80]);
    await addDays(1, NOW, 'failure', 'again');
    await runCycle(stores.runtime);
    await runCycle(stores.runtime, { as_of: iso(NOW - 30 * DAY) });
    expect(await stores.runtime.heads.storedDays(S1)).toEqual(first);
    stores.clock.now += DAY;
    await runCycle(stores.runtime);
    expect((await stores.runtime.heads.storedDays(S1)).writtenOn).toBe(Math.floor(NOW / DAY) + 1);
  });
});

it('Events without thresholds are replayed at the base thresholds of the settings', async () => {
  const { ts_min: _, halo_max: __, slope_min: ___, ...factors } = FACTORS;
  const events = Array.from({ length: 80 }, (_unused, i) =>
    readEpisode(
      eventBody(`e${i}`, {
        decision: 'acted',
        factors,
        timestamp: iso(NOW - (i + 0.5) * DAY),
        outcome: 'failure',
        resolved_at: iso(NOW - (i + 0.4) * DAY),
      }),
      NOW,
    ),
  );
  await stores.runtime.episodes.add(events);
  const base_thresholds = { ts_min: 0.9, halo_max: 1, slope_min: 0 };
  await setSettings(stores.runtime, S1, { base_thresholds }, OPERATOR);
  await runCycle(stores.runtime, { policy: 'replay' });
  expect((await answer()).entries).toBe('open');
  await setSettings(stores.runtime, S1, { base_thresholds: { ...base_thresholds, ts_min: 0.6 } }, OPERATOR);
  await runCycle(stores.runtime, { policy: 'replay' });
  expect((await answer()).entries).toBe('halted');
});
