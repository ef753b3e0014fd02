import { upperTail } from './normal-distribution.ts';

/** A share: `hits` of `decided`, both whole. */
export interface Proportion {
  readonly successes: number;
  readonly trials: number;
}

/** How a part stands against all that is outside of it. */
export interface ProportionTest {
  /** Share of the part less share of the rest, −1 to 1. */
  readonly difference: number;
  /** Odds of a difference as large or larger if hits fell on part and rest alike, two-sided, 0 to 1. */
  readonly p: number;
}

/**
 * Compares a part with its complement. Undefined where there is nothing to compare: the part or the rest is empty.
 *
 * `p` is the mid-p value of Fisher's exact test: twice the smaller tail, the observed table counting half. Fisher's own
 * p wastes much of a small slice's evidence, because few tables are possible; the usual z test finds too much at low
 * rates. The tails come from an approximation, so that a lesson costs the same at any n: off by at most 6 % of p where
 * p is above 0.001, and 20 % above 0.000001, against sums of the exact terms; with fewer than five hits or ten events on
 * one side by up to 20 and 40 %.
 */
export function testAgainstRest(part: Proportion, all: Proportion): ProportionTest | undefined {
  const rest = { successes: all.successes - part.successes, trials: all.trials - part.trials };
  if (part.trials === 0 || rest.trials === 0) return undefined;
  const difference = part.successes / part.trials - rest.successes / rest.trials;
  const least = Math.max(0, all.successes - rest.trials);
  const most = Math.min(part.trials, all.successes);
  if (least === most) return { difference, p: 1 };
  // Deviates of "at most hits − 1" and "at most hits"; beyond the possible tables all odds are on one side.
  const below =
    part.successes === least ? Number.NEGATIVE_INFINITY : peizerPrattDeviate(part.successes - 1, part, all);
  const upTo =
    part.successes === most ? Number.POSITIVE_INFINITY : peizerPrattDeviate(part.successes, part, all);
  // The smaller tail lies on the side of the sum; twice the mean of the two is their sum.
  const p = below + upTo < 0 ? upperTail(-below) + upperTail(-upTo) : upperTail(below) + upperTail(upTo);
  return { difference, p: Math.min(1, p) };
}

/** Below this many standard deviations the likelihood ratio drowns in rounding, and its limit is as good. */
const NEAR_CENTRE = 0.05;
const SIXTH = 1 / 6;

/**
 * The normal deviate of "at most x hits in the part" when `all.successes` fall on `all.trials` at random, at most the
 * part's `decided` of them and not all (Ling and Pratt, "The accuracy of Peizer-Pratt approximations to the
 * hypergeometric distribution", JASA 79, 1984).
 */
function peizerPrattDeviate(x: number, part: Proportion, all: Proportion): number {
  const n = part.trials;
  const m = all.trials - n;
  const r = all.successes;
  const s = all.trials - r;
  const total = all.trials;
  // The four cells of the table, at the border between x and x + 1 hits.
  const a = x + 0.5;
  const b = n - a;
  const c = r - a;
  const d = m - c;
  const cross = (a * d - b * c) / total;
  const spread = Math.sqrt((m * n * r * s) / total ** 3);
  const ratio =
    Math.abs(cross) < NEAR_CENTRE * spread
      ? 1 / spread
      : Math.sqrt(2 * Math.max(0, likelihood([a, b, c, d], [n, m], [r, s], total))) / Math.abs(cross);
  const finite =
    (m * n * r * s * (total - SIXTH)) / ((m + SIXTH) * (n + SIXTH) * (r + SIXTH) * (s + SIXTH) * total);
  const shifted = adjusted(a, n, r) * adjusted(d, m, s) - adjusted(b, n, s) * adjusted(c, m, r);
  return (shifted / total) * ratio * Math.sqrt(finite);
}

/** Logarithm of how much likelier the cells are at their own shares than at those of the margins. */
function likelihood(
  [a, b, c, d]: readonly [number, number, number, number],
  [n, m]: readonly [number, number],
  [r, s]: readonly [number, number],
  total: number,
): number {
  const of = (cell: number, row: number, column: number): number =>
    cell * Math.log((cell * total) / (row * column));
  return of(a, n, r) + of(b, n, s) + of(c, m, r) + of(d, m, s);
}

function adjusted(cell: number, row: number, column: number): number {
  return cell + SIXTH + 0.02 / (cell + 0.5) + 0.01 / (row + 1) + 0.01 / (column + 1);
}
