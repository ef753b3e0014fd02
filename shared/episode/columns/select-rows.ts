import type { FactorColumns } from './columns.ts';

type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/**
 * Returns columns that contain only the given rows, for a policy that must not read the others.
 * @param rows indexes of rows, in any order
 */
export function selectRows(columns: FactorColumns, rows: Uint32Array): FactorColumns {
  const { dxCount, trade, pair, episode, returns, writer } = columns;
  const numbers = Object.entries(columns.numbers).map(([name, column]) => [name, gather(column, rows)]);
  return {
    size: rows.length,
    dimensions: columns.dimensions.map(d => ({ ...d, codes: gather(d.codes, rows) })),
    quadrant: gather(columns.quadrant, rows),
    time: gather(columns.time, rows),
    resolvedAt: gather(columns.resolvedAt, rows),
    numbers: Object.fromEntries(numbers),
    flagsKnown: gather(columns.flagsKnown, rows),
    flagsSet: gather(columns.flagsSet, rows),
    blocked: gather(columns.blocked, rows),
    ...(dxCount && { dxCount: gather(dxCount, rows) }),
    ...(trade && { trade: gather(trade, rows) }),
    ...(episode && { episode: gather(episode, rows) }),
    ...(writer && { writer: gather(writer, rows) }),
    ...(returns && { returns: gather(returns, rows) }),
    ...(pair && { pair: gather(pair, rows) }),
  };
}

/**
 * Returns the values of some rows of a column, in the order of `rows`.
 * @throws RangeError when the column has no such row
 */
export function gather<T extends Column>(column: T, rows: Uint32Array): T;
export function gather(column: Column, rows: Uint32Array): Column {
  const gathered = column.slice(0, rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    const value = row === undefined ? undefined : column[row];
    if (value === undefined) throw new RangeError(`row ${row} lies outside of ${column.length} rows`);
    gathered[i] = value;
  }
  return gathered;
}
