import { upperTail } from './normal-distribution.ts';

/** A share: `successes` of `trials`, both whole numbers. */
export interface Proportion {
  readonly successes: number;
  readonly trials: number;
}

/** The comparison of a part with the rest. */
interface ProportionTest {
  /** Share of the part less share of the rest, −1 to 1. */
  readonly difference: number;
  /** Two-sided p-value under the hypothesis that both shares are equal, 0 to 1. */
  readonly p: number;
}

/**
 * Compares a part with its complement by the mid-p version of Fisher's exact test. Returns undefined when the part or
 * the rest has no trials.
 *
 * `p` is twice the smaller tail probability of the hypergeometric distribution, where the observed table counts half.
 * Fisher's own p is too large in a small part, because few tables are possible; the z test is too small at low rates.
 *
 * The tails are approximated (Ling and Pratt), so that a test costs the same at any n. The relative error of p, against
 * sums of the exact terms:
 * - at most 6 % where p is above 0.001, and 20 % where it is above 0.000001;
 * - up to 20 % and 40 % with fewer than five successes or ten trials on one side.
 * @example
 * // 6 of 20 against 9 of the other 90; the exact p is 0.0353
 * testAgainstRest({ successes: 6, trials: 20 }, { successes: 15, trials: 110 }); // { difference: 0.2, p: 0.0354 }
 * @param all the whole, the part included
 */
export function testAgainstRest(part: Proportion, all: Proportion): ProportionTest | undefined {
  const rest = { successes: all.successes - part.successes, trials: all.trials - part.trials };
  if (part.trials === 0 || rest.trials === 0) return undefined;
  const difference = part.successes / part.trials - rest.successes / rest.trials;
  const least = Math.max(0, all.successes - rest.trials);
  const most = Math.min(part.trials, all.successes);
  if (least === most) return { difference, p: 1 };
  // Normal deviates of "fewer successes than observed" and "at most as many". At the ends of the possible tables the
  // probability is 0 or 1.
  const below =
    part.successes === least ? Number.NEGATIVE_INFINITY : peizerPrattDeviate(part.successes - 1, part, all);
  const upTo =
    part.successes === most ? Number.POSITIVE_INFINITY : peizerPrattDeviate(part.successes, part, all);
  // The sign of the sum shows which tail is smaller. Its mid-p is the mean of two tails, so twice that is their sum.
  const p = below + upTo < 0 ? upperTail(-below) + upperTail(-upTo) : upperTail(below) + upperTail(upTo);
  return { difference, p: Math.min(1, p) };
}

/**
 * Standard deviations from the mean below which the ratio is replaced by its limit, because rounding would dominate it.
 */
const NEAR_CENTRE = 0.05;
const SIXTH = 1 / 6;

/**
 * Returns Peizer and Pratt's normal deviate of "at most x successes in the part", when `all.successes` fall on
 * `all.trials` at random. The result is in standard deviations; `upperTail(-deviate)` is the probability.
 *
 * Source: Ling and Pratt, "The accuracy of Peizer-Pratt approximations to the hypergeometric distribution", JASA 79,
 * 1984.
 * @param x at least 0, less than what the part can hold
 */
function peizerPrattDeviate(x: number, part: Proportion, all: Proportion): number {
  const n = part.trials;
  const m = all.trials - n;
  const r = all.successes;
  const s = all.trials - r;
  const total = all.trials;
  // The four cells of the table, at the border between x and x + 1 successes.
  const a = x + 0.5;
  const b = n - a;
  const c = r - a;
  const d = m - c;
  const cross = (a * d - b * c) / total;
  const spread = Math.sqrt((m * n * r * s) / total ** 3);
  const ratio =
    Math.abs(cross) < NEAR_CENTRE * spread
      ? 1 / spread
      : Math.sqrt(2 * Math.max(0, logLikelihoodRatio([a, b, c, d], [n, m], [r, s], total))) / Math.abs(cross);
  const finiteCorrection =
    (m * n * r * s * (total - SIXTH)) / ((m + SIXTH) * (n + SIXTH) * (r + SIXTH) * (s + SIXTH) * total);
  const corrected = adjusted(a, n, r) * adjusted(d, m, s) - adjusted(b, n, s) * adjusted(c, m, r);
  return (corrected / total) * ratio * Math.sqrt(finiteCorrection);
}

/**
 * Returns half of the G statistic of a table: the log likelihood of its cells at their own shares, less that at the
 * shares of the margins.
 */
function logLikelihoodRatio(
  [a, b, c, d]: readonly [number, number, number, number],
  [n, m]: readonly [number, number],
  [r, s]: readonly [number, number],
  total: number,
): number {
  const term = (cell: number, row: number, column: number): number =>
    cell * Math.log((cell * total) / (row * column));
  return term(a, n, r) + term(b, n, s) + term(c, m, r) + term(d, m, s);
}

/** Returns a cell with the continuity corrections of Ling and Pratt. */
function adjusted(cell: number, row: number, column: number): number {
  return cell + SIXTH + 0.02 / (cell + 0.5) + 0.01 / (row + 1) + 0.01 / (column + 1);
}
