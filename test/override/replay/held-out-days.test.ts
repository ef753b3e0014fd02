import { expect, test } from 'vitest';
import type { Outcome } from '../../../shared/episode/outcome.ts';
import type { KnownEvent } from '../../support/factor-columns.ts';
import { AS_OF, core, event, replayEvents, spread } from '../../support/replay-events.ts';

const winners = spread(40, { outcome: 'success', ts: 0.58, halo: 0.2 });

test('Replay does not count an outcome that was not known at as_of', () => {
  const later = winners.map(e => ({ ...e, resolvedAt: AS_OF + 1 }));
  expect(replayEvents([...core(), ...later]).overrides).toEqual([]);
});

test('Overrides that the held-out days contradict are withheld, and the reason states so', () => {
  const losers = Array.from({ length: 60 }, (_, i) =>
    event({ outcome: 'failure', ts: 0.58, halo: 0.2, daysAgo: 20 + i / 60, resolvedDaysAgo: 6 }),
  );
  const result = replayEvents([
    ...core(),
    ...spread(120, { outcome: 'success', ts: 0.58, halo: 0.2, daysAgo: 22 }),
    ...losers,
  ]);
  expect(result.overrides).toEqual([]);
  expect(result.withheld).toEqual({
    code: 'withheld_by_held_out_days',
    text:
      'held-out days disagree: overrides learned without the last 7 days lose on them against the base thresholds, ' +
      '−60 (standard error 7.7) at 2:1; all are withheld',
  });
  expect(result.noOverrideReasons).toContainEqual(
    expect.objectContaining({ action_category: 'tuning_ts_min', reason: result.withheld?.text }),
  );
});

test('The window is the last thirty days when their fit gains more on the held-out days than that of ninety', () => {
  const draft = (outcome: Outcome, daysAgo: number, resolved: number, count: number): KnownEvent[] =>
    Array.from({ length: count }, (_, i) =>
      event({ outcome, ts: 0.58, halo: 0.2, daysAgo: daysAgo + i / count, resolvedDaysAgo: resolved }),
    );
  const events = [
    ...core(60),
    ...draft('failure', 60, 55, 300),
    ...draft('success', 20, 15, 80),
    ...draft('success', 10, 3, 60),
  ];
  const result = replayEvents(events);
  expect(result.window_days).toBe(30);
  expect(result.overrides[0]?.evidence).toMatchObject({ winners: 140, losers: 0, window_days: 30 });
  expect(result.held_out).toMatchObject({ gain: 120, events: 60 });
});
