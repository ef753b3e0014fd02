/* Kernel: counts over all rows of a window, which are in range by construction. */

import type { FactorColumns } from '../../episode/columns/columns.ts';
import { QUADRANT } from '../../episode/columns/columns.ts';
import type { ReplayLever } from '../../lever/lever.ts';
import type { Reason } from '../../reason.ts';
import type { ReplaySettings } from './settings.ts';

/** Numbers of events by what they log for one lever. */
interface Carriers {
  /** Acted and skipped events with a margin. */
  readonly acted: number;
  readonly skipped: number;
  /** Events without a number for the factor, and for the threshold. An event may lack both. */
  readonly noFactor: number;
  readonly noThreshold: number;
  /** Events with both, whose threshold has no logarithm. */
  readonly notPositive: number;
}

/**
 * Returns why a lever cannot be replayed; undefined when it can.
 * @param margin base margins of the lever's gate by row; NaN where there is none
 */
export function disabledReason(
  lever: ReplayLever,
  margin: Float64Array,
  columns: FactorColumns,
  settings: ReplaySettings,
): Reason | undefined {
  const { size } = columns;
  const { factor, threshold } = lever;
  if (size === 0) return { code: 'no_events', text: 'no event of the window has an outcome' };
  const carriers = countCarriers(lever, margin, columns);
  const { acted, skipped } = carriers;
  const n = acted + skipped;
  if (n < size * settings.minFactorShare) return lackingReason(lever, carriers, size, settings);
  if (n < settings.nMin)
    return {
      code: 'factor_too_rare',
      text: `${n} of ${settings.nMin} needed events log ${factor} and a usable ${threshold}`,
    };
  if (skipped === 0)
    return {
      code: 'only_acted_events',
      text: `all ${n} events that log ${factor} and ${threshold} were acted: log both for skipped events too`,
    };
  if (acted === 0)
    return {
      code: 'only_skipped_events',
      text: `all ${n} events that log ${factor} and ${threshold} were skipped: log both for acted events too`,
    };
  return undefined;
}

function countCarriers(
  { factor, threshold }: ReplayLever,
  margin: Float64Array,
  { size, quadrant, numbers }: FactorColumns,
): Carriers {
  const carriers = { acted: 0, skipped: 0, noFactor: 0, noThreshold: 0, notPositive: 0 };
  const factors = numbers[factor];
  const thresholds = numbers[threshold];
  for (let row = 0; row < size; row++) {
    const noFactor = !factors || Number.isNaN(factors[row]);
    const noThreshold = !thresholds || Number.isNaN(thresholds[row]);
    if (noFactor) carriers.noFactor++;
    if (noThreshold) carriers.noThreshold++;
    if (noFactor || noThreshold) continue;
    if (Number.isNaN(margin[row])) carriers.notPositive++;
    else if ((quadrant[row] as number) <= QUADRANT.actedNeutral) carriers.acted++;
    else carriers.skipped++;
  }
  return carriers;
}

/** Returns what most events lack: the factor, its threshold, or a threshold above 0. */
function lackingReason(
  { factor, threshold, optional }: ReplayLever,
  { noFactor, noThreshold, notPositive }: Carriers,
  size: number,
  { minFactorShare }: ReplaySettings,
): Reason {
  if (optional && noFactor === size)
    return {
      code: 'optional_gate_not_logged',
      text: `no event logs ${factor}, whose gate only some patterns have: if this one has it, log ${factor} and ${threshold} in factors`,
    };
  if (notPositive > Math.max(noFactor, noThreshold))
    return {
      code: 'threshold_not_positive',
      text: `${threshold} is 0 or below on ${notPositive} of ${size} events, and a multiplier moves thresholds above 0 only`,
    };
  const lacking = [
    { name: factor, n: noFactor },
    { name: threshold, n: noThreshold },
  ].filter(({ n }) => n > 0);
  const texts = lacking.map(({ name, n }) => `${n} of ${size} events log no number ${name}`);
  const neither = noFactor === size && noThreshold === size;
  const what = neither
    ? `none of ${size} events logs a number ${factor} or ${threshold}`
    : texts.join(', and ');
  const all = lacking.length > 1 ? 'both' : 'it';
  return {
    code: noThreshold > noFactor ? 'threshold_missing' : 'factor_missing',
    text: `${what}: log ${all} in factors, on at least ${100 * minFactorShare} % of the events`,
  };
}
