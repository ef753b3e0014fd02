/* Kernel: rows and codes are in range by construction, so typed arrays are read without a check. */

import { RESULT } from './gates.ts';

/**
 * Number of units in the largest step of a lever. Margins are rounded to whole units, so that their sums do not
 * depend on the order of the rows.
 */
export const UNITS_PER_STEP = 1000;
/** Margins are limited to three times the largest step. */
const MAX_UNITS = 3 * UNITS_PER_STEP;

/**
 * Returns whether the mean margin of winners less that of losers exceeds `errors` standard errors of the difference
 * (Welch's t-test). If not, a threshold on this factor has no predictive value.
 * @param rows winners and losers that pass all other gates
 * @param unit size of one unit of the margin
 */
export function isInformative(
  margin: Float64Array,
  result: Uint8Array,
  rows: Uint32Array,
  unit: number,
  errors: number,
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
  return winners.mean - losers.mean > errors * error;
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
