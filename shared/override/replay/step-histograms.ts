/* Kernel: rows, steps and cells are in range by construction, so typed arrays are read without a check. */

import type { BaseHistograms } from './base-histograms.ts';
import { cellOf } from './base-histograms.ts';
import type { ClusterMoments } from './cluster-moments.ts';
import { momentsOf } from './cluster-moments.ts';
import type { FitRows, RowSet } from './fit-rows.ts';
import { flippingStep } from './fit-rows.ts';
import type { Gate } from './gates.ts';
import type { SliceCells, SlicesOfRows } from './slice-cells.ts';
import type { Slice } from './slices.ts';
import type { Side } from './step-groups.ts';
import { signOf } from './step-groups.ts';

/** The state of one gate during a fit. */
interface GateState {
  /** Steps of the gate's lever, ascending, in the unit of the margin. */
  readonly steps: Float64Array;
  /** Margin of each row with all accepted openings added. */
  readonly margin: Float64Array;
  /** Flipping step of each row, as in `FitRows`. */
  readonly bins: Int8Array;
  /** Winners and losers by slice, side, flipping step and result, see `cellOf`. */
  readonly cells: SliceCells;
}

/**
 * Histograms of the events that each step flips, by gate, slice and side. An accepted step changes the margins of a few
 * rows; only those rows are counted again. Slices are given by their index in the histograms.
 */
export class StepHistograms {
  readonly #rows: FitRows;
  readonly #set: RowSet;
  readonly #slicesOfRows: SlicesOfRows;
  /** Number of choices of dimensions that the fit reads. */
  readonly #choices: number;
  readonly #gates: readonly GateState[];
  /** Bit g of a row is set when the row fails gate g. */
  readonly #failing: Uint8Array;

  /**
   * @param base histograms of the rows of the fit
   * @param maxDimensions most dimensions of a slice that the fit reads
   */
  constructor(
    gates: readonly Gate[],
    rows: FitRows,
    set: RowSet,
    base: BaseHistograms,
    maxDimensions: number,
  ) {
    this.#rows = rows;
    this.#set = set;
    this.#slicesOfRows = base.slicesOfRows;
    this.#choices = base.slicesOfRows.choicesUpTo(maxDimensions);
    this.#gates = gates.map(({ steps, margin }, g) => {
      const { perSlice, counts, touched } = base.cells[g] as SliceCells;
      return {
        steps,
        margin: margin.slice(),
        bins: (rows.bins[g] as Int8Array).slice(),
        cells: { perSlice, counts: counts.slice(), touched: new Uint8Array(touched.length) },
      };
    });
    this.#failing = rows.failing.slice();
  }

  /**
   * Returns the winners and losers that the steps of a gate flip. For step i of a group, the winners are at
   * `start(slice, side) + 2·i` and the losers one index later.
   */
  counts(gate: number): Int32Array {
    return this.#gate(gate).cells.counts;
  }

  /** Returns the index of a group's first cell in `counts`. */
  start(slice: number, side: Side): number {
    const { width } = this.#rows;
    return slice * (4 * width + 1) + 2 * width * side;
  }

  /** Returns 1 for each slice whose histogram at a gate changed in the last `open`. */
  touched(gate: number): Uint8Array {
    return this.#gate(gate).cells.touched;
  }

  /** Returns the moments of a group's flips under each clustering, for the variance of dependent events. */
  moments(gate: number, slice: Slice, side: Side): ClusterMoments[] {
    const { width, result, clusters } = this.#rows;
    const { bins } = this.#gate(gate);
    return momentsOf({ rows: this.#set.rowsOf(slice), bins, sign: signOf(side), width }, result, clusters);
  }

  /** Returns the margins at a gate, and the winners and losers that pass all other gates. */
  passingOthers(gate: number): { readonly margin: Float64Array; readonly rows: Uint32Array } {
    const { usable } = this.#set;
    const failing = this.#failing;
    const others = ~(1 << gate);
    const rows = new Uint32Array(usable.length);
    let n = 0;
    for (let k = 0; k < usable.length; k++) {
      const row = usable[k] as number;
      if (((failing[row] as number) & others) === 0) rows[n++] = row;
    }
    return { margin: this.#gate(gate).margin, rows: rows.subarray(0, n) };
  }

  /** Opens a gate in a slice and updates the histograms of all gates. */
  open(gate: number, slice: Slice, opening: number): void {
    for (const { cells } of this.#gates) cells.touched.fill(0);
    const flipped = this.#shift(gate, this.#set.rowsOf(slice), opening);
    for (let g = 0; g < this.#gates.length; g++) if (g !== gate) this.#rebin(g, flipped);
  }

  #gate(gate: number): GateState {
    return this.#gates[gate] as GateState;
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
    let n = 0;
    for (let k = 0; k < rows.length; k++) {
      const row = rows[k] as number;
      const before = margin[row] as number;
      const now = before + opening;
      margin[row] = now;
      const fails = failing[row] as number;
      if (before < 0 !== now < 0) {
        failing[row] = fails ^ bit;
        flipped[n++] = row;
      }
      if ((fails & ~bit) !== 0) continue;
      const bin = flippingStep(now, steps);
      const old = bins[row] as number;
      if (bin === old) continue;
      bins[row] = bin;
      this.#move(gate, row, old, bin);
    }
    return flipped.subarray(0, n);
  }

  /** Updates the bins of rows at a gate after another gate changed for them. */
  #rebin(gate: number, rows: Uint32Array): void {
    const { margin, bins, steps } = this.#gate(gate);
    const failing = this.#failing;
    const others = ~(1 << gate);
    for (let k = 0; k < rows.length; k++) {
      const row = rows[k] as number;
      const passes = ((failing[row] as number) & others) === 0;
      const bin = passes ? flippingStep(margin[row] as number, steps) : 0;
      const old = bins[row] as number;
      if (bin === old) continue;
      bins[row] = bin;
      this.#move(gate, row, old, bin);
    }
  }
  /** Counts a row in another bin of a gate. */
  #move(gate: number, row: number, from: number, to: number): void {
    const { width, result } = this.#rows;
    const won = result[row] as number;
    const [old, now] = [cellOf(from, width, won), cellOf(to, width, won)];
    this.#slicesOfRows.move(row, old, now, this.#gate(gate).cells, this.#choices);
  }
}
