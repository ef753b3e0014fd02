/* Kernel: rows and codes are in range by construction, so typed arrays are read without a check. */

import type { FactorColumns } from '../../episode/columns/columns.ts';
import { columnGroups } from '../../mining/tiers.ts';
import type { Scope } from '../../pattern/scope.ts';
import { scopeFromPairs } from '../../pattern/scope.ts';

/** One slice of at most two dimensions; `second` is `NONE` for fewer, and so is `first` for the global slice. */
export interface Slice {
  /** Index of a dimension, and a code of it. */
  readonly first: number;
  readonly firstCode: number;
  readonly second: number;
  readonly secondCode: number;
  /** Number of rows. */
  readonly n: number;
}

/** Two dimensions with more combinations of values than this are not combined. */
const MAX_CELLS = 1 << 22;
/** Maximum number of cells of all combinations in memory. */
const MAX_KEPT_CELLS = 1 << 25;
export const NONE = -1;

type Codes = Uint16Array | Uint32Array;

/**
 * One choice of at most two dimensions. A row is in the cell `a[row] · stride + b[row]`; an absent column counts as 0.
 */
export interface Combination {
  readonly a: Codes | undefined;
  readonly b: Codes | undefined;
  /** Cells per code of the first dimension. */
  readonly stride: number;
  /** Index of each cell's slice, or `NONE`; the number of rows while cells are counted. */
  readonly sliceOf: Int32Array;
}

/** The rows that slices are made of. */
interface SlicedRows {
  readonly size: number;
  readonly codes: readonly Codes[];
  /** Number of codes of each dimension: one for each value, and code 0 for rows that lack the dimension. */
  readonly widths: readonly number[];
}

interface Limits {
  readonly nMin: number;
  /** Rows from which a slice is listed as near. */
  readonly nearMin: number;
  readonly maxDimensions: number;
  /** Maximum record visits (one row counted for one combination of dimensions). */
  readonly maxVisits: number;
  readonly maxSlices: number;
}

/** Slices of one number of dimensions. */
interface Level {
  readonly list: Slice[];
  readonly near: Slice[];
  readonly combinations: Combination[];
  /** Cells of the combinations. */
  cells: number;
}

/** All slices of at most two dimensions with enough rows: fewer dimensions first, then by name, then by value. */
export class Slices {
  readonly list: readonly Slice[];
  /** Slices with at least `nearMin` rows and fewer than `nMin`. */
  readonly near: readonly Slice[];
  /** Slices that were left out to keep the work bounded. */
  readonly cut: readonly SliceCut[];
  readonly combinations: readonly Combination[];

  constructor(rows: SlicedRows, limits: Limits) {
    const found = new FoundSlices(rows, limits);
    let dimensions = rows.codes.map((_, d) => d);
    for (let depth = 0; depth <= limits.maxDimensions; depth++) {
      const choices = choicesOf(dimensions, depth);
      const why = found.add(choices, limits.maxSlices);
      if (why) dimensions = found.addByGroups(choices, depth, why, dimensions);
    }
    this.list = found.list;
    this.near = found.near;
    this.cut = found.cut;
    this.combinations = found.combinations;
  }
}

/** The slices that have been counted so far, within the limits. */
class FoundSlices {
  readonly list: Slice[] = [];
  readonly near: Slice[] = [];
  readonly cut: SliceCut[] = [];
  readonly combinations: Combination[] = [];
  readonly #rows: SlicedRows;
  readonly #limits: Limits;
  #visits = 0;
  #cells = 0;

  constructor(rows: SlicedRows, limits: Limits) {
    this.#rows = rows;
    this.#limits = limits;
  }

  /** Adds the slices of some choices, or none of them. @returns what there would be too many of */
  add(choices: readonly Choice[], maxSlices: number): 'visits' | 'slices' | undefined {
    const visits = this.#visits + choices.length * this.#rows.size;
    if (visits > this.#limits.maxVisits) return 'visits';
    const level = countLevel(
      this.#rows,
      choices,
      { slices: this.list.length, cells: this.#cells },
      { ...this.#limits, maxSlices },
      this.cut,
    );
    if (!level) return 'slices';
    this.#visits = visits;
    this.#cells += level.cells;
    for (const slice of level.list) this.list.push(slice);
    for (const slice of level.near) this.near.push(slice);
    for (const combination of level.combinations) this.combinations.push(combination);
    return undefined;
  }

  /**
   * Adds the slices of a level that is too large by groups of dimensions (`columnGroups`). So dimensions that few rows
   * carry take no slice of the others.
   * @param why the level is too large
   * @returns the dimensions whose slices of the level are complete
   */
  addByGroups(
    choices: readonly Choice[],
    depth: number,
    why: 'visits' | 'slices',
    dimensions: readonly number[],
  ): number[] {
    const groups = depth === 0 ? [] : groupsOf(this.#rows, dimensions, this.#limits.nMin);
    if (groups.length < 2) {
      this.cut.push({ depth, why, combinations: choices.length });
      return [];
    }
    const complete: number[] = [];
    const groupOf = new Map(groups.flatMap(({ columns }, g) => columns.map(d => [d, g] as const)));
    for (const [g, { columns, left }] of groups.entries()) {
      const own = choices.filter(choice => Math.max(...choice.map(d => groupOf.get(d) ?? NONE)) === g);
      const share = Math.floor((this.#limits.maxSlices - this.list.length) / left);
      const reason = this.add(own, this.list.length + share);
      if (reason) this.cut.push({ depth, why: reason, combinations: own.length });
      else complete.push(...columns);
    }
    return complete.sort((a, b) => a - b);
  }
}

/** Returns the groups of dimensions, those that most rows carry first. */
function groupsOf({ size, codes, widths }: SlicedRows, dimensions: readonly number[], nMin: number) {
  const columns = dimensions.map(d => {
    const counts = new Uint32Array(widths[d] ?? 1);
    const column = codes[d] as Codes;
    for (let row = 0; row < size; row++) {
      const code = column[row] as number;
      counts[code] = (counts[code] as number) + 1;
    }
    const frequent = counts.subarray(1).filter(n => n >= nMin);
    return {
      codes: column,
      dimension: d,
      carried: Math.max(
        1,
        frequent.reduce((sum, n) => sum + n, 0),
      ),
      varies: frequent.length > 1,
    };
  });
  return columnGroups({ size }, columns, nMin).map(({ columns: own, left }) => ({
    left,
    columns: own.map(i => dimensions[i] as number),
  }));
}

/** A level of dimensions that was left out, or two dimensions, by index, with too many combinations of values. */
export type SliceCut =
  | { readonly depth: number; readonly why: 'visits' | 'slices'; readonly combinations: number }
  | { readonly why: 'cells'; readonly first: number; readonly second: number };

/** Indexes of the dimensions that are combined. */
type Choice = readonly [first: number, second: number];

function choicesOf(all: readonly number[], depth: number): Choice[] {
  if (depth === 0) return [[NONE, NONE]];
  if (depth === 1) return all.map(d => [d, NONE] as const);
  return all.flatMap((d, i) => all.slice(i + 1).map(e => [d, e] as const));
}

/**
 * Counts the slices of some choices of dimensions; undefined when there would be more slices than allowed.
 * @param before numbers of slices, and of cells in memory, of the choices before
 */
function countLevel(
  { size, codes, widths }: SlicedRows,
  choices: readonly Choice[],
  before: { readonly slices: number; readonly cells: number },
  limits: Limits,
  cut: SliceCut[],
): Level | undefined {
  const level: Level = { list: [], near: [], combinations: [], cells: 0 };
  for (const [first, second] of choices) {
    const stride = widths[second] ?? 1;
    const cells = (widths[first] ?? 1) * stride;
    if (cells > MAX_CELLS || before.cells + level.cells + cells > MAX_KEPT_CELLS) {
      cut.push({ why: 'cells', first, second });
      continue;
    }
    const combination = { a: codes[first], b: codes[second], stride, sliceOf: new Int32Array(cells) };
    countCells(combination, size);
    addSlices(level, combination, [first, second], before.slices, limits);
    if (before.slices + level.list.length > limits.maxSlices) return undefined;
    // A combination without any slice needs no memory.
    if (combination.sliceOf.every(slice => slice === NONE)) continue;
    level.cells += cells;
    level.combinations.push(combination);
  }
  return level;
}

function countCells({ a, b, stride, sliceOf }: Combination, size: number): void {
  if (!a) {
    sliceOf[0] = size;
  } else if (!b) {
    for (let i = 0; i < size; i++) {
      const cell = a[i] as number;
      sliceOf[cell] = (sliceOf[cell] as number) + 1;
    }
  } else {
    for (let i = 0; i < size; i++) {
      const cell = (a[i] as number) * stride + (b[i] as number);
      sliceOf[cell] = (sliceOf[cell] as number) + 1;
    }
  }
}

/** Lists the counted cells with enough rows, and replaces each count by the index of its slice. */
function addSlices(
  { list, near }: Level,
  { stride, sliceOf }: Combination,
  [first, second]: readonly [number, number],
  before: number,
  { nMin, nearMin, maxSlices }: Limits,
): void {
  for (let cell = 0; cell < sliceOf.length; cell++) {
    const n = sliceOf[cell] as number;
    sliceOf[cell] = NONE;
    const firstCode = Math.floor(cell / stride);
    const secondCode = second === NONE ? 0 : cell % stride;
    if ((first !== NONE && firstCode === 0) || (second !== NONE && secondCode === 0)) continue;
    const slice = { first, firstCode, second, secondCode, n };
    if (n >= nMin) sliceOf[cell] = before + list.push(slice) - 1;
    else if (n >= nearMin && near.length < maxSlices) near.push(slice);
  }
}

/** Returns the rows that belong to a slice. */
export function rowsOf(slice: Slice, columns: FactorColumns, rows: Uint32Array): Uint32Array {
  const a = columns.dimensions[slice.first]?.codes;
  const b = columns.dimensions[slice.second]?.codes;
  if (!a) return rows;
  const found = new Uint32Array(rows.length);
  let n = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    if (a[row] === slice.firstCode && (!b || b[row] === slice.secondCode)) found[n++] = row;
  }
  return found.subarray(0, n);
}

/** Returns the number of dimensions of a slice. */
export function sliceDimensions(slice: Slice): 0 | 1 | 2 {
  return slice.first === NONE ? 0 : slice.second === NONE ? 1 : 2;
}

/** Returns the scope of a slice. */
export function sliceScope(slice: Slice, columns: FactorColumns): Scope {
  const pairs: [string, string][] = [];
  for (const [d, code] of [
    [slice.first, slice.firstCode],
    [slice.second, slice.secondCode],
  ] as const) {
    const dimension = columns.dimensions[d];
    if (dimension) pairs.push([dimension.name, dimension.values[code - 1] ?? '']);
  }
  return scopeFromPairs(pairs);
}
