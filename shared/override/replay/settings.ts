/** What the replay policy is told. */
export interface ReplaySettings {
  /** Gain of an acted success and loss of an acted failure, both above 0. */
  readonly payoff: { readonly win: number; readonly loss: number };
  /** Least events (with an outcome) of a slice. */
  readonly nMin: number;
  readonly maxDimensions: 0 | 1 | 2;
  /** How many standard errors a gain must exceed 0, by the slice's dimensions. */
  readonly z: readonly [number, number, number];
  /**
   * A pattern is tuned at all when the first step exceeds 0 by so many standard errors, whatever its slice, or when
   * what all but one fold of the days teach gains `crossErrors` standard errors on that one, summed over the folds.
   */
  readonly entryZ: readonly [number, number, number];
  readonly knownZ: readonly [number, number, number];
  readonly tellZ: number;

  readonly crossFolds: number;
  /** Blocks of so many days go to the folds in turn. */
  readonly crossBlockDays: number;
  /** Events of unknown outcome that are added to every variance. */
  readonly m0: number;
  readonly maxSteps: number;
  /** Largest |log multiplier| of one override. */
  readonly maxLog: number;
  /** Largest shift of an additive lever, in standard deviations of its factor. */
  readonly maxShift: number;
  /** Days; the first is used unless another one does better on the held-out days. */
  readonly windows: readonly [number, ...number[]];
  readonly heldOutDays: number;
  /** How many standard errors another window must win by, or a fit lose by against base. */
  readonly heldOutErrors: number;
  /** Which events share their fate; the variance is the largest that any of them gives. */
  readonly clusters: readonly ClusterRule[];
  /** A lever is off when a smaller share of the events carries its factor. */
  readonly minFactorShare: number;
  /** Most record visits (one event looked at for one combination of dimensions) of one counting: what lies beyond is cut by whole levels. */
  readonly maxVisits: number;
  readonly maxSlices: number;
}

/** `trade`: events of one trade or episode. Else events within one block of hours, of one pair or of the whole market. */
export type ClusterRule = 'trade' | { readonly within: 'pair' | 'market'; readonly hours: number };

export const REPLAY_SETTINGS: ReplaySettings = {
  payoff: { win: 2, loss: 1 },
  nMin: 33,
  maxDimensions: 2,
  z: [1, 1.5, 2.7],
  entryZ: [2.9, 3.6, 4.1],
  knownZ: [1.5, 2.5, 3.2],
  tellZ: 3,
  crossFolds: 4,
  crossBlockDays: 5,
  m0: 10,
  maxSteps: 60,
  maxLog: 0.7,
  maxShift: 2,
  windows: [90, 30],
  heldOutDays: 7,
  heldOutErrors: 1,
  clusters: ['trade', { within: 'pair', hours: 6 }, { within: 'market', hours: 6 }],
  minFactorShare: 0.5,
  maxVisits: 1.5e8,
  maxSlices: 20_000,
};

/** The constants of the policy as it was first measured (docs/policy.md): every event counted as independent, no entry test. */
export const FIRST_REPLAY_SETTINGS: ReplaySettings = {
  ...REPLAY_SETTINGS,
  z: [2, 1.75, 2.75],
  m0: 20,
  entryZ: [0, 0, 0],
  knownZ: [0, 0, 0],
  windows: [90, 30],
  clusters: [],
};
