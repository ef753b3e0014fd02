import type { Payoff } from '../payoff.ts';

/** Settings of the replay policy (docs/replay-policy.md). */
export interface ReplaySettings {
  readonly payoff: Payoff;
  /** Least events (with an outcome) of a slice. */
  readonly nMin: number;
  readonly maxDimensions: 0 | 1 | 2;
  /** Standard errors by which the gain of a step must exceed 0, by the slice's dimensions. */
  readonly z: ByDimensions;
  /** Stricter test of first steps; undefined: every slice is open to steps. */
  readonly entry: FirstStepSettings | undefined;
  /** Events that break even on average and are added to every variance, against slices with few events. */
  readonly priorEvents: number;
  readonly maxSteps: number;
  /** Largest |log multiplier| of one override. */
  readonly maxLog: number;
  /** Largest shift of an additive lever, in standard deviations of its factor. */
  readonly maxShift: number;
  /** Candidate windows in days; the first is used unless another does better on the held-out days. */
  readonly windows: readonly [number, ...number[]];
  /** Detection of a change point; undefined: none. */
  readonly breaks: ChangePointSettings | undefined;
  readonly heldOutDays: number;
  /**
   * Standard errors on the held-out days by which another window must beat the first one, or by which the fit must lose
   * against the base gates to be withheld.
   */
  readonly heldOutErrors: number;
  /** Rules that cluster dependent events. The variance used is the largest that any of them gives. */
  readonly clusters: readonly ClusterRule[];
  /** Share of events that must carry a lever's factor; below it the lever is disabled. */
  readonly minFactorShare: number;
  /**
   * Most record visits (one event counted for one combination of dimensions) of one count of slices. What lies beyond
   * is cut by whole levels of dimensions.
   */
  readonly maxVisits: number;
  /** Most slices; levels of dimensions beyond are cut. */
  readonly maxSlices: number;
}

/** One number each for the global slice, slices of one dimension, and slices of two. */
type ByDimensions = readonly [global: number, one: number, two: number];

/**
 * Test of the first step. Among hundreds of slices some step looks good by chance, so the first step must exceed 0 by
 * more than those after it. A first step in the global slice opens that slice; one in any other slice opens all.
 */
interface FirstStepSettings {
  /** Standard errors required of a lever whose factor is not informative. */
  readonly uninformativeZ: ByDimensions;
  /**
   * Standard errors required of a lever whose factor is informative. Fewer are enough: a better threshold exists, and
   * only its value is in question.
   */
  readonly informativeZ: ByDimensions;
  /**
   * Standard errors by which the mean margin of winners must exceed that of losers for a factor to be informative, over
   * all events that pass the other gates.
   */
  readonly informativeErrors: number;
}

/** Settings of the change-point test, which scores a fit of older events on younger ones. Ages in days, descending. */
interface ChangePointSettings {
  /** Each fit uses the events that are older than one of these ages … */
  readonly learned: readonly number[];
  /** … and is scored on the events that are younger than each of these. */
  readonly scored: readonly number[];
  /** Standard errors by which the fit must lose on the younger events. */
  readonly losing: number;
  /** Standard errors by which it must fall short there of its gain on the older events, scaled to as many events. */
  readonly errors: number;
}

/** `trade`: events of one trade. Else events of one block of hours, within one pair or across the market. */
export type ClusterRule = 'trade' | { readonly within: 'pair' | 'market'; readonly hours: number };

/** The default settings, chosen on simulated worlds (docs/replay-policy.md). */
export const REPLAY_SETTINGS: ReplaySettings = {
  payoff: { win: 2, loss: 1 },
  nMin: 33,
  maxDimensions: 2,
  z: [1, 1.5, 2.7],
  entry: { uninformativeZ: [2.9, 3.6, 4.1], informativeZ: [1.6, 2.5, 3.3], informativeErrors: 3 },
  priorEvents: 10,
  maxSteps: 60,
  maxLog: 0.7,
  maxShift: 2,
  windows: [90],
  breaks: { learned: [50, 25, 12], scored: [50, 40, 32, 25, 20, 16, 12, 9, 6], losing: 1.5, errors: 4 },
  heldOutDays: 7,
  heldOutErrors: 2,
  clusters: ['trade', { within: 'pair', hours: 6 }, { within: 'market', hours: 6 }],
  minFactorShare: 0.5,
  maxVisits: 1.5e8,
  maxSlices: 20_000,
};
