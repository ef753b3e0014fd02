import type { AppliedMoves } from './applied-moves.ts';
import type { LeverMove } from './lever-move.ts';
import type { Slices } from './slices.ts';

/** The slices of a fit. */
export type FitSlices = Pick<Slices, 'list' | 'near' | 'cut'>;

/** One step of one lever in one slice. */
export interface StepCandidate {
  /** Index of the gate. */
  readonly gate: number;
  /** Index of the slice. */
  readonly slice: number;
  readonly opening: number;
  /** Change of utility. */
  readonly gain: number;
  /** Margin of error of the gain: `z` standard errors. */
  readonly margin: number;
  /** z-score: the gain in standard errors. */
  readonly errors: number;
}

/** Result of a fit. Gates and slices are given by their index. */
export interface Fit {
  readonly slices: FitSlices;
  readonly moves: readonly LeverMove[];
  /** The decisions under the moves. */
  readonly applied: AppliedMoves;
  /** Returns the critical z-score of a step as a first step of its direction. */
  readonly required: (step: StepCandidate) => number;
  /** Returns true when the best step of a lever in a slice was acceptable at the base gates. */
  readonly promising: (gate: number, slice: number) => boolean;
  /**
   * Returns the best step of a lever in a slice that the fit did not take; undefined when no event is near the gate.
   */
  readonly remaining: (gate: number, slice: number) => StepCandidate | undefined;
}
