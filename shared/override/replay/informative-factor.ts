/* Kernel: rows and codes are in range by construction, so typed arrays are read without a check. */

import { RESULT } from './gates.ts';
import type { InformativeTest } from './settings.ts';

/**
 * Number of units in the largest step of a lever. Margins are rounded to whole units, so that their sums do not
 * depend on the order of the rows.
 */
export const UNITS_PER_STEP = 1000;
/** Margins are limited to three times the largest step. */
const MAX_UNITS = 3 * UNITS_PER_STEP;

/**
 * Returns whether the mean margin of winners less that of losers passes one of the tests: it exceeds so many standard
 * errors (Welch's t-test) and so many standard deviations (Cohen's d). If not, a threshold on this factor has no
 * predictive value. Standard errors alone shrink with the number of events, so a weak factor passes that test too.
 *
 * Source of the effect size: Cohen, "Statistical Power Analysis for the Behavioral Sciences", 1988.
 * @param rows winners and losers that pass all other gates
 * @param unit size of one unit of the margin
 */
export function isInformative(
  margin: Float64Array,
  result: Uint8Array,
  rows: Uint32Array,
  unit: number,
  tests: readonly InformativeTest[],
): boolean {
  const winners = new SampleMoments();
  const losers = new SampleMoments();
  for (let k = 0; k < rows.length; k++) {
    const row = rows[k] as number;
    const value = margin[row] as number;
    if (!Number.isFinite(value)) continue;
    const units = Math.max(-MAX_UNITS, Math.min(MAX_UNITS, Math.round(value / unit)));
    if (result[row] === RESULT.winner) winners.add(units);
    else losers.add(units);
  }
  if (winners.n < 2 || losers.n < 2) return false;
  const error = Math.sqrt(winners.variance / winners.n + losers.variance / losers.n);
  const deviation = Math.sqrt((winners.variance + losers.variance) / 2);
  const difference = winners.mean - losers.mean;
  return tests.some(({ errors, effect }) => difference > errors * error && difference > effect * deviation);
}

class SampleMoments {
  n = 0;
  #sum = 0;
  #squares = 0;

  add(value: number): void {
    this.n++;
    this.#sum += value;
    this.#squares += value * value;
  }

  get mean(): number {
    return this.#sum / this.n;
  }

  /** Unbiased sample variance. */
  get variance(): number {
    return (this.#squares - (this.#sum * this.#sum) / this.n) / (this.n - 1);
  }
}
