import { expect, test } from 'vitest';
import { FIRST_REPLAY_SETTINGS } from '../../../bench/policy/first-settings.ts';
import { replayLeversOf } from '../../../shared/lever/lever.ts';
import { S1 } from '../../support/episodes.ts';

test('The first settings of replay and the steps of its levers are the documented ones', () => {
  expect(FIRST_REPLAY_SETTINGS).toMatchObject({
    payoff: { win: 2, loss: 1 },
    nMin: 33,
    maxDimensions: 2,
    z: [2, 1.75, 2.75],
    firstStep: undefined,
    priorEvents: 20,
    maxSteps: 60,
    maxLog: 0.7,
    windows: [90, 30],
    changePoint: undefined,
    heldOutDays: 7,
    heldOutErrors: 1,
    clusters: [],
  });
  const levers = replayLeversOf(S1).map(l => [l.factor, l.scale, l.steps]);
  expect(levers.slice(0, 3)).toEqual([
    ['ts_score', 'log', [0.04, 0.08, 0.12, 0.16, 0.2, 0.25, 0.3, 0.36, 0.43]],
    ['halo_distance', 'log', [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]],
    ['ema60_slope', 'additive', [1 / 6, 1 / 3, 1 / 2, 2 / 3, 1, 4 / 3]],
  ]);
});
