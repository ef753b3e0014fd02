import { normalQuantile } from './normal-distribution.ts';

/** The smallest differences of a share that a test detects; null where no share between 0 and 1 is far enough. */
export interface MinimumDetectableDifference {
  /** Above 0. */
  readonly more: number | null;
  /** Below 0. */
  readonly fewer: number | null;
}

/** The probability of detecting a difference that is there. */
export const POWER = 0.8;

/**
 * Returns the minimum detectable difference of a part's share from the rest: the smallest that a two-sided test
 * finds with a probability of `POWER`.
 *
 * The method is Cohen's effect size h ("Statistical power analysis", 1988, chapter 6): the difference of
 * 2 · asin(sqrt(share)). On this scale the standard error does not depend on the share. The test detects
 * h = (z(alpha / 2) + z(1 − power)) · sqrt(1 / n + 1 / rest).
 * @example
 * // h = (1.645 + 0.842) · sqrt(1/33 + 1/1000) = 0.440
 * minimumDetectableDifference(0.5, 33, 1000, 0.1); // { more: 0.213, fewer: -0.213 }
 * @param base share of the rest, 0 to 1
 * @param n trials of the part
 * @param rest trials of the rest
 * @param alpha two-sided significance level, 0 to 1
 */
export function minimumDetectableDifference(
  base: number,
  n: number,
  rest: number,
  alpha: number,
): MinimumDetectableDifference {
  if (n <= 0 || rest <= 0) return { more: null, fewer: null };
  const errors = normalQuantile(alpha / 2) + normalQuantile(1 - POWER);
  const half = (errors * Math.sqrt(1 / n + 1 / rest)) / 2;
  const angle = Math.asin(Math.sqrt(base));
  return { more: differenceAt(angle + half, base), fewer: differenceAt(angle - half, base) };
}

/** Returns the share at an angle less the base share; null for an angle outside of 0 to π/2, which no share has. */
function differenceAt(angle: number, base: number): number | null {
  return angle < 0 || angle > Math.PI / 2 ? null : Math.sin(angle) ** 2 - base;
}
