/* Kernel: rows, steps and cells are in range by construction, so typed arrays are read without a check. */

import type { ClusterMoments } from './cluster-moments.ts';
import { momentsOf } from './cluster-moments.ts';
import type { FitRows } from './fit-rows.ts';
import type { Gate } from './gates.ts';
import { RESULT } from './gates.ts';
import type { Combination, Slice, Slices } from './slices.ts';
import { NONE } from './slices.ts';
import type { Side } from './step-groups.ts';
import { signOf } from './step-groups.ts';

/** The state of one gate during a fit. */
interface GateState {
  /** Steps of the gate's lever, ascending, in the unit of the margin. */
  readonly steps: Float64Array;
  /** Margin of each row with all accepted openings added. */
  readonly margin: Float64Array;
  /**
   * Flipping step of each row, from 1: positive when it loosens the gate, negative when it tightens it. It is 0 when
   * the row fails another gate or no step flips it.
   */
  readonly bins: Int8Array;
  /** Winners and losers by slice, side, flipping step and result, see `cellOf`. */
  readonly counts: Int32Array;
  /** 1 for each slice whose counts changed in the last update. */
  readonly touched: Uint8Array;
}

/**
 * Histograms of the events that each step flips, by gate, slice and side. An accepted step changes the margins of a few
 * rows; only those rows are counted again.
 */
export class StepHistograms {
  /** Number of bins of one side: the largest number of steps of a lever. */
  readonly width: number;
  readonly #rows: FitRows;
  readonly #combinations: readonly Combination[];
  readonly #gates: readonly GateState[];
  /** Bit g of a row is set when the row fails gate g. */
  readonly #failing: Uint8Array;
  readonly #changes: BinChanges;

  constructor(gates: readonly Gate[], rows: FitRows, slices: Slices) {
    this.width = Math.max(0, ...gates.map(gate => gate.steps.length));
    this.#rows = rows;
    this.#combinations = slices.combinations;
    const sliceCount = slices.list.length;
    const margins = rows.margins();
    this.#gates = gates.map(({ steps }, g) => ({
      steps,
      margin: margins[g] as Float64Array,
      bins: new Int8Array(rows.size),
      counts: new Int32Array(sliceCount * 4 * this.width),
      touched: new Uint8Array(sliceCount),
    }));
    this.#failing = new Uint8Array(rows.size);
    this.#changes = new BinChanges(rows.active.length);
    this.#fill();
  }

  /**
   * Returns the winners and losers that the steps of a gate flip. For step i of a group, the winners are at
   * `start(slice, side) + 2·i` and the losers one index later.
   */
  counts(gate: number): Int32Array {
    return this.#gate(gate).counts;
  }

  /** Returns the index of a group's first cell in `counts`. */
  start(slice: number, side: Side): number {
    return 2 * this.width * (2 * slice + side);
  }

  /** Returns 1 for each slice whose histogram at a gate changed in the last `open`. */
  touched(gate: number): Uint8Array {
    return this.#gate(gate).touched;
  }

  /** Returns the moments of a group's flips under each clustering, for the variance of dependent events. */
  moments(gate: number, slice: Slice, side: Side): ClusterMoments[] {
    const rows = this.#rows.rowsOf(slice);
    const flips = { rows, bins: this.#gate(gate).bins, sign: signOf(side), width: this.width };
    return this.#rows.clusters.map(clusters => momentsOf(flips, this.#rows.result, clusters));
  }

  /** Returns the margins at a gate, and the winners and losers that pass all other gates. */
  passingOthers(gate: number): { readonly margin: Float64Array; readonly rows: Uint32Array } {
    const { active } = this.#rows;
    const failing = this.#failing;
    const others = ~(1 << gate);
    const rows = new Uint32Array(active.length);
    let n = 0;
    for (let k = 0; k < active.length; k++) {
      const row = active[k] as number;
      if (((failing[row] as number) & others) === 0) rows[n++] = row;
    }
    return { margin: this.#gate(gate).margin, rows: rows.subarray(0, n) };
  }

  /** Opens a gate in a slice and updates the histograms of all gates. */
  open(gate: number, slice: Slice, opening: number): void {
    for (const { touched } of this.#gates) touched.fill(0);
    const flipped = this.#shift(gate, this.#rows.rowsOf(slice), opening);
    for (let g = 0; g < this.#gates.length; g++) if (g !== gate) this.#rebin(g, flipped);
  }

  #gate(gate: number): GateState {
    return this.#gates[gate] as GateState;
  }

  /** Counts all rows at the base thresholds. */
  #fill(): void {
    const { active } = this.#rows;
    const failing = this.#failing;
    for (const [g, { margin }] of this.#gates.entries())
      for (let k = 0; k < active.length; k++) {
        const row = active[k] as number;
        if ((margin[row] as number) < 0) failing[row] = (failing[row] as number) | (1 << g);
      }
    for (let g = 0; g < this.#gates.length; g++) this.#rebin(g, active);
  }

  /**
   * Adds an opening to the margins of rows.
   * @returns the rows that now pass the gate and did not before, or vice versa
   */
  #shift(gate: number, rows: Uint32Array, opening: number): Uint32Array {
    const { margin, bins, steps } = this.#gate(gate);
    const failing = this.#failing;
    const bit = 1 << gate;
    const flipped = new Uint32Array(rows.length);
    const changes = this.#changes;
    let n = 0;
    changes.clear();
    for (let k = 0; k < rows.length; k++) {
      const row = rows[k] as number;
      const before = margin[row] as number;
      const now = before + opening;
      margin[row] = now;
      if (before < 0 !== now < 0) {
        failing[row] = (failing[row] as number) ^ bit;
        flipped[n++] = row;
      }
      if (((failing[row] as number) & ~bit) !== 0) continue;
      const bin = flippingStep(now, steps);
      const old = bins[row] as number;
      if (bin === old) continue;
      bins[row] = bin;
      changes.add(row, old, bin);
    }
    this.#recount(gate);
    return flipped.subarray(0, n);
  }

  /** Updates the bins of rows at a gate after another gate changed for them. */
  #rebin(gate: number, rows: Uint32Array): void {
    const { margin, bins, steps } = this.#gate(gate);
    const failing = this.#failing;
    const others = ~(1 << gate);
    const changes = this.#changes;
    changes.clear();
    for (let k = 0; k < rows.length; k++) {
      const row = rows[k] as number;
      const passes = ((failing[row] as number) & others) === 0;
      const bin = passes ? flippingStep(margin[row] as number, steps) : 0;
      const old = bins[row] as number;
      if (bin === old) continue;
      bins[row] = bin;
      changes.add(row, old, bin);
    }
    this.#recount(gate);
  }

  /** Moves the changed rows in the histograms of one gate, for every combination of dimensions. */
  #recount(gate: number): void {
    const changes = this.#changes;
    if (changes.n === 0) return;
    const { width } = this;
    changes.toCells(width, this.#rows.result);
    const { counts, touched } = this.#gate(gate);
    for (const { a, b, stride, sliceOf } of this.#combinations)
      if (a && b) countPairs(changes, a, b, stride, sliceOf, 4 * width, counts, touched);
      else countSingles(changes, a, sliceOf, 4 * width, counts, touched);
  }
}

/**
 * Returns the first step that flips an event whose other gates pass, from 1: positive by loosening, negative by
 * tightening; 0 when none does. It adds and subtracts as an accepted step does, so that rounding is the same.
 */
function flippingStep(margin: number, steps: Float64Array): number {
  if (margin >= 0) {
    for (let i = 0; i < steps.length; i++) if (margin - (steps[i] as number) < 0) return -(i + 1);
  } else {
    for (let i = 0; i < steps.length; i++) if (margin + (steps[i] as number) >= 0) return i + 1;
  }
  return 0;
}

/** Pending updates of one gate's histograms: for each row its old and new bin, later rewritten to cells. */
class BinChanges {
  readonly rows: Uint32Array;
  readonly from: Int16Array;
  readonly to: Int16Array;
  n = 0;

  constructor(capacity: number) {
    this.rows = new Uint32Array(capacity);
    this.from = new Int16Array(capacity);
    this.to = new Int16Array(capacity);
  }

  clear(): void {
    this.n = 0;
  }

  add(row: number, from: number, to: number): void {
    const { n } = this;
    this.rows[n] = row;
    this.from[n] = from;
    this.to[n] = to;
    this.n = n + 1;
  }

  /** Rewrites bins to cells of a slice's histogram. */
  toCells(width: number, result: Uint8Array): void {
    const { rows, from, to, n } = this;
    for (let k = 0; k < n; k++) {
      const loser = result[rows[k] as number] === RESULT.winner ? 0 : 1;
      from[k] = cellOf(from[k] as number, width, loser);
      to[k] = cellOf(to[k] as number, width, loser);
    }
  }
}

/**
 * Returns the cell of a bin in a slice's histogram of 4·width cells, by side, step, then winner or loser; `NONE` for
 * bin 0. Example: at width 9, a loser that step 2 flips by tightening (bin −2) is in cell 2·(9 + 1) + 1 = 21.
 */
function cellOf(bin: number, width: number, loser: number): number {
  if (bin === 0) return NONE;
  return 2 * (bin > 0 ? bin - 1 : width - bin - 1) + loser;
}

type Codes = Uint16Array | Uint32Array;

/** Moves all changed rows in the histograms of the slices of two dimensions. */
function countPairs(
  { rows, from, to, n }: BinChanges,
  a: Codes,
  b: Codes,
  stride: number,
  sliceOf: Int32Array,
  perSlice: number,
  counts: Int32Array,
  touched: Uint8Array,
): void {
  for (let k = 0; k < n; k++) {
    const row = rows[k] as number;
    const slice = sliceOf[(a[row] as number) * stride + (b[row] as number)] as number;
    if (slice === NONE) continue;
    touched[slice] = 1;
    const at = slice * perSlice;
    const old = from[k] as number;
    const now = to[k] as number;
    if (old !== NONE) counts[at + old] = (counts[at + old] as number) - 1;
    if (now !== NONE) counts[at + now] = (counts[at + now] as number) + 1;
  }
}

/**
 * Moves all changed rows in the histograms of the slices of one dimension, or of the global slice when `a` is absent.
 */
function countSingles(
  { rows, from, to, n }: BinChanges,
  a: Codes | undefined,
  sliceOf: Int32Array,
  perSlice: number,
  counts: Int32Array,
  touched: Uint8Array,
): void {
  for (let k = 0; k < n; k++) {
    const slice = sliceOf[a ? (a[rows[k] as number] as number) : 0] as number;
    if (slice === NONE) continue;
    touched[slice] = 1;
    const at = slice * perSlice;
    const old = from[k] as number;
    const now = to[k] as number;
    if (old !== NONE) counts[at + old] = (counts[at + old] as number) - 1;
    if (now !== NONE) counts[at + now] = (counts[at + now] as number) + 1;
  }
}
