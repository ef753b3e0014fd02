/** What a rate may as well be, at 90 % confidence: least and most. */
export type Interval = readonly [low: number, high: number];

/** Half a standard normal distribution but 5 %. */
const Z_90 = 1.6448536269514722;

/**
 * Wilson's 90 % interval of a rate of `part` in `whole`; of nothing it is 0 to 1.
 *
 * Wilson and not Jeffreys: it needs one square root where Jeffreys inverts an incomplete beta function, so that its bytes
 * are the same on any machine; it always contains the rate, which Jeffreys does not at 0 and 1; and at the few events
 * that lessons have it covers the truth as often (Brown, Cai and DasGupta, "Interval estimation for a binomial
 * proportion", Statistical Science 16, 2001, recommend either). It counts every event as independent.
 */
export function rateInterval(part: number, whole: number): Interval {
  if (whole === 0) return [0, 1];
  const spread = Z_90 ** 2 / whole;
  const rate = part / whole;
  const middle = rate + spread / 2;
  const half = Math.sqrt(spread * (rate * (1 - rate) + spread / 4));
  // The ends that are exact are set, not left to rounding.
  return outward(
    part === 0 ? 0 : (middle - half) / (1 + spread),
    part === whole ? 1 : (middle + half) / (1 + spread),
  );
}

/**
 * 90 % interval of (`up` − `down`) / `whole`, where each of `whole` is up, down or neither; of nothing it is −1 to 1.
 * Agresti and Min's ("Simple improved confidence intervals for comparing matched proportions", Statistics in
 * Medicine 24, 2005): Wald's with half an observation added to each of the four cells of the matched table.
 */
export function balanceInterval(up: number, down: number, whole: number): Interval {
  if (whole === 0) return [-1, 1];
  const n = whole + 2;
  const balance = (up - down) / n;
  const variance = (up + down + 1 - (up - down) ** 2 / n) / n ** 2;
  const half = Z_90 * Math.sqrt(variance);
  return outward(Math.max(-1, balance - half), Math.min(1, balance + half));
}

/** A hundredth of a percentage point. Ends are rounded away from the middle: what was inside stays inside. */
const STEPS = 10_000;

function outward(low: number, high: number): Interval {
  return [Math.floor(low * STEPS) / STEPS, Math.ceil(high * STEPS) / STEPS];
}
