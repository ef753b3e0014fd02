/* Kernel: row numbers and keys are in range by construction, so typed arrays are read without a check. */

/** Rows grouped by key. */
export interface GroupedRows {
  /** Rows by key; rows of one key keep their order. */
  readonly order: Uint32Array;
  /** The rows of key `k` are `order.subarray(start[k], start[k + 1])`. */
  readonly start: Uint32Array;
}

/**
 * Sorts rows by their key in O(rows + keys) steps: a stable counting sort.
 * @param keyOf key of each row, a whole number from 0
 * @param keys number of possible keys: one more than the largest
 */
export function countingSort(rows: Uint32Array, keyOf: ArrayLike<number>, keys: number): GroupedRows {
  const start = new Uint32Array(keys + 1);
  for (let i = 0; i < rows.length; i++) {
    const next = (keyOf[rows[i] as number] as number) + 1;
    start[next] = (start[next] as number) + 1;
  }
  for (let key = 0; key < keys; key++) start[key + 1] = (start[key + 1] as number) + (start[key] as number);
  const order = new Uint32Array(rows.length);
  const place = start.slice();
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const key = keyOf[row] as number;
    const at = place[key] as number;
    order[at] = row;
    place[key] = at + 1;
  }
  return { order, start };
}

/** Returns the row numbers from 0 up to `size`. */
export function rowNumbers(size: number): Uint32Array {
  const rows = new Uint32Array(size);
  for (let row = 0; row < size; row++) rows[row] = row;
  return rows;
}
