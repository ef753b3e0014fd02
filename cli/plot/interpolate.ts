/**
 * The value of a polyline at x, by straight lines between its points; NaN outside of them and in gaps.
 * @param points by ascending x, which is their first number
 * @param column which number of a point is meant, from 1
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
