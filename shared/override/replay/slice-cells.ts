/* Kernel: rows, cells and slices are in range by construction, so typed arrays are read without a check. */

import type { Codes, Combination, Slices } from './slices.ts';
import { NONE } from './slices.ts';

/** Rows whose slices are looked up one choice of dimensions after the other, so that what is written stays in a cache. */
const ROWS_AT_ONCE = 128;

/**
 * The slices of each row: one for each choice of dimensions, fewer dimensions first. It is looked up once, because a row
 * is counted many times in all its slices.
 */
export class SlicesOfRows {
  readonly #combinations: readonly Combination[];
  /** Slices of row 0, then those of row 1, and so on; the number of all slices stands for none. */
  readonly #slices: Codes;

  constructor(
    { list, combinations }: Pick<Slices, 'list' | 'combinations'>,
    codes: readonly Codes[],
    rows: number,
  ) {
    this.#combinations = combinations.map(({ sliceOf, ...rest }) => ({
      ...rest,
      sliceOf: sliceOf.map(slice => (slice === NONE ? list.length : slice)),
    }));
    const entries = rows * combinations.length;
    this.#slices = list.length < 1 << 16 ? new Uint16Array(entries) : new Uint32Array(entries);
    for (let row = 0; row < rows; row += ROWS_AT_ONCE)
      for (const [at, combination] of this.#combinations.entries())
        this.#lookUp(at, combination, codes, row, Math.min(rows, row + ROWS_AT_ONCE));
  }

  #lookUp(
    at: number,
    { first, second, stride, sliceOf }: Combination,
    codes: readonly Codes[],
    from: number,
    end: number,
  ): void {
    const step = this.#combinations.length;
    const [a, b] = [codes[first], codes[second]];
    const into = this.#slices;
    if (a && b) {
      for (let row = from, to = from * step + at; row < end; row++, to += step)
        into[to] = sliceOf[(a[row] as number) * stride + (b[row] as number)] as number;
    } else if (a) {
      for (let row = from, to = from * step + at; row < end; row++, to += step)
        into[to] = sliceOf[a[row] as number] as number;
    } else {
      for (let row = from, to = from * step + at; row < end; row++, to += step)
        into[to] = sliceOf[0] as number;
    }
  }

  /** Returns the number of choices of at most so many dimensions. */
  choicesUpTo(dimensions: number): number {
    return this.#combinations.filter(
      ({ first, second }) => Number(first !== NONE) + Number(second !== NONE) <= dimensions,
    ).length;
  }

  /** Adds 1, or −1, to a cell of the histograms of all slices of a row. */
  add(row: number, cell: number, by: 1 | -1, { perSlice, counts }: SliceCells): void {
    const slices = this.#slices;
    const choices = this.#combinations.length;
    const start = row * choices;
    for (let i = start; i < start + choices; i++) {
      const at = (slices[i] as number) * perSlice + cell;
      counts[at] = (counts[at] as number) + by;
    }
  }

  /** Moves a row from one cell to another in the histograms of its slices of the first so many choices. */
  move(
    row: number,
    from: number,
    to: number,
    { perSlice, counts, touched }: SliceCells,
    choices: number,
  ): void {
    const slices = this.#slices;
    const start = row * this.#combinations.length;
    for (let i = start; i < start + choices; i++) {
      const slice = slices[i] as number;
      touched[slice] = 1;
      const at = slice * perSlice;
      counts[at + from] = (counts[at + from] as number) - 1;
      counts[at + to] = (counts[at + to] as number) + 1;
    }
  }
}

/** Histograms of slices: `perSlice` cells each, one slice after the other, and at the end those of no slice. */
export interface SliceCells {
  readonly perSlice: number;
  readonly counts: Int32Array;
  /** 1 for each slice whose counts changed. */
  readonly touched: Uint8Array;
}
