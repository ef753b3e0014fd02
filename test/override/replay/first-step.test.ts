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

// Gain 2·20 − 8 = 32, standard error √(88 + 40) = 11.3: 2.8 standard errors above 0.
const oneStep = [
  ...spread(20, { outcome: 'success', ts: 0.58, halo: 0.2 }),
  ...spread(8, { outcome: 'failure', ts: 0.58, halo: 0.2 }),
];
const INFORMATIVE = { informative: [{ errors: 3, effect: 0 }], secondDirection: 1 };
const firstStepErrors = (uninformative: number, informative: number): ReplaySettings => ({
  ...INDEPENDENT_EVENTS,
  firstStep: {
    uninformativeZ: [uninformative, uninformative, uninformative],
    informativeZ: [informative, informative, informative],
    ...INFORMATIVE,
  },
});

test('The first step of an uninformative factor needs more standard errors than later steps', () => {
  const uninformative = [...core(), ...oneStep, ...spread(40, { outcome: 'failure', ...inside })];
  expect(replayEvents(uninformative).overrides).toHaveLength(1);
  expect(replayEvents(uninformative, firstStepErrors(2.8, 1)).overrides).toHaveLength(1);
  const result = replayEvents(uninformative, firstStepErrors(2.9, 1));
  expect(result.overrides).toEqual([]);
  expect(result.noOverrideReasons[0]?.reason).toBe(
    'the best step, ts_min × 0.96, gains +32 ± 23 at 2:1 in 90 days: 2.8 standard errors above 0, and a first step needs 2.9',
  );
});

test('The first step of an informative factor needs fewer standard errors than one of an uninformative factor', () => {
  const far = spread(90, { outcome: 'failure', ts: 0.25, halo: 0.2 });
  expect(replayEvents([...core(), ...oneStep, ...far], firstStepErrors(9, 2.8)).overrides).toHaveLength(1);
  expect(replayEvents([...core(), ...oneStep, ...far], firstStepErrors(9, 2.9)).overrides).toEqual([]);
});

test('A first step in the global slice opens that slice only, and one in any other slice opens all slices', () => {
  const byDimensions = (global: number, one: number): ReplaySettings => ({
    ...INDEPENDENT_EVENTS,
    firstStep: { uninformativeZ: [global, one, 9], informativeZ: [global, one, 9], ...INFORMATIVE },
  });
  const events = (value: string, outcome: Outcome, count: number): KnownEvent[] =>
    spread(count, { outcome, ts: 0.58, halo: 0.2, scope: { side: value } });
  const all = [
    ...core(60, { scope: { side: 'a' } }),
    ...core(60, { scope: { side: 'b' } }),
    ...events('a', 'success', 60),
    ...events('b', 'success', 20),
    ...events('b', 'failure', 75),
  ];
  expect(movesOf(replayEvents(all))).toEqual([['tuning_ts_min', { side: 'a' }, 0.9608]]);
  // Everywhere: gain 2·80 − 75 = 85, standard error √(4·80 + 75 + 40) = 20.9: 4.1 standard errors above 0.
  // Side a: gain 2·60 = 120, standard error √(4·60 + 40) = 16.7: 7.2 standard errors above 0.
  expect(movesOf(replayEvents(all, byDimensions(4, 8)))).toEqual([['tuning_ts_min', {}, 0.9608]]);
  expect(movesOf(replayEvents(all, byDimensions(9, 7)))).toEqual([['tuning_ts_min', { side: 'a' }, 0.9608]]);
  expect(movesOf(replayEvents(all, byDimensions(9, 8)))).toEqual([]);
});

test('A first step that tightens opens no slice to steps that loosen, until one of them passes the test itself', () => {
  const asked = (errors: number, secondDirection: number): ReplaySettings => ({
    ...INDEPENDENT_EVENTS,
    firstStep: {
      uninformativeZ: [errors, errors, 9],
      informativeZ: [errors, errors, 9],
      informative: [],
      secondDirection,
    },
  });
  const events = [
    ...core(60, { scope: { side: 'a' } }),
    ...core(60, { scope: { side: 'b' } }),
    // Side a is too loose by far: 100 losers just inside the gate.
    ...spread(100, { outcome: 'failure', ts: 0.61, halo: 0.2, scope: { side: 'a' } }),
    // Side b is a little too tight: gain 2·20 − 8 = 32, 2.8 standard errors above 0.
    ...spread(20, { outcome: 'success', ts: 0.58, halo: 0.2, scope: { side: 'b' } }),
    ...spread(8, { outcome: 'failure', ts: 0.58, halo: 0.2, scope: { side: 'b' } }),
  ];
  const sides = (errors: number, secondDirection = 1) =>
    movesOf(replayEvents(events, asked(errors, secondDirection)));
  expect(sides(3)).toEqual([['tuning_ts_min', { side: 'a' }, expect.closeTo(1.04, 1)]]);
  expect(sides(2.7)).toEqual(expect.arrayContaining([['tuning_ts_min', { side: 'b' }, 0.9608]]));
  // Beside the open side a, side b needs .7·3.9 = 2.73 standard errors, or .7·4.1 = 2.87; it has 2.83.
  expect(sides(3.9, 0.7)).toEqual(expect.arrayContaining([['tuning_ts_min', { side: 'b' }, 0.9608]]));
  expect(sides(4.1, 0.7)).toEqual([['tuning_ts_min', { side: 'a' }, expect.closeTo(1.04, 1)]]);
});

test('A weak factor is not informative by standard errors alone when the test asks for an effect size', () => {
  const far = spread(90, { outcome: 'failure', ts: 0.25, halo: 0.2 });
  const events = [...core(), ...oneStep, ...far];
  const asked = (effect: number): ReplaySettings => ({
    ...firstStepErrors(9, 2.8),
    firstStep: {
      uninformativeZ: [9, 9, 9],
      informativeZ: [2.8, 2.8, 2.8],
      informative: [{ errors: 3, effect }],
      secondDirection: 1,
    },
  });
  expect(replayEvents(events, asked(0.5)).overrides).toHaveLength(1);
  expect(replayEvents(events, asked(5)).overrides).toEqual([]);
});
