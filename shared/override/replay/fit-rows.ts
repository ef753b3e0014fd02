/* Kernel: rows and codes are in range by construction, so typed arrays are read without a check. */

import type { GroupedRows } from '../../statistics/counting-sort.ts';
import { countingSort, rowNumbers } from '../../statistics/counting-sort.ts';
import { isSorted } from './clusters.ts';
import type { Gate, Gates } from './gates.ts';
import { RESULT } from './gates.ts';
import type { Codes, Slice } from './slices.ts';

/** One clustering of the rows of all fits. */
export interface FitClusters {
  /** Cluster of each row. */
  readonly cluster: Uint32Array;
  /** True when the rows of each cluster are adjacent. */
  readonly adjacent: boolean;
}

/** What all fits of one tuning read of each row, by row of the columns, at the base thresholds. */
export class FitRows {
  readonly size: number;
  /** Codes of each dimension. */
  readonly codes: readonly Codes[];
  /** Number of codes of each dimension: one for each value, and code 0 for rows that lack the dimension. */
  readonly widths: readonly number[];
  /** `RESULT` of each row. */
  readonly result: Uint8Array;
  /** 1 for each row whose gates can all be replayed and whose outcome is not neutral. */
  readonly usable: Uint8Array;
  /** Number of bins of one side: the largest number of steps of a lever. */
  readonly width: number;
  /** Bit g of a row is set when the row fails gate g. */
  readonly failing: Uint8Array;
  /** Decisions: 1 for each row that can be replayed and fails no gate. */
  readonly acts: Uint8Array;
  /** By gate, then row: the flipping step, see `flippingStep`; 0 when the row is not usable or fails another gate. */
  readonly bins: readonly Int8Array[];
  readonly clusters: readonly FitClusters[];
  /** Usable rows; built on first use, and by code. */
  #all: Uint32Array | undefined;
  readonly #byCode: (GroupedRows | undefined)[];

  constructor({ gates, columns, replayable, result, clusterings }: Gates) {
    const { dimensions, size } = columns;
    this.size = size;
    this.widths = dimensions.map(d => d.values.length + 1);
    this.codes = dimensions.map(({ codes, values }) =>
      values.length < 1 << 16
        ? Uint16Array.from(codes.subarray(0, size))
        : Uint32Array.from(codes.subarray(0, size)),
    );
    this.result = result;
    this.usable = replayable.slice();
    for (let row = 0; row < size; row++) if (result[row] === RESULT.neutral) this.usable[row] = 0;
    this.width = Math.max(0, ...gates.map(gate => gate.steps.length));
    this.failing = failingGates(gates, size);
    this.acts = actsOf(replayable, this.failing);
    this.bins = gates.map((gate, g) => this.#baseBins(gate, g));
    this.clusters = clusterings.map(cluster => ({ cluster, adjacent: isSorted(cluster) }));
    this.#byCode = dimensions.map(() => undefined);
  }

  /** Returns the usable rows of a slice, ascending. */
  rowsOf({ first, firstCode, second, secondCode }: Slice): Uint32Array {
    this.#all ??= selected(rowNumbers(this.size), this.usable);
    const a = this.rowsOfCode(first, firstCode);
    const b = this.rowsOfCode(second, secondCode);
    return common(this, this.#all, [first, firstCode, a], [second, secondCode, b]);
  }

  /** Returns the usable rows with a code, ascending; undefined for no dimension. */
  rowsOfCode(dimension: number, code: number): Uint32Array | undefined {
    const codes = this.codes[dimension];
    if (!codes) return undefined;
    const groups = this.#byCode[dimension] ?? this.#group(codes, this.widths[dimension] as number);
    this.#byCode[dimension] = groups;
    return groups.order.subarray(groups.start[code], groups.start[code + 1]);
  }

  #group(codes: Codes, width: number): GroupedRows {
    this.#all ??= selected(rowNumbers(this.size), this.usable);
    return countingSort(this.#all, codes, width);
  }

  #baseBins({ margin, steps }: Gate, g: number): Int8Array {
    const { size, usable, failing } = this;
    const others = ~(1 << g);
    const bins = new Int8Array(size);
    for (let row = 0; row < size; row++)
      if (usable[row] === 1 && ((failing[row] as number) & others) === 0)
        bins[row] = flippingStep(margin[row] as number, steps);
    return bins;
  }
}

function failingGates(gates: readonly Gate[], size: number): Uint8Array {
  const failing = new Uint8Array(size);
  for (const [g, { margin }] of gates.entries())
    for (let row = 0; row < size; row++)
      if ((margin[row] as number) < 0) failing[row] = (failing[row] as number) | (1 << g);
  return failing;
}

/**
 * Returns the first step that flips an event whose other gates pass, from 1: positive by loosening, negative by
 * tightening; 0 when none does. It adds and subtracts as an accepted step does, so that rounding is the same.
 */
export function flippingStep(margin: number, steps: Float64Array): number {
  const last = steps.length - 1;
  if (margin >= 0) {
    if (!(margin - (steps[last] as number) < 0)) return 0;
    for (let i = 0; i < last; i++) if (margin - (steps[i] as number) < 0) return -(i + 1);
    return -steps.length;
  }
  if (!(margin + (steps[last] as number) >= 0)) return 0;
  for (let i = 0; i < last; i++) if (margin + (steps[i] as number) >= 0) return i + 1;
  return steps.length;
}

/** The rows that one fit reads. */
export class RowSet {
  /** All of them, ascending. */
  readonly rows: Uint32Array;
  /** 1 for each row of the columns that is one of them. */
  readonly member: Uint8Array;
  /** The usable ones, ascending. */
  readonly usable: Uint32Array;
  readonly #all: FitRows;
  /** Usable rows by dimension, then code; filled on first use. */
  readonly #ofCode: Uint32Array[][];

  constructor(all: FitRows, rows: Uint32Array) {
    this.rows = rows;
    this.member = new Uint8Array(all.size);
    for (let i = 0; i < rows.length; i++) this.member[rows[i] as number] = 1;
    this.usable = selected(rows, all.usable);
    this.#all = all;
    this.#ofCode = all.codes.map(() => []);
  }

  /** Returns the usable rows of a slice, ascending. */
  rowsOf({ first, firstCode, second, secondCode }: Slice): Uint32Array {
    const a = this.#rowsOfCode(first, firstCode);
    const b = this.#rowsOfCode(second, secondCode);
    return common(this.#all, this.usable, [first, firstCode, a], [second, secondCode, b]);
  }

  #rowsOfCode(dimension: number, code: number): Uint32Array | undefined {
    const ofCode = this.#ofCode[dimension];
    const all = ofCode && this.#all.rowsOfCode(dimension, code);
    if (!all) return undefined;
    const rows = ofCode[code] ?? selected(all, this.member);
    ofCode[code] = rows;
    return rows;
  }
}

/** Returns the rows that are marked with 1. */
function selected(rows: Uint32Array, marks: Uint8Array): Uint32Array {
  const found = new Uint32Array(rows.length);
  let n = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    if (marks[row] === 1) found[n++] = row;
  }
  return found.subarray(0, n);
}

type RowsOfCode = readonly [dimension: number, code: number, rows: Uint32Array | undefined];

/** Returns the rows with two codes; an absent code holds for all rows. */
function common({ codes }: FitRows, all: Uint32Array, first: RowsOfCode, second: RowsOfCode): Uint32Array {
  const [a, b] = [first[2], second[2]];
  if (!a || !b) return a ?? b ?? all;
  const [rows, [dimension, code]] = a.length <= b.length ? [a, second] : [b, first];
  const column = codes[dimension] as Codes;
  const found = new Uint32Array(rows.length);
  let n = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    if (column[row] === code) found[n++] = row;
  }
  return found.subarray(0, n);
}

function actsOf(replayable: Uint8Array, failing: Uint8Array): Uint8Array {
  const acts = replayable.slice();
  for (let row = 0; row < acts.length; row++) if (failing[row] !== 0) acts[row] = 0;
  return acts;
}
