import type { Scope } from '../../pattern/scope.ts';
import { scopeFromPairs } from '../../pattern/scope.ts';
import type { ReplayColumns } from './columns.ts';

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
export const NONE = -1;

type Codes = Uint8Array | Uint16Array | Uint32Array;

/** One choice of at most two dimensions: a row's slice is that of the cell `a[row] · stride + b[row]`, absent codes being 0. */
export interface Combination {
  readonly a: Codes | undefined;
  readonly b: Codes | undefined;
  /** Cells per code of the first dimension. */
  readonly stride: number;
  /** Slice of each cell, or -1; while counting, rows. */
  readonly sliceOf: Int32Array;
}

/** Every slice of at most two dimensions with enough rows: fewer dimensions first, then by name, then by value. */
export class Slices {
  readonly list: readonly Slice[];
  /** Slices with fewer rows, but with `nearMin`. */
  readonly near: readonly Slice[];
  /** Names of the pairs of dimensions that were not combined. */
  readonly cut: readonly string[];
  readonly combinations: readonly Combination[];

  constructor(
    columns: ReplayColumns,
    rows: Uint32Array,
    limits: { readonly nMin: number; readonly nearMin: number; readonly maxDimensions: number },
  ) {
    const { dimensions } = columns;
    const widths = dimensions.map(d => d.values.length + 1);
    const list: Slice[] = [];
    const near: Slice[] = [];
    const cut: string[] = [];
    const combinations: Combination[] = [];
    const add = (first: number, second: number): void => {
      const stride = second === NONE ? 1 : (widths[second] ?? 1);
      const cells = (first === NONE ? 1 : (widths[first] ?? 1)) * stride;
      if (cells > MAX_CELLS) {
        cut.push(`${dimensions[first]?.name} × ${dimensions[second]?.name}`);
        return;
      }
      const combination = {
        a: dimensions[first]?.codes,
        b: dimensions[second]?.codes,
        stride,
        sliceOf: new Int32Array(cells),
      };
      countCells(combination, rows);
      for (let cell = 0; cell < cells; cell++) {
        const n = combination.sliceOf[cell] ?? 0;
        combination.sliceOf[cell] = NONE;
        const firstCode = Math.floor(cell / stride);
        const secondCode = second === NONE ? 0 : cell % stride;
        if ((first !== NONE && firstCode === 0) || (second !== NONE && secondCode === 0)) continue;
        const slice = { first, firstCode, second, secondCode, n };
        if (n >= limits.nMin) combination.sliceOf[cell] = list.push(slice) - 1;
        else if (n >= limits.nearMin) near.push(slice);
      }
      combinations.push(combination);
    };
    add(NONE, NONE);
    if (limits.maxDimensions >= 1) for (let d = 0; d < dimensions.length; d++) add(d, NONE);
    if (limits.maxDimensions >= 2)
      for (let d = 0; d < dimensions.length; d++) for (let e = d + 1; e < dimensions.length; e++) add(d, e);
    this.list = list;
    this.near = near;
    this.cut = cut;
    // A row without enough company belongs to no slice of that combination.
    this.combinations = combinations.filter(c => c.sliceOf.some(slice => slice !== NONE));
  }
}

function countCells({ a, b, stride, sliceOf }: Combination, rows: Uint32Array): void {
  if (!a) {
    sliceOf[0] = rows.length;
    return;
  }
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    const cell = (a[row] ?? 0) * stride + (b ? (b[row] ?? 0) : 0);
    sliceOf[cell] = (sliceOf[cell] ?? 0) + 1;
  }
}

/** Those of the rows that belong to a slice. */
export function rowsOf(slice: Slice, columns: ReplayColumns, rows: Uint32Array): Uint32Array {
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
export function sliceScope(slice: Slice, columns: ReplayColumns): Scope {
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
