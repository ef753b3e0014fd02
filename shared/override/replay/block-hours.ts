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
  return delays.sort()[Math.floor(KNOWN_SHARE * (size - 1))] ?? 0;
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
  for (let row = 0; row < size; row++) {
    if (isNeutral(quadrant[row] as number)) continue;
    const block = Math.floor((time[row] as number) / (hours * HOUR_MS));
    const excess = (isSuccess(quadrant[row] as number) ? events : 0) - successes;
    sums.set(block, (sums.get(block) ?? 0) + excess);
  }
  return sums;
}

const isSuccess = (code: number): boolean => code === QUADRANT.win || code === QUADRANT.miss;
const isNeutral = (code: number): boolean =>
  code === QUADRANT.actedNeutral || code === QUADRANT.skippedNeutral;
