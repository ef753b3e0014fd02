/** The move of a threshold by an override: a factor, or an addition. */
export interface ThresholdMove {
  /** Above 0; 1 leaves the threshold where it is. */
  readonly multiplier?: number | undefined;
  /** In the unit of the threshold; 0 leaves the threshold where it is. */
  readonly delta?: number | undefined;
}

/**
 * Returns a threshold as an override moves it. A multiplier moves thresholds above 0 only: below 0 it would have the
 * opposite effect, and 0 has no multiples. A delta shifts any threshold.
 *
 * Example: × 0.5 moves 0.6 to 0.3 and leaves −0.6 as it is.
 */
export function moveThreshold(threshold: number, { multiplier = 1, delta = 0 }: ThresholdMove): number {
  return (threshold > 0 ? threshold * multiplier : threshold) + delta;
}

/** Returns the threshold that `moveThreshold` moved to the given one. */
export function undoMove(moved: number, { multiplier = 1, delta = 0 }: ThresholdMove): number {
  const shifted = moved - delta;
  return shifted > 0 ? shifted / multiplier : shifted;
}
