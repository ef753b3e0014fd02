/**
 * Returns the value of a polyline at x by linear interpolation; NaN outside of its points and in gaps.
 * @param points points by ascending x, which is the first number of each
 * @param column index of the number to interpolate, from 1
 */
export function interpolate(points: readonly (readonly number[])[], x: number, column: number): number {
  let low = 0;
  let high = points.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[middle]?.[0] ?? Number.NaN) < x) low = middle + 1;
    else high = middle;
  }
  const right = points[low];
  const rightX = right?.[0] ?? Number.NaN;
  const rightY = right?.[column] ?? Number.NaN;
  if (rightX === x) return rightY;
  const left = points[low - 1];
  if (!left || rightX < x) return Number.NaN;
  const leftX = left[0] ?? Number.NaN;
  const leftY = left[column] ?? Number.NaN;
  return leftY + ((x - leftX) / (rightX - leftX)) * (rightY - leftY);
}
