/* Kernel: rows and blocks are in range by construction, so typed arrays are read without a check. */

import type { FactorColumns } from '../../episode/columns/columns.ts';
import { QUADRANT } from '../../episode/columns/columns.ts';

const HOUR_MS = 3_600_000;
/** Lengths of a block of dependent events, in hours. */
const LENGTHS = [6, 12, 24, 48] as const;
/** Share of outcomes that are known within the time that bounds the length. */
const KNOWN_SHARE = 0.9;
/** z-score from which neighbouring blocks count as dependent. */
const DEPENDENT = 2;

/**
 * Returns the length in hours of the blocks within which outcomes depend on each other, measured on the events. It starts
 * at 6 hours and doubles as long as the outcomes of neighbouring blocks are correlated, up to the time within which nine
 * of ten outcomes are known, and to 48 hours. Trades that overlap in time share their market.
 *
 * The test statistic is Σ s(b)·s(b + 1) / √(Σ s(b)²·s(b + 1)²), where s(b) is the number of successes of block b less the
 * number that the mean rate leads to expect. Without correlation it is about standard normal.
 */
export function measureBlockHours(columns: FactorColumns): number {
  const longest = timeToOutcome(columns) / HOUR_MS;
  let hours: number = LENGTHS[0];
  for (const next of LENGTHS.slice(1)) {
    if (hours >= longest || neighbourScore(columns, hours) <= DEPENDENT) break;
    hours = next;
  }
  return hours;
}

/** Returns the time in milliseconds within which `KNOWN_SHARE` of the outcomes became known; 0 without events. */
function timeToOutcome({ size, time, resolvedAt }: FactorColumns): number {
  const delays = new Float64Array(size);
  for (let row = 0; row < size; row++) delays[row] = (resolvedAt[row] as number) - (time[row] as number);
  return size === 0 ? 0 : atRank(delays, Math.floor(KNOWN_SHARE * (size - 1)));
}

/** Number of ranges of equal length into which values are counted. */
const RANGES = 4096;

/** Returns the number at a position of the sorted values. It sorts only the range of values that holds the position. */
function atRank(values: Float64Array, position: number): number {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    least = Math.min(least, values[i] as number);
    most = Math.max(most, values[i] as number);
  }
  const scale = (RANGES - 1) / (most - least);
  if (!(scale > 0 && scale < Number.POSITIVE_INFINITY)) return values.sort()[position] as number;
  const counts = new Uint32Array(RANGES);
  const rangeOf = (value: number): number => Math.floor((value - least) * scale);
  for (let i = 0; i < values.length; i++) {
    const range = rangeOf(values[i] as number);
    counts[range] = (counts[range] as number) + 1;
  }
  let range = 0;
  let before = 0;
  for (; before + (counts[range] as number) <= position; range++) before += counts[range] as number;
  return values.filter(value => rangeOf(value) === range).sort()[position - before] as number;
}

/** Returns the z-score of the correlation between neighbouring blocks; 0 where none neighbour each other. */
export function neighbourScore(columns: FactorColumns, hours: number): number {
  const sums = excessByBlock(columns, hours);
  let products = 0;
  let squares = 0;
  for (const block of [...sums.keys()].sort((a, b) => a - b)) {
    const product = (sums.get(block) as number) * (sums.get(block + 1) ?? 0);
    products += product;
    squares += product * product;
  }
  return squares === 0 ? 0 : products / Math.sqrt(squares);
}

/**
 * Returns, for each block, its successes less those that the mean rate leads to expect, times the number of events. These
 * are whole numbers, so the order of the rows does not matter.
 */
function excessByBlock({ size, time, quadrant }: FactorColumns, hours: number): Map<number, number> {
  let successes = 0;
  let events = 0;
  for (let row = 0; row < size; row++) {
    if (isNeutral(quadrant[row] as number)) continue;
    events++;
    if (isSuccess(quadrant[row] as number)) successes++;
  }
  const sums = new Map<number, number>();
  // Neighbouring rows often lie in one block, and are then added up first.
  let current = Number.NaN;
  let sum = 0;
  for (let row = 0; row < size; row++) {
    if (isNeutral(quadrant[row] as number)) continue;
    const block = Math.floor((time[row] as number) / (hours * HOUR_MS));
    if (block !== current) {
      if (row > 0) sums.set(current, (sums.get(current) ?? 0) + sum);
      current = block;
      sum = 0;
    }
    sum += (isSuccess(quadrant[row] as number) ? events : 0) - successes;
  }
  sums.set(current, (sums.get(current) ?? 0) + sum);
  sums.delete(Number.NaN);
  return sums;
}

const isSuccess = (code: number): boolean => code === QUADRANT.win || code === QUADRANT.miss;
const isNeutral = (code: number): boolean =>
  code === QUADRANT.actedNeutral || code === QUADRANT.skippedNeutral;
