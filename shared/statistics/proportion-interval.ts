/** A 90 % confidence interval: its lower and upper end. */
type Interval = readonly [low: number, high: number];

/**
 * The upper 5 % quantile of the standard normal distribution. It is a literal, so that stored interval ends never
 * change by rounding.
 */
const Z_90 = 1.6448536269514722;

/**
 * Returns Wilson's 90 % score interval of the rate `part / whole`; 0 to 1 when `whole` is 0.
 *
 * Its ends are the roots of |rate − x| = z · sqrt(x (1 − x) / whole) in x, rounded outward to 4 decimals. It assumes
 * independent trials. Reasons for Wilson and not Jeffreys:
 * - It needs one square root instead of an inverse beta function, so its result is the same on any machine.
 * - It always contains the rate; Jeffreys does not at 0 and 1.
 * - With 20 to 60 trials it covers the true rate as often as Jeffreys. Brown, Cai and DasGupta recommend either
 *   ("Interval estimation for a binomial proportion", Statistical Science 16, 2001).
 * @example
 * rateInterval(5, 10); // [0.2692, 0.7308]
 */
export function rateInterval(part: number, whole: number): Interval {
  if (whole === 0) return [0, 1];
  const spread = Z_90 ** 2 / whole;
  const rate = part / whole;
  const middle = rate + spread / 2;
  const half = Math.sqrt(spread * (rate * (1 - rate) + spread / 4));
  // At 0 and 1 one end is exact, so it is set and not computed with rounding.
  return outward(
    part === 0 ? 0 : (middle - half) / (1 + spread),
    part === whole ? 1 : (middle + half) / (1 + spread),
  );
}

/**
 * Returns Agresti and Min's 90 % interval of the balance (`up` − `down`) / `whole`. Each of the `whole` trials is up,
 * down or neither. The interval is −1 to 1 when `whole` is 0.
 *
 * It is Wald's interval after half an observation is added to each of the four cells of the matched table. Its ends are
 * rounded outward to 4 decimals.
 *
 * Source: "Simple improved confidence intervals for comparing matched proportions", Statistics in Medicine 24, 2005.
 * @example
 * balanceInterval(6, 2, 8); // [-0.0475, 0.8475]
 */
export function balanceInterval(up: number, down: number, whole: number): Interval {
  if (whole === 0) return [-1, 1];
  const n = whole + 2;
  const balance = (up - down) / n;
  const variance = (up + down + 1 - (up - down) ** 2 / n) / n ** 2;
  const half = Z_90 * Math.sqrt(variance);
  return outward(Math.max(-1, balance - half), Math.min(1, balance + half));
}

/** Ends are multiples of 1 / 10,000, a hundredth of a percentage point. */
const STEPS = 10_000;

/** Rounds both ends away from the middle, so that the rounded interval contains the exact one. */
function outward(low: number, high: number): Interval {
  return [Math.floor(low * STEPS) / STEPS, Math.ceil(high * STEPS) / STEPS];
}
