/** Returns the value, or the end of the range that it lies beyond. `clamp(3, { min: 0, max: 2 })` is 2. */
export function clamp(value: number, range: { readonly min: number; readonly max: number }): number {
  return Math.min(range.max, Math.max(range.min, value));
}

/** Returns the value, or the largest finite number in place of an infinity, which JSON cannot carry. */
export function finite(value: number): number {
  return clamp(value, { min: -Number.MAX_VALUE, max: Number.MAX_VALUE });
}

/**
 * Returns the element at an index of a typed array. It serves loops that are not hot; kernels read elements directly.
 * @throws RangeError outside of the array, so that a wrong index is never read as 0
 */
export function elementAt(values: ArrayLike<number>, index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`index ${index} lies outside of ${values.length} elements`);
  return value;
}
