import type { DimensionColumn } from '../../mining/types.ts';

/**
 * The rows in the one order that their content gives: by class, then by the values of each dimension. Rows that agree in
 * both may change places, which nobody can see. So what is drawn by row number does not depend on the order of reading.
 */
export function contentOrder(
  size: number,
  classes: Uint8Array,
  dimensions: readonly DimensionColumn[],
): Uint32Array {
  let order = Uint32Array.from({ length: size }, (_, row) => row);
  let other = new Uint32Array(size);
  // A radix sort: each pass is stable, so the last column rules.
  for (const { codes, values } of dimensions) {
    sortInto(other, order, codes, values.length + 1);
    [order, other] = [other, order];
  }
  sortInto(other, order, classes, 256);
  return other;
}

function sortInto(to: Uint32Array, from: Uint32Array, codes: DimensionColumn['codes'], count: number): void {
  const next = new Uint32Array(count + 1);
  for (const row of from) {
    const code = (codes[row] ?? 0) + 1;
    next[code] = (next[code] ?? 0) + 1;
  }
  for (let code = 1; code <= count; code++) next[code] = (next[code] ?? 0) + (next[code - 1] ?? 0);
  for (const row of from) {
    const code = codes[row] ?? 0;
    const place = next[code] ?? 0;
    next[code] = place + 1;
    to[place] = row;
  }
}

/** A seed that follows from the rows, in content order (FNV-1a). */
export function hashColumns(columns: readonly ArrayLike<number>[]): number {
  let hash = 0x811c9dc5;
  for (const column of columns)
    for (let i = 0; i < column.length; i++) hash = Math.imul(hash ^ (column[i] ?? 0), 0x01000193);
  return hash >>> 0;
}

/** A stream of whole numbers below 2^32, the same for the same seed (the sfc32 generator). */
export function sfc32(seed: number): () => number {
  let a = seed | 0;
  let b = 0x9e3779b9 | 0;
  let c = 0x85ebca6b | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 16; i++) next();
  return next;
}

/** Sets `bit` in `hits` of the cells that `pool` names, each set of them being as likely; the pool's order changes. */
export function shuffleOutcomes(
  cells: Uint8Array,
  bit: number,
  pool: Uint32Array,
  hits: number,
  next: () => number,
): void {
  for (let i = 0; i < hits; i++) {
    const j = i + Math.floor((next() / 2 ** 32) * (pool.length - i));
    const cell = pool[j] ?? 0;
    pool[j] = pool[i] ?? 0;
    pool[i] = cell;
    cells[cell] = (cells[cell] ?? 0) | bit;
  }
}
