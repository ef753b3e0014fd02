/**
 * Benjamini and Hochberg's q-values: the least share of false discoveries at which each test counts as one, when all
 * tests with a q up to it do ("Controlling the false discovery rate", Journal of the Royal Statistical Society B 57,
 * 1995). Never below p; equal p have equal q.
 * @param p p-value of each test of the family, 0 to 1
 */
export function qValues(p: Float64Array): Float64Array {
  const sorted = p.toSorted();
  const q = new Float64Array(sorted.length);
  let least = 1;
  for (let rank = sorted.length; rank > 0; rank--) {
    const value = sorted[rank - 1] ?? 1;
    // Rounding must not bring the product of m/m below p.
    least = Math.min(least, rank === sorted.length ? value : (value * sorted.length) / rank);
    q[rank - 1] = least;
  }
  return p.map(value => q[firstAt(sorted, value)] ?? 1);
}

/** Place of the first of the sorted values that is not below `value`; the q of equal p is that of the last, and all agree. */
function firstAt(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
