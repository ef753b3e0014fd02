import { expect, test } from 'vitest';
import type { Outcome } from '../../../shared/episode/outcome.ts';
import type { ReplaySettings } from '../../../shared/override/replay/settings.ts';
import type { KnownEvent } from '../../support/factor-columns.ts';
import {
  core,
  INDEPENDENT_EVENTS,
  inside,
  movesOf,
  replayEvents,
  spread,
} from '../../support/replay-events.ts';

// One step: G = 40 − 8 = 32 by 2·sqrt(88 + 40): above 0 by 2.8 standard errors.
const oneStep = [
  ...spread(20, { outcome: 'success', ts: 0.58, halo: 0.2 }),
  ...spread(8, { outcome: 'failure', ts: 0.58, halo: 0.2 }),
];
const firstStepErrors = (uninformative: number, informative: number): ReplaySettings => ({
  ...INDEPENDENT_EVENTS,
  entry: {
    uninformativeZ: [uninformative, uninformative, uninformative],
    informativeZ: [informative, informative, informative],
    informativeErrors: 3,
  },
});

test('The first step of an uninformative factor must exceed 0 by more than later steps', () => {
  const uninformative = [...core(), ...oneStep, ...spread(40, { outcome: 'failure', ...inside })];
  expect(replayEvents(uninformative).overrides).toHaveLength(1);
  expect(replayEvents(uninformative, firstStepErrors(2.8, 1)).overrides).toHaveLength(1);
  const result = replayEvents(uninformative, firstStepErrors(2.9, 1));
  expect(result.overrides).toEqual([]);
  expect(result.noOverrideReasons[0]?.reason).toBe(
    'not proven: +32 ± 23 exceeds 0 by 2.8 standard errors, 2.9 are asked of a first step',
  );
});

test('The first step of an informative factor must exceed 0 by less', () => {
  const far = spread(90, { outcome: 'failure', ts: 0.25, halo: 0.2 });
  expect(replayEvents([...core(), ...oneStep, ...far], firstStepErrors(9, 2.8)).overrides).toHaveLength(1);
  expect(replayEvents([...core(), ...oneStep, ...far], firstStepErrors(9, 2.9)).overrides).toEqual([]);
});

test('A first step in the global slice opens that slice only, and one in another slice opens all', () => {
  const byDimensions = (global: number, one: number): ReplaySettings => ({
    ...INDEPENDENT_EVENTS,
    entry: { uninformativeZ: [global, one, 9], informativeZ: [global, one, 9], informativeErrors: 3 },
  });
  const side = (a: string, outcome: Outcome, count: number): KnownEvent[] =>
    spread(count, { outcome, ts: 0.58, halo: 0.2, scope: { side: a } });
  const events = [
    ...core(60, { scope: { side: 'a' } }),
    ...core(60, { scope: { side: 'b' } }),
    ...side('a', 'success', 60),
    ...side('b', 'success', 20),
    ...side('b', 'failure', 75),
  ];
  expect(movesOf(replayEvents(events))).toEqual([['tuning_ts_min', { side: 'a' }, 0.9608]]);
  // 160 − 75 = 85 by sqrt(4·80 + 75 + 40): 4.1 standard errors; side a: 120 by sqrt(240 + 40), 7.2.
  expect(movesOf(replayEvents(events, byDimensions(4, 8)))).toEqual([['tuning_ts_min', {}, 0.9608]]);
  expect(movesOf(replayEvents(events, byDimensions(9, 7)))).toEqual([
    ['tuning_ts_min', { side: 'a' }, 0.9608],
  ]);
  expect(movesOf(replayEvents(events, byDimensions(9, 8)))).toEqual([]);
});
