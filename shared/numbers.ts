/** Returns the value, or the end of the range that it lies beyond. */
export function clamp(value: number, range: { readonly min: number; readonly max: number }): number {
  return Math.min(range.max, Math.max(range.min, value));
}

/** Returns the value, or the largest finite number in place of an infinity, which JSON cannot carry. */
export function finite(value: number): number {
  return clamp(value, { min: -Number.MAX_VALUE, max: Number.MAX_VALUE });
}
