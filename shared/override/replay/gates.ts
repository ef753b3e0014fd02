import type { FactorColumns } from '../../episode/columns/columns.ts';
import { BLOCKED_KNOWN, QUADRANT } from '../../episode/columns/columns.ts';
import type { NumericFactor } from '../../episode/packed-episode.ts';
import { GATE_FLAGS } from '../../episode/packed-episode.ts';
import type { ReplayLever } from '../../lever/replay-lever.ts';
import { gateBit, replayLeversOf } from '../../lever/replay-lever.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import type { Clustering } from './clusters.ts';
import { clusterings } from './clusters.ts';
import type { ReplaySettings } from './settings.ts';

/** A lever that is on, with the base margin of every row. */
export interface Gate {
  readonly lever: ReplayLever;
  /**
   * The gate passes when margin + opening ≥ 0: in log, or in the factor's unit. ±Infinity where the event lacks the
   * factor and logged that the gate passed, or did not.
   */
  readonly margin: Float64Array;
  /** In the unit of the margin, ascending. */
  readonly steps: Float64Array;
  /** Largest opening or closing of one override, and of all that match a scope: in the unit of the margin. */
  readonly limit: number;
}

/** A lever that cannot be replayed, and why. */
export interface DisabledLever {
  readonly lever: ReplayLever;
  readonly reason: string;
}

/** The gates of one pattern over its rows. */
export interface Gates {
  readonly columns: FactorColumns;
  readonly gates: readonly Gate[];
  readonly disabled: readonly DisabledLever[];
  /** 1: every gate of the row can be replayed. */
  readonly replayable: Uint8Array;
  /** What acting brought: `RESULT`. */
  readonly result: Uint8Array;
  readonly clusterings: readonly Clustering[];
}

export const RESULT = { neutral: 0, winner: 1, loser: 2 } as const;

const RESULT_OF: readonly number[] = (() => {
  const results = new Array<number>(6).fill(RESULT.neutral);
  results[QUADRANT.win] = RESULT.winner;
  results[QUADRANT.miss] = RESULT.winner;
  results[QUADRANT.falsePositive] = RESULT.loser;
  results[QUADRANT.dodge] = RESULT.loser;
  return results;
})();

const isActed = (quadrant: number): boolean => quadrant <= QUADRANT.actedNeutral;

/** Measures every gate on every row at its base threshold. */
export function prepareGates(pattern: PatternKey, columns: FactorColumns, settings: ReplaySettings): Gates {
  const { size } = columns;
  const levers = replayLeversOf(pattern);
  const usable = new Uint8Array(size).fill(1);
  const others = levers.reduce((bits, lever) => bits & ~gateBit(lever.gate), BLOCKED_KNOWN - 1);
  for (let row = 0; row < size; row++) if ((columns.blocked[row] ?? 0) & others) usable[row] = 0;
  const gates: Gate[] = [];
  const silent: DisabledLever[] = [];
  for (const lever of levers) {
    const margin = baseMargins(lever, columns);
    const reason = disabledReason(lever, margin, columns, settings);
    if (reason !== undefined) margin.fill(Number.NaN);
    fillFromLoggedFlags(lever, margin, columns, usable);
    if (reason !== undefined) silent.push({ lever, reason });
    const unit = lever.scale === 'log' ? 1 : standardDeviation(columns.numbers[lever.factor], size);
    const limit = lever.scale === 'log' ? settings.maxLog : settings.maxShift * unit;
    const steps = Float64Array.from(reason === undefined && unit > 0 ? lever.steps : [], s => s * unit);
    gates.push({ lever, margin, steps, limit });
  }
  const result = columns.quadrant.slice(0, size).map(q => RESULT_OF[q] ?? RESULT.neutral);
  return {
    columns,
    gates,
    disabled: silent,
    replayable: usable,
    result,
    clusterings: clusterings(columns, settings.clusters),
  };
}

/** NaN where factor or threshold is missing, or has no logarithm. */
function baseMargins(lever: ReplayLever, columns: FactorColumns): Float64Array {
  const { size } = columns;
  const margin = new Float64Array(size).fill(Number.NaN);
  const factor = columns.numbers[lever.factor];
  const threshold = columns.numbers[lever.threshold];
  if (!factor || !threshold) return margin;
  const sign = lever.passes === 'at least' ? 1 : -1;
  for (let row = 0; row < size; row++) {
    const f = factor[row] ?? Number.NaN;
    const t = threshold[row] ?? Number.NaN;
    if (lever.scale === 'additive') margin[row] = sign * (f - t);
    else if (f > 0 && t > 0) margin[row] = sign * Math.log(f / t);
    else if (f <= 0 && t > 0) margin[row] = sign * Number.NEGATIVE_INFINITY;
  }
  return margin;
}

function disabledReason(
  lever: ReplayLever,
  margin: Float64Array,
  columns: FactorColumns,
  settings: ReplaySettings,
): string | undefined {
  let acted = 0;
  let skipped = 0;
  for (let row = 0; row < margin.length; row++) {
    if (Number.isNaN(margin[row] ?? Number.NaN)) continue;
    if (isActed(columns.quadrant[row] ?? 0)) acted++;
    else skipped++;
  }
  const carriers = acted + skipped;
  const { size } = columns;
  if (carriers < size * settings.minFactorShare) return describeMissingFactor(lever, columns, carriers);
  if (carriers < settings.nMin)
    return `${carriers} of ${settings.nMin} events carry ${lever.factor} and ${lever.threshold}`;
  if (skipped === 0) return `only acted events carry ${lever.factor}`;
  if (acted === 0) return `only skipped events carry ${lever.factor}`;
  return undefined;
}

/** `factor dx missing on 71 %`, or the threshold when it is missing more often. */
function describeMissingFactor(
  lever: ReplayLever,
  { size, numbers }: FactorColumns,
  carriers: number,
): string {
  const lacking = (name: NumericFactor): number => {
    const column = numbers[name];
    if (!column) return size;
    let n = 0;
    for (let row = 0; row < size; row++) if (Number.isNaN(column[row] ?? Number.NaN)) n++;
    return n;
  };
  const threshold = lacking(lever.threshold) > lacking(lever.factor);
  const share = Math.round(100 * (1 - carriers / size));
  return `${threshold ? `threshold ${lever.threshold}` : `factor ${lever.factor}`} missing on ${share} %`;
}

/**
 * Where the margin is unknown, the gate stands as the event logged it; without a log the event is left out, or passes
 * a gate that is optional.
 */
function fillFromLoggedFlags(
  lever: ReplayLever,
  margin: Float64Array,
  columns: FactorColumns,
  usable: Uint8Array,
): void {
  const flag = lever.flag === undefined ? 0 : 1 << GATE_FLAGS.indexOf(lever.flag);
  const gate = gateBit(lever.gate);
  for (let row = 0; row < margin.length; row++) {
    if (!Number.isNaN(margin[row] ?? Number.NaN)) continue;
    const blocked = columns.blocked[row] ?? 0;
    const known = (columns.flagsKnown[row] ?? 0) & flag;
    if (known === 0 && (blocked & BLOCKED_KNOWN) === 0 && !lever.optional) usable[row] = 0;
    const passed = known ? ((columns.flagsSet[row] ?? 0) & flag) !== 0 : (blocked & gate) === 0;
    margin[row] = passed ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }
}

/**
 * Sums whole multiples of a unit so small that rounding does not matter and so large that no sum rounds: the result
 * does not depend on the order of the rows.
 */
function standardDeviation(column: Float64Array | undefined, size: number): number {
  let n = 0;
  let most = 0;
  for (let row = 0; row < size; row++) {
    const value = column?.[row] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    n++;
    most = Math.max(most, Math.abs(value));
  }
  if (n < 2 || most === 0) return 0;
  const mean = exactSum(column, size, most, n, 0, 1) / n;
  return Math.sqrt(exactSum(column, size, 4 * most * most, n, mean, 2) / (n - 1));
}

function exactSum(
  column: Float64Array | undefined,
  size: number,
  most: number,
  n: number,
  centre: number,
  power: 1 | 2,
): number {
  const units = 2 ** Math.floor(52 - Math.log2(n) - Math.log2(most));
  let sum = 0;
  for (let row = 0; row < size; row++) {
    const value = (column?.[row] ?? Number.NaN) - centre;
    if (Number.isFinite(value)) sum += Math.round((power === 1 ? value : value * value) * units);
  }
  return sum / units;
}
