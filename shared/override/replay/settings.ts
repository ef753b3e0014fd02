import type { Payoff } from '../payoff.ts';

/** Settings of the replay policy (docs/replay-policy.md). */
export interface ReplaySettings {
  readonly payoff: Payoff;
  /** Least number of events with an outcome in a slice. */
  readonly nMin: number;
  readonly maxDimensions: 0 | 1 | 2;
  /** Critical z-score of a step's gain, by number of dimensions of the slice. */
  readonly z: ByDimensions;
  /** Stricter test of first steps; undefined: every slice is open to steps. */
  readonly firstStep: FirstStepSettings | undefined;
  /** Number of break-even events that are added to every variance, so that slices with few events are trusted less. */
  readonly priorEvents: number;
  readonly maxSteps: number;
  /** True when overrides carry a forecast of their gain; forecasts take a sixth of the time. */
  readonly forecasts: boolean;
  /** Largest |log multiplier| of one override. */
  readonly maxLog: number;
  /** Largest shift of an additive lever, in standard deviations of its factor. */
  readonly maxShift: number;
  /** Candidate windows in days; the first is used unless another does better on the held-out days. */
  readonly windows: readonly [number, ...number[]];
  /** Detection of a change point; undefined: none. */
  readonly changePoint: ChangePointSettings | undefined;
  readonly heldOutDays: number;
  /**
   * Critical z-score on the held-out days, used twice:
   * - Another window replaces the first when its gain is larger by more than this many standard errors.
   * - The fit is withheld when its loss against the base gates is more than this many standard errors.
   */
  readonly heldOutErrors: number;
  /** Rules that cluster dependent events. The variance used is the largest that any of them gives. */
  readonly clusters: readonly ClusterRule[];
  /** Share of events that must carry a lever's factor and threshold; below it the lever is disabled. */
  readonly minFactorShare: number;
  /**
   * Maximum record visits (one event counted for one combination of dimensions) of one count of slices. Whole levels of
   * dimensions beyond it are cut.
   */
  readonly maxVisits: number;
  /** Maximum number of slices; whole levels of dimensions beyond it are cut. */
  readonly maxSlices: number;
}

/** One number each for the global slice, slices of one dimension, and slices of two. */
type ByDimensions = readonly [global: number, one: number, two: number];

/**
 * Test of the first step. Among hundreds of slices some step gains by chance, so the gain of the first step must pass a
 * stricter test than those after it. A first step in the global slice opens that slice; one in any other slice opens
 * all. It opens them to steps of its own direction only.
 */
interface FirstStepSettings {
  /** Critical z-score of a lever whose factor is not informative. */
  readonly uninformativeZ: ByDimensions;
  /**
   * Critical z-score of a lever whose factor is informative. It is lower, because a better threshold exists and only
   * its value is in question.
   */
  readonly informativeZ: ByDimensions;
  /** A factor is informative when it passes one of these tests. */
  readonly informative: readonly InformativeTest[];
  /**
   * Factor of the critical z-scores of a direction once steps of the other one are open in slices: thresholds then are
   * known to differ by scope.
   */
  readonly secondDirection: number;
}

/** Test of a factor on the difference of its mean margin between winners and losers that pass all other gates. */
export interface InformativeTest {
  /** Critical t-statistic: the difference in standard errors. */
  readonly errors: number;
  /** Least effect size: the difference in standard deviations of the margin (Cohen's d). */
  readonly effect: number;
}

/** Settings of the change-point test, which scores a fit of older events on younger ones. Ages in days, descending. */
interface ChangePointSettings {
  /** Each fit uses the events that are older than one of these ages. */
  readonly learned: readonly number[];
  /** Each fit is scored on the events that are younger than each of these ages. */
  readonly scored: readonly number[];
  /** Critical z-score of the loss of a fit on the younger events. */
  readonly losing: number;
  /**
   * Critical z-score of the shortfall of a fit: its gain on the older events, scaled to the number of younger ones,
   * less its gain on the younger ones.
   */
  readonly errors: number;
}

/**
 * A rule that puts events into one cluster: those of one trade, or those of one block of hours in one pair or in the
 * whole market.
 */
export type ClusterRule =
  | 'trade'
  /** `measured`: the length follows from the events (`measureBlockHours`). */
  | { readonly within: 'pair' | 'market'; readonly hours: number | 'measured' };

/** The default settings, chosen on simulated worlds (docs/replay-policy.md). */
export const REPLAY_SETTINGS: ReplaySettings = {
  payoff: { win: 2, loss: 1 },
  nMin: 33,
  maxDimensions: 2,
  z: [1, 1.5, 2.7],
  firstStep: {
    uninformativeZ: [2.9, 3.6, 4.1],
    informativeZ: [1.6, 2.5, 3.3],
    informative: [
      { errors: 6, effect: 0 },
      { errors: 3, effect: 0.4 },
    ],
    secondDirection: 0.7,
  },
  priorEvents: 10,
  maxSteps: 60,
  forecasts: true,
  maxLog: 0.7,
  maxShift: 2,
  windows: [90],
  changePoint: { learned: [50, 25, 12], scored: [50, 40, 32, 25, 20, 16, 12, 9, 6], losing: 1.5, errors: 4 },
  heldOutDays: 7,
  heldOutErrors: 2,
  clusters: ['trade', { within: 'pair', hours: 'measured' }, { within: 'market', hours: 'measured' }],
  minFactorShare: 0.5,
  maxVisits: 1.5e8,
  maxSlices: 20_000,
};
