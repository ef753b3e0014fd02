import { RESULT } from './gates.ts';

/** Units of a margin in the largest step of its lever: sums of whole numbers do not depend on the order of the rows. */
export const UNITS_PER_STEP = 1000;
/** Margins count up to three of the largest steps. */
const MOST = 3 * UNITS_PER_STEP;

/**
 * Whether winners have the larger margins, by so many standard errors of the difference of the means (Welch). Where
 * they have not, the factor is blind: what a threshold on it would gain is chance, or the same for every event.
 * @param rows winners and losers that pass all other gates
 */
export function isInformative(
  margin: Float64Array,
  result: Uint8Array,
  rows: Uint32Array,
  unit: number,
  errors: number,
): boolean {
  const winners = new Sums();
  const losers = new Sums();
  for (let k = 0; k < rows.length; k++) {
    const row = rows[k] ?? 0;
    const value = margin[row] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    const units = Math.max(-MOST, Math.min(MOST, Math.round(value / unit)));
    if (result[row] === RESULT.winner) winners.add(units);
    else losers.add(units);
  }
  if (winners.n < 2 || losers.n < 2) return false;
  const error = Math.sqrt(winners.variance / winners.n + losers.variance / losers.n);
  return winners.mean - losers.mean > errors * error;
}

class Sums {
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

  get variance(): number {
    return (this.#squares - (this.#sum * this.#sum) / this.n) / (this.n - 1);
  }
}
