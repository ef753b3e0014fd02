/* Kernel: rows, steps and cells are in range by construction, so typed arrays are read without a check. */

import type { FitRows, RowSet } from './fit-rows.ts';
import { RESULT } from './gates.ts';
import type { SliceCells } from './slice-cells.ts';
import { SlicesOfRows } from './slice-cells.ts';
import type { Slices } from './slices.ts';

/**
 * Returns the cell of a flipping step in a slice's histogram of 4·width + 1 cells: by side, step, then winner or loser;
 * the last one for step 0. Example: at width 9, a loser that step 2 flips by tightening (−2) is in cell 2·(9 + 1) + 1 = 21.
 */
export function cellOf(bin: number, width: number, result: number): number {
  if (bin === 0) return 4 * width;
  return 2 * (bin > 0 ? bin - 1 : width - bin - 1) + (result === RESULT.winner ? 0 : 1);
}

/**
 * Histograms of the events that each step flips at the base thresholds, by gate, slice and side, for a set of rows. The
 * fits of one tuning read sets that have most rows in common, so each follows from the one before by the rows that come
 * and go. All counts are whole numbers, so they are the same on any way.
 */
export class BaseHistograms {
  readonly slices: Slices;
  readonly slicesOfRows: SlicesOfRows;
  /** By gate. */
  readonly cells: readonly SliceCells[];
  readonly #rows: FitRows;
  /** The number of rows of each slice. */
  readonly #rowCells: SliceCells;
  #member: Uint8Array;

  constructor(rows: FitRows, slices: Slices) {
    this.slices = slices;
    this.slicesOfRows = new SlicesOfRows(slices, rows.codes, rows.size);
    this.#rows = rows;
    this.#member = new Uint8Array(rows.size);
    const count = slices.list.length + 1;
    const touched = new Uint8Array(count);
    const cellsOf = (perSlice: number): SliceCells => ({
      perSlice,
      counts: new Int32Array(count * perSlice),
      touched,
    });
    this.cells = rows.bins.map(() => cellsOf(4 * rows.width + 1));
    this.#rowCells = cellsOf(1);
  }

  /** Returns the number of rows of a slice, by its index. */
  rowsIn(slice: number): number {
    return this.#rowCells.counts[slice] as number;
  }

  /** Makes the histograms those of a set of rows. */
  moveTo({ rows, member }: RowSet): void {
    if (this.#changed(member) > rows.length) this.#clear();
    this.#countRows(member);
    for (const [gate, bins] of this.#rows.bins.entries()) this.#countBins(gate, bins, member);
    this.#member = member;
  }

  #changed(member: Uint8Array): number {
    let changed = 0;
    for (let row = 0; row < member.length; row++) if (member[row] !== this.#member[row]) changed++;
    return changed;
  }

  #clear(): void {
    this.#member = new Uint8Array(this.#rows.size);
    for (const { counts } of [...this.cells, this.#rowCells]) counts.fill(0);
  }

  #countRows(member: Uint8Array): void {
    for (let row = 0; row < member.length; row++)
      if (member[row] !== this.#member[row])
        this.slicesOfRows.add(row, 0, member[row] === 1 ? 1 : -1, this.#rowCells);
  }

  #countBins(gate: number, bins: Int8Array, member: Uint8Array): void {
    const { width, result } = this.#rows;
    const cells = this.cells[gate] as SliceCells;
    for (let row = 0; row < member.length; row++) {
      if (member[row] === this.#member[row] || bins[row] === 0) continue;
      const cell = cellOf(bins[row] as number, width, result[row] as number);
      this.slicesOfRows.add(row, cell, member[row] === 1 ? 1 : -1, cells);
    }
  }
}
