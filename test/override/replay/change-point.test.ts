import { expect, test } from 'vitest';
import type { Outcome } from '../../../shared/episode/outcome.ts';
import type { ReplaySettings } from '../../../shared/override/replay/settings.ts';
import { REPLAY_SETTINGS } from '../../../shared/override/replay/settings.ts';
import type { KnownEvent } from '../../support/factor-columns.ts';
import { event, inside, movesOf, replayEvents } from '../../support/replay-events.ts';

/**
 * Makes events from `from` to `to` days ago: `near` is the outcome of those just under ts_min, `far` of those far under
 * it. Those inside all gates succeed.
 */
const era = (from: number, to: number, count: number, near: Outcome, far: Outcome): KnownEvent[] =>
  Array.from({ length: count }, (_, i) => {
    const daysAgo = to + ((from - to) * i) / count;
    const resolvedDaysAgo = Math.max(0, daysAgo - 1);
    return [
      event({ outcome: near, ts: 0.58, halo: 0.2, daysAgo, resolvedDaysAgo }),
      event({ outcome: far, ts: 0.3, halo: 0.2, daysAgo, resolvedDaysAgo }),
      event({ outcome: 'success', ...inside, daysAgo, resolvedDaysAgo }),
    ];
  }).flat();
const settings: ReplaySettings = { ...REPLAY_SETTINGS, clusters: [], firstStep: undefined };

test('A change point is found where the fit of older events loses on younger ones, and only the younger ones are fitted', () => {
  const events = [...era(88, 20, 300, 'success', 'failure'), ...era(20, 0.1, 90, 'failure', 'failure')];
  const result = replayEvents(events, settings);
  expect(result.window_days).toBe(20);
  expect(result.changed).toBe('what older events taught has failed for 20 days');
  expect(result.overrides).toEqual([]);
  expect(replayEvents(events, { ...settings, changePoint: undefined }).window_days).toBe(90);
});

test('No change point is found where nothing changed', () => {
  const result = replayEvents(era(88, 0.1, 400, 'success', 'failure'), settings);
  expect(result.window_days).toBe(90);
  expect(movesOf(result)).toEqual([['tuning_ts_min', {}, 0.9608]]);
});
