import type { ReplaySettings } from '../../shared/override/replay/settings.ts';

/**
 * The settings of the first measurement of the replay policy. The bench compares the settings in use with them. Every
 * event counts as independent, and all steps are allowed in every pattern.
 */
export const FIRST_REPLAY_SETTINGS: ReplaySettings = {
  payoff: { win: 2, loss: 1 },
  nMin: 33,
  maxDimensions: 2,
  z: [2, 1.75, 2.75],
  firstStep: undefined,
  priorEvents: 20,
  maxSteps: 60,
  forecasts: true,
  maxLog: 0.7,
  maxShift: 2,
  windows: [90, 30],
  changePoint: undefined,
  heldOutDays: 7,
  heldOutErrors: 1,
  clusters: [],
  minFactorShare: 0.5,
  maxVisits: 1.5e8,
  maxSlices: 20_000,
};
