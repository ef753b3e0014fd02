import { afterEach, expect, it } from 'vitest';
import { jsonLog } from '../../shared/log.ts';
import { CYCLE_CLOSED_MESSAGE } from '../../shared/log-messages.ts';
import { type Api, events, openApi } from '../support/api.ts';
import { NOW, S1, S2 } from '../support/episodes.ts';

/* The line that closes a run counts the patterns whose outcomes wait, from which AWS makes an alarm. */

const HOUR = 3_600_000;
let api: Api;
afterEach(() => api.close());

it('[M5] A run counts the patterns that status calls unhealthy for outcomes that wait', async () => {
  let now = NOW;
  const lines: Record<string, unknown>[] = [];
  const log = jsonLog('info', line => lines.push(JSON.parse(line)), Date.now);
  api = await openApi({ now: () => now, log });
  const closed = () => lines.findLast(({ message }) => message === CYCLE_CLOSED_MESSAGE)?.patterns_waiting;
  const run = async () => {
    now += HOUR;
    await api.send('POST', '/v1/cycles?wait=true', {});
    const { reasons } = await api.status();
    expect(closed()).toBe(reasons.filter(({ code }) => code === 'outcomes_wait').length);
    return closed();
  };
  await api.postEvents(events(3, 'e', { outcome: null }));
  expect(await run()).toBe(0);
  await api.postOutcomes([{ pattern_key: S1, episode_id: 'other', outcome: 'success' }]);
  expect(await run()).toBe(1);
  await api.send('POST', '/v1/cycles?wait=true', { publish: false });
  await api.send('PUT', `/v1/patterns/${S1}/mode`, { mode: 'off', reason: 'a test' });
  expect(await run()).toBe(0);
  await api.send('PUT', `/v1/patterns/${S1}/mode`, { mode: 'live', reason: 'a test' });
  expect(await run()).toBe(1);
  await api.postOutcomes([{ pattern_key: S1, episode_id: 'e-0', outcome: 'success' }]);
  expect(await run()).toBe(0);
  // No event has named this pattern, so no run covers it.
  await api.postOutcomes([{ pattern_key: S2, episode_id: 'e-1', outcome: 'success' }]);
  expect(await run()).toBe(1);
});
