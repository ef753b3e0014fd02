/** Terms that both expansions below are cut at; they agree to 1e-12 of each other where one hands over to the other. */
const SERIES_TERMS = 60;
const FRACTION_TERMS = 60;
const HANDOVER = 3;

/**
 * Share of a standard normal distribution above `z`. The error is below 1e-12 of the result at any z, far tails
 * included: the series of the integral near 0, Laplace's continued fraction beyond.
 */
export function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < HANDOVER) {
    let term = z;
    let sum = z;
    for (let k = 1; k < SERIES_TERMS && term > sum * Number.EPSILON; k++) {
      term *= (z * z) / (2 * k + 1);
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = z;
  for (let k = FRACTION_TERMS; k >= 1; k--) fraction = z + k / fraction;
  return density / fraction;
}

/** The z above which a share of a standard normal distribution lies. @param tail above 0, at most 1/2 */
export function normalQuantile(tail: number): number {
  let low = 0;
  let high = 40;
  // Halving 40 sixty times leaves nothing that a double could tell.
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (upperTail(middle) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
