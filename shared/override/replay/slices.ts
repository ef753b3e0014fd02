import type { FactorColumns } from '../../episode/columns/columns.ts';
import type { Scope } from '../../pattern/scope.ts';
import { scopeFromPairs } from '../../pattern/scope.ts';

/** One slice of at most two dimensions; `second` is -1 for fewer, and so is `first`. */
export interface Slice {
  readonly first: number;
  readonly firstCode: number;
  readonly second: number;
  readonly secondCode: number;
  /** Rows of the slice. */
  readonly n: number;
}

/** Two dimensions with more combinations of values than this are not combined. */
const MAX_CELLS = 1 << 22;
/** Most cells of all combinations that are kept. */
const MAX_KEPT_CELLS = 1 << 25;
export const NONE = -1;

type Codes = Uint16Array | Uint32Array;

/** One choice of at most two dimensions: a row's slice is that of the cell `a[row] · stride + b[row]`, absent codes being 0. */
export interface Combination {
  readonly a: Codes | undefined;
  readonly b: Codes | undefined;
  /** Cells per code of the first dimension. */
  readonly stride: number;
  /** Slice of each cell, or -1; while counting, rows. */
  readonly sliceOf: Int32Array;
}

/** What slices are counted over. */
interface Counted {
  readonly size: number;
  readonly codes: readonly Codes[];
  /** Values of each dimension, and one for its absence. */
  readonly widths: readonly number[];
}

interface Limits {
  readonly nMin: number;
  readonly nearMin: number;
  readonly maxDimensions: number;
  /** Most record visits (one row looked at for one combination of dimensions) of one counting. */
  readonly maxVisits: number;
  readonly maxSlices: number;
}

/** Slices of one number of dimensions. */
interface Level {
  readonly list: Slice[];
  readonly near: Slice[];
  readonly combinations: Combination[];
}

/** Every slice of at most two dimensions with enough rows: fewer dimensions first, then by name, then by value. */
export class Slices {
  readonly list: readonly Slice[];
  /** Slices with fewer rows, but with `nearMin`. */
  readonly near: readonly Slice[];
  /** What was left out to keep the work bounded, and why: dimensions are given by their index. */
  readonly cut: readonly SliceCut[];
  readonly combinations: readonly Combination[];

  constructor(counted: Counted, limits: Limits) {
    const list: Slice[] = [];
    const near: Slice[] = [];
    const cut: SliceCut[] = [];
    const combinations: Combination[] = [];
    let visits = 0;
    for (let depth = 0; depth <= limits.maxDimensions; depth++) {
      const choices = choicesOf(counted.widths.length, depth);
      visits += choices.length * counted.size;
      if (visits > limits.maxVisits) {
        cut.push({ depth, why: 'visits', combinations: choices.length });
        break;
      }
      const level = countLevel(counted, choices, list.length, limits, cut);
      if (!level) {
        cut.push({ depth, why: 'slices', combinations: choices.length });
        break;
      }
      for (const slice of level.list) list.push(slice);
      for (const slice of level.near) near.push(slice);
      for (const combination of level.combinations) combinations.push(combination);
    }
    this.list = list;
    this.near = near;
    this.cut = cut;
    this.combinations = combinations;
  }
}

/** A level of dimensions that was not looked at, or one pair of dimensions with too many combinations of values. */
export type SliceCut =
  | { readonly depth: number; readonly why: 'visits' | 'slices'; readonly combinations: number }
  | { readonly why: 'cells'; readonly first: number; readonly second: number };

function choicesOf(dimensions: number, depth: number): (readonly [first: number, second: number])[] {
  if (depth === 0) return [[NONE, NONE]];
  const all = Array.from({ length: dimensions }, (_, d) => d);
  if (depth === 1) return all.map(d => [d, NONE] as const);
  return all.flatMap(d => all.slice(d + 1).map(e => [d, e] as const));
}

/** Undefined when there would be more slices than allowed. */
function countLevel(
  counted: Counted,
  choices: readonly (readonly [number, number])[],
  before: number,
  limits: Limits,
  cut: SliceCut[],
): Level | undefined {
  const { widths } = counted;
  const level: Level = { list: [], near: [], combinations: [] };
  let kept = 0;
  for (const [first, second] of choices) {
    const stride = widths[second] ?? 1;
    const cells = (widths[first] ?? 1) * stride;
    if (cells > MAX_CELLS || kept + cells > MAX_KEPT_CELLS) {
      cut.push({ why: 'cells', first, second });
      continue;
    }
    const combination = {
      a: counted.codes[first],
      b: counted.codes[second],
      stride,
      sliceOf: new Int32Array(cells),
    };
    countCells(combination, counted.size);
    for (let cell = 0; cell < cells; cell++) {
      const n = combination.sliceOf[cell] ?? 0;
      combination.sliceOf[cell] = NONE;
      const firstCode = Math.floor(cell / stride);
      const secondCode = second === NONE ? 0 : cell % stride;
      if ((first !== NONE && firstCode === 0) || (second !== NONE && secondCode === 0)) continue;
      const slice = { first, firstCode, second, secondCode, n };
      if (n >= limits.nMin) combination.sliceOf[cell] = before + level.list.push(slice) - 1;
      else if (n >= limits.nearMin && level.near.length < limits.maxSlices) level.near.push(slice);
    }
    if (before + level.list.length > limits.maxSlices) return undefined;
    // A row without enough company belongs to no slice of that combination.
    if (combination.sliceOf.every(slice => slice === NONE)) continue;
    kept += cells;
    level.combinations.push(combination);
  }
  return level;
}

function countCells({ a, b, stride, sliceOf }: Combination, size: number): void {
  if (!a) {
    sliceOf[0] = size;
  } else if (!b) {
    for (let i = 0; i < size; i++) {
      const cell = a[i] ?? 0;
      sliceOf[cell] = (sliceOf[cell] ?? 0) + 1;
    }
  } else {
    for (let i = 0; i < size; i++) {
      const cell = (a[i] ?? 0) * stride + (b[i] ?? 0);
      sliceOf[cell] = (sliceOf[cell] ?? 0) + 1;
    }
  }
}

/** Those of the rows that belong to a slice. */
export function rowsOf(slice: Slice, columns: FactorColumns, rows: Uint32Array): Uint32Array {
  const a = columns.dimensions[slice.first]?.codes;
  const b = columns.dimensions[slice.second]?.codes;
  if (!a) return rows;
  const found = new Uint32Array(Math.min(slice.n, rows.length) || rows.length);
  let n = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    if (a[row] !== slice.firstCode || (b && b[row] !== slice.secondCode)) continue;
    if (n === found.length)
      return rows.filter(r => a[r] === slice.firstCode && (!b || b[r] === slice.secondCode));
    found[n++] = row;
  }
  return found.subarray(0, n);
}

/** How many dimensions a slice fixes. */
export function sliceDimensions(slice: Slice): 0 | 1 | 2 {
  return slice.first === NONE ? 0 : slice.second === NONE ? 1 : 2;
}

/** A slice as a scope. */
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
