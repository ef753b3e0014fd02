import type { FactorColumns } from '../episode/columns/columns.ts';
import { elementAt } from '../numbers.ts';

/**
 * Returns the rows that meet a condition, in their order.
 * @param condition takes the time of the event, the time when its outcome became known (both milliseconds since 1970),
 *   and the row
 */
export function rowsWhere(
  { size, time, resolvedAt }: FactorColumns,
  condition: (time: number, resolvedAt: number, row: number) => boolean,
): Uint32Array {
  const rows = new Uint32Array(size);
  let n = 0;
  for (let row = 0; row < size; row++)
    if (condition(elementAt(time, row), elementAt(resolvedAt, row), row)) rows[n++] = row;
  return rows.subarray(0, n);
}
