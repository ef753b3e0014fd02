/* Kernel: rows and codes are in range by construction, so typed arrays are read without a check. */

import type { FactorColumns } from '../../episode/columns/columns.ts';
import { QUADRANT } from '../../episode/columns/columns.ts';
import { BLOCKED_LOGGED, GATE_FLAGS } from '../../episode/packed-episode.ts';
import type { ReplayLever } from '../../lever/lever.ts';
import { replayLeversOf } from '../../lever/lever.ts';
import { gateBit } from '../../lever/replay-gate.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import type { Reason } from '../../reason.ts';
import type { Clustering } from './clusters.ts';
import { clusterings } from './clusters.ts';
import { disabledReason } from './disabled-lever.ts';
import type { ReplaySettings } from './settings.ts';

/** One gate of a pattern, with its margin at the base thresholds. */
export interface Gate {
  readonly lever: ReplayLever;
  /**
   * Margin of each row: the gate passes when margin + opening ≥ 0. Its unit is a natural logarithm, or the factor's
   * own. An event without the factor has +Infinity when it logged that the gate passed, −Infinity when it logged a
   * failure.
   */
  readonly margin: Float64Array;
  /** Steps of the lever in the unit of the margin, ascending; empty when the lever is disabled. */
  readonly steps: Float64Array;
  /** Largest opening or closing of one override, in the unit of the margin. */
  readonly limit: number;
}

/** A lever that cannot be replayed, with the reason. */
interface DisabledLever {
  readonly lever: ReplayLever;
  readonly reason: Reason;
}

/** The gates of one pattern over its rows. */
export interface Gates {
  readonly columns: FactorColumns;
  readonly gates: readonly Gate[];
  readonly disabled: readonly DisabledLever[];
  /** 1 for each row whose gates can all be replayed. */
  readonly replayable: Uint8Array;
  /** `RESULT` of each row. */
  readonly result: Uint8Array;
  readonly clusterings: readonly Clustering[];
}

/** Result of taking an event, whether the bot acted or not. */
export const RESULT = { neutral: 0, winner: 1, loser: 2 } as const;

function resultOf(quadrant: number): number {
  if (quadrant === QUADRANT.win || quadrant === QUADRANT.miss) return RESULT.winner;
  if (quadrant === QUADRANT.falsePositive || quadrant === QUADRANT.dodge) return RESULT.loser;
  return RESULT.neutral;
}

/**
 * Computes the margins of every gate of a pattern on every row, at the base thresholds.
 * @param use `move` disables levers with too little data to be moved; `base` keeps every margin, for the decisions of the
 *   base gates alone
 */
export function prepareGates(
  pattern: PatternKey,
  columns: FactorColumns,
  settings: ReplaySettings,
  use: 'move' | 'base' = 'move',
): Gates {
  const { size } = columns;
  const levers = replayLeversOf(pattern);
  const replayable = new Uint8Array(size).fill(1);
  // Bits of the gates without a lever. An event that one of them blocked cannot be replayed.
  const otherGates = levers.reduce((bits, lever) => bits & ~gateBit(lever.gate), BLOCKED_LOGGED - 1);
  for (let row = 0; row < size; row++)
    if (((columns.blocked[row] as number) & otherGates) !== 0) replayable[row] = 0;
  const disabled: DisabledLever[] = [];
  const gates = levers.map((lever): Gate => {
    const margin = baseMargins(lever, columns);
    const reason = use === 'base' ? undefined : disabledReason(lever, margin, columns, settings);
    if (reason !== undefined) {
      margin.fill(Number.NaN);
      disabled.push({ lever, reason });
    }
    fillFromLoggedFlags(lever, margin, columns, replayable);
    const unit =
      lever.scale === 'log' ? 1 : standardDeviation(columns.numbers[lever.factor]?.subarray(0, size));
    const limit = lever.scale === 'log' ? settings.maxLog : settings.maxShift * unit;
    const steps = Float64Array.from(reason === undefined && unit > 0 ? lever.steps : [], s => s * unit);
    return { lever, margin, steps, limit };
  });
  return {
    columns,
    gates,
    disabled,
    replayable,
    result: columns.quadrant.slice(0, size).map(resultOf),
    clusterings: clusterings(columns, settings.clusters),
  };
}

/** Returns the margins of a gate; NaN where factor or threshold is missing, or has no logarithm. */
function baseMargins(lever: ReplayLever, columns: FactorColumns): Float64Array {
  const { size } = columns;
  const margin = new Float64Array(size).fill(Number.NaN);
  const factor = columns.numbers[lever.factor];
  const threshold = columns.numbers[lever.threshold];
  if (!factor || !threshold) return margin;
  const sign = lever.passes === 'at least' ? 1 : -1;
  for (let row = 0; row < size; row++) {
    const f = factor[row] as number;
    const t = threshold[row] as number;
    if (lever.scale === 'additive') margin[row] = sign * (f - t);
    else if (f > 0 && t > 0) margin[row] = sign * Math.log(f / t);
    else if (f <= 0 && t > 0) margin[row] = sign * Number.NEGATIVE_INFINITY;
  }
  return margin;
}

/**
 * Replaces unknown margins by the state of the gate that the event logged, +Infinity or −Infinity. An event without a
 * logged state passes an optional gate; at any other gate it cannot be replayed.
 */
function fillFromLoggedFlags(
  lever: ReplayLever,
  margin: Float64Array,
  { blocked, flagsKnown, flagsSet }: FactorColumns,
  replayable: Uint8Array,
): void {
  const flag = lever.flag === undefined ? 0 : 1 << GATE_FLAGS.indexOf(lever.flag);
  const gate = gateBit(lever.gate);
  for (let row = 0; row < margin.length; row++) {
    if (!Number.isNaN(margin[row])) continue;
    const known = (flagsKnown[row] as number) & flag;
    const blockers = blocked[row] as number;
    if (known === 0 && (blockers & BLOCKED_LOGGED) === 0 && !lever.optional) replayable[row] = 0;
    const passed = known === 0 ? (blockers & gate) === 0 : ((flagsSet[row] as number) & flag) !== 0;
    margin[row] = passed ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }
}

/** Returns the sample standard deviation of the finite values; 0 for fewer than two. */
function standardDeviation(column: Float64Array = new Float64Array(0)): number {
  let n = 0;
  let largest = 0;
  for (let row = 0; row < column.length; row++) {
    const value = column[row] as number;
    if (!Number.isFinite(value)) continue;
    n++;
    largest = Math.max(largest, Math.abs(value));
  }
  if (n < 2 || largest === 0) return 0;
  const mean = exactSum(column, n, largest, 0, 1) / n;
  return Math.sqrt(exactSum(column, n, 4 * largest * largest, mean, 2) / (n - 1));
}

/**
 * Returns Σ (value − centre)^power over the finite values; the sum does not depend on their order. It adds whole
 * multiples of a unit. The unit is small enough that rounding to it does not matter, and large enough that sums are
 * exact.
 * @param n number of finite values
 * @param bound upper bound of the absolute values of the terms
 */
function exactSum(column: Float64Array, n: number, bound: number, centre: number, power: 1 | 2): number {
  const units = 2 ** Math.floor(52 - Math.log2(n) - Math.log2(bound));
  let sum = 0;
  for (let row = 0; row < column.length; row++) {
    const value = (column[row] as number) - centre;
    if (Number.isFinite(value)) sum += Math.round((power === 1 ? value : value * value) * units);
  }
  return sum / units;
}
