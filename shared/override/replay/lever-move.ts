import type { Slice } from './slices.ts';

/** One lever moved in one slice. */
export interface LeverMove {
  /** Index of the gate. */
  readonly gate: number;
  readonly slice: Slice;
  /** Added to the gate's margin, in its unit: above 0 admits more events. */
  readonly opening: number;
}
