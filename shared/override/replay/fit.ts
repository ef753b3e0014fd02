import type { Slice, Slices } from './slices.ts';

/** One lever moved in one slice. */
export interface LeverMove {
  /** Index of the gate. */
  readonly gate: number;
  readonly slice: Slice;
  /** Added to the gate's margin, in its unit: above 0 admits more events. */
  readonly opening: number;
}

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
  readonly slices: Slices;
  readonly moves: readonly LeverMove[];
  /** Returns the critical z-score of a step as a first step of its direction. */
  readonly required: (step: StepCandidate) => number;
  /** Returns true when the best step of a lever in a slice was acceptable at the base gates. */
  readonly promising: (gate: number, slice: number) => boolean;
  /**
   * Returns the best step of a lever in a slice that the fit did not take; undefined when no event is near the gate.
   */
  readonly remaining: (gate: number, slice: number) => StepCandidate | undefined;
}
