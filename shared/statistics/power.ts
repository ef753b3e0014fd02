import { normalQuantile } from './normal-distribution.ts';

/** The least difference from the rest that would be found, up and down; null where no share is far enough. */
export interface MinimumDetectableDifference {
  readonly more: number | null;
  readonly fewer: number | null;
}

/** Odds of finding a difference that is there. */
export const POWER = 0.8;

/**
 * The least difference of a slice's share that a two-sided test finds with odds of `POWER`: Cohen's h, on the scale of
 * the arcsine where a share's spread does not depend on it (Cohen, "Statistical power analysis", 1988, chapter 6).
 * @param base share outside of the slice
 * @param n decided events of the slice
 * @param rest decided events outside of it
 * @param alpha odds of a difference by chance up to which one counts, two-sided
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
  const at = Math.asin(Math.sqrt(base));
  const shareAt = (angle: number): number | null =>
    angle < 0 || angle > Math.PI / 2 ? null : Math.sin(angle) ** 2;
  const [above, below] = [shareAt(at + half), shareAt(at - half)];
  return {
    more: above === null ? null : above - base,
    fewer: below === null ? null : below - base,
  };
}
