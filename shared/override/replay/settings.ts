import type { Payoff } from '../payoff.ts';
/** What the replay policy is told. */
export interface ReplaySettings {
  /** Gain of an acted success and loss of an acted failure, both above 0. */
  readonly payoff: Payoff;
  /** Least events (with an outcome) of a slice. */
  readonly nMin: number;
  readonly maxDimensions: 0 | 1 | 2;
  /** How many standard errors a gain must exceed 0, by the slice's dimensions. */
  readonly z: ByDimensions;
  /** What opens a pattern to such steps; without it, every pattern is open. */
  readonly entry: FirstStepSettings | undefined;
  /** Events of unknown outcome that are added to every variance. */
  readonly priorEvents: number;
  readonly maxSteps: number;
  /** Largest |log multiplier| of one override. */
  readonly maxLog: number;
  /** Largest shift of an additive lever, in standard deviations of its factor. */
  readonly maxShift: number;
  /** Days; the first is used unless another one does better on the held-out days. */
  readonly windows: readonly [number, ...number[]];
  /** How it is found that what held before holds no longer; without it, it is not looked for. */
  readonly breaks: ChangePointSettings | undefined;
  readonly heldOutDays: number;
  /** How many standard errors another window must win by, or a fit lose by against base. */
  readonly heldOutErrors: number;
  /** Which events share their fate; the variance is the largest that any of them gives. */
  readonly clusters: readonly ClusterRule[];
  /** A lever is off when a smaller share of the events carries its factor. */
  readonly minFactorShare: number;
  /**
   * Most record visits (one event looked at for one combination of dimensions) of one counting, and most slices:
   * what lies beyond is cut by whole levels of dimensions.
   */
  readonly maxVisits: number;
  readonly maxSlices: number;
}

/** One number each for the global slice, slices of one dimension, and of two. */
export type ByDimensions = readonly [global: number, one: number, two: number];

/**
 * Among hundreds of slices some step always looks good, so a first step must prove more than those after it. One in
 * the global slice opens the global slice, one in any other opens all.
 */
export interface FirstStepSettings {
  /** Standard errors by which some step at the base gates must exceed 0, for a lever whose factor tells nothing … */
  readonly uninformativeZ: ByDimensions;
  /** … and for one whose factor tells winners from losers: there a better threshold exists, and only its place is asked. */
  readonly informativeZ: ByDimensions;
  /** Standard errors by which winners lie further inside a gate than losers, over all events that pass the others. */
  readonly informativeErrors: number;
}

/** What older events taught is scored on younger ones. Ages in days, descending. */
export interface ChangePointSettings {
  /** Learned from what is older than each of these … */
  readonly learned: readonly number[];
  /** … and scored on what is younger than each of these. */
  readonly scored: readonly number[];
  /** Standard errors it must lose by, and fall short by of what it gained where it was learned; only what is younger than that age is then learned from. */
  readonly losing: number;
  readonly errors: number;
}

/** `trade`: events of one trade or episode. Else events within one block of hours, of one pair or of the whole market. */
export type ClusterRule = 'trade' | { readonly within: 'pair' | 'market'; readonly hours: number };

/** The constants of the policy as it was first measured (handbook): every event counted as independent. */
export const FIRST_REPLAY_SETTINGS: ReplaySettings = {
  payoff: { win: 2, loss: 1 },
  nMin: 33,
  maxDimensions: 2,
  z: [2, 1.75, 2.75],
  entry: undefined,
  priorEvents: 20,
  maxSteps: 60,
  maxLog: 0.7,
  maxShift: 2,
  windows: [90, 30],
  breaks: undefined,
  heldOutDays: 7,
  heldOutErrors: 1,
  clusters: [],
  minFactorShare: 0.5,
  maxVisits: 1.5e8,
  maxSlices: 20_000,
};

/** What runs by default: chosen on simulated worlds (docs/replay-policy.md). */
export const REPLAY_SETTINGS: ReplaySettings = {
  ...FIRST_REPLAY_SETTINGS,
  z: [1, 1.5, 2.7],
  entry: { uninformativeZ: [2.9, 3.6, 4.1], informativeZ: [1.6, 2.5, 3.3], informativeErrors: 3 },
  priorEvents: 10,
  windows: [90],
  heldOutErrors: 2,
  breaks: { learned: [50, 25, 12], scored: [50, 40, 32, 25, 20, 16, 12, 9, 6], losing: 1.5, errors: 4 },
  clusters: ['trade', { within: 'pair', hours: 6 }, { within: 'market', hours: 6 }],
};
