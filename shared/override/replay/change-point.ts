/* Kernel: rows and codes are in range by construction, so typed arrays are read without a check. */

import { isSampled } from '../../statistics/random.ts';
import { DAY_MS } from '../../time.ts';
import type { FitSeries } from './fit-series.ts';
import type { Gates } from './gates.ts';
import { fitGreedily } from './greedy-fit.ts';
import type { ReplaySettings } from './settings.ts';
import { compareUtility } from './utility.ts';

/** Events that suffice to find a change point; from twice as many on, a sample of blocks of hours is used. */
const SUFFICIENT_ROWS = 100_000;
const BLOCK_MS = 6 * 3_600_000;

/**
 * Finds a change point: the age in days since which a fit of older events fails. It returns undefined when there is
 * none.
 * - The events older than each age of `learned` are fitted.
 * - The fit is scored on the events younger than each age of `scored` that is not larger.
 * - An age qualifies if the fit loses there and its shortfall is significant. The one with the largest shortfall, in
 *   standard errors, is returned.
 * @param asOf milliseconds since 1970
 */
export function findChangePoint(
  fits: FitSeries,
  window: Uint32Array,
  asOf: number,
  settings: ReplaySettings,
): number | undefined {
  const { changePoint } = settings;
  if (!changePoint) return undefined;
  const { gates } = fits;
  const all = sampleBlocks(gates, window);
  const base = fits.rows.acts;
  const fitSettings = { ...settings, maxDimensions: settings.maxDimensions === 0 ? 0 : 1 } as const;
  let found: number | undefined;
  let largest = changePoint.errors;
  for (const fittedAge of changePoint.learned) {
    const [past, recent] = split(gates, all, asOf - fittedAge * DAY_MS);
    const { moves, applied } = fitGreedily(fits, past, fitSettings);
    if (moves.length === 0) continue;
    const moved = applied.acts;
    const onPast = compareUtility(gates, past, moved, base, settings);
    let rows = recent;
    let changed: Uint32Array = recent.filter(row => moved[row] !== base[row]);
    for (const age of changePoint.scored) {
      if (age > fittedAge) continue;
      const since = asOf - age * DAY_MS;
      rows = split(gates, rows, since)[1];
      changed = split(gates, changed, since)[1];
      const { gain, error } = compareUtility(gates, changed, moved, base, settings);
      if (gain >= -changePoint.losing * error) continue;
      const share = rows.length / past.length;
      const shortfall = (share * onPast.gain - gain) / Math.hypot(error, share * onPast.error);
      if (shortfall <= largest) continue;
      largest = shortfall;
      found = age;
    }
  }
  return found;
}

/** Returns the rows of about one in k blocks of hours. Blocks are hashed, so that no hour of the day is left out. */
function sampleBlocks({ columns: { time } }: Gates, rows: Uint32Array): Uint32Array {
  const every = Math.floor(rows.length / SUFFICIENT_ROWS);
  if (every <= 1) return rows;
  return rows.filter(row => isSampled(time[row] as number, BLOCK_MS, every));
}

/** Returns the rows before a moment, and those from it on. */
function split(
  { columns: { time } }: Gates,
  rows: Uint32Array,
  at: number,
): [before: Uint32Array, after: Uint32Array] {
  const before = new Uint32Array(rows.length);
  const after = new Uint32Array(rows.length);
  let b = 0;
  let a = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    if ((time[row] as number) < at) before[b++] = row;
    else after[a++] = row;
  }
  return [before.subarray(0, b), after.subarray(0, a)];
}
