import { NONE } from './slices.ts';

type Codes = Uint16Array | Uint32Array;

/** Rows whose step at one gate changed, and from which to which: bins first, cells of a slice's histogram then. */
export class BinChanges {
  readonly rows: Uint32Array;
  readonly from: Int16Array;
  readonly to: Int16Array;
  n = 0;

  constructor(most: number) {
    this.rows = new Uint32Array(most);
    this.from = new Int16Array(most);
    this.to = new Int16Array(most);
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
}

/** Cell of a slice's histogram: by side, step, and winner or loser; `NONE` for no step. */
export function cellOf(bin: number, width: number, loser: number): number {
  if (bin === 0) return NONE;
  return 2 * (bin > 0 ? bin - 1 : width - bin - 1) + loser;
}

/** Moves the changes of all rows in the histograms of one combination of two dimensions. */
export function countPairs(
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
    const row = rows[k] ?? 0;
    const slice = sliceOf[(a[row] ?? 0) * stride + (b[row] ?? 0)] ?? NONE;
    if (slice === NONE) continue;
    touched[slice] = 1;
    const at = slice * perSlice;
    const old = from[k] ?? NONE;
    const now = to[k] ?? NONE;
    if (old !== NONE) counts[at + old] = (counts[at + old] ?? 0) - 1;
    if (now !== NONE) counts[at + now] = (counts[at + now] ?? 0) + 1;
  }
}

/** As `countPairs`, of one dimension or of none. */
export function countSingles(
  { rows, from, to, n }: BinChanges,
  a: Codes | undefined,
  sliceOf: Int32Array,
  perSlice: number,
  counts: Int32Array,
  touched: Uint8Array,
): void {
  for (let k = 0; k < n; k++) {
    const slice = sliceOf[a ? (a[rows[k] ?? 0] ?? 0) : 0] ?? NONE;
    if (slice === NONE) continue;
    touched[slice] = 1;
    const at = slice * perSlice;
    const old = from[k] ?? NONE;
    const now = to[k] ?? NONE;
    if (old !== NONE) counts[at + old] = (counts[at + old] ?? 0) - 1;
    if (now !== NONE) counts[at + now] = (counts[at + now] ?? 0) + 1;
  }
}
