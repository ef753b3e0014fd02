import { isObject } from '../shared/json.ts';

/*
 * The edge keeps snapshots in the compact form, in which it reads them. This file returns the rows of the full form: for
 * clients that ask for them, and for explanations.
 */

type Row = Readonly<Record<string, unknown>>;

/** Returns the overrides of a compact snapshot as rows, with every member. @param document one that the client took */
export function fullOverrides(document: Row): Row[] {
  const { overrides } = document;
  if (!isObject(overrides) || !isObject(overrides.columns) || !Array.isArray(overrides.pairs)) return [];
  const { pairs, count } = overrides;
  const columns = Object.entries(overrides.columns);
  return Array.from({ length: Number(count) }, (_, i) =>
    Object.fromEntries(
      columns.flatMap(([name, column]) => {
        const value = valueAt(column, i);
        if (value === null || value === undefined) return [];
        return [[name, name === 'scope_subset' ? scopeOf(value, pairs) : value]];
      }),
    ),
  );
}

/** A column is a list of values, or of distinct values and the position of each override's value. */
function valueAt(column: unknown, i: number): unknown {
  if (Array.isArray(column)) return column[i];
  if (!isObject(column) || !Array.isArray(column.values) || !Array.isArray(column.codes)) return undefined;
  return column.values[column.codes[i]];
}

function scopeOf(codes: unknown, pairs: readonly unknown[]): Row {
  return Object.fromEntries(
    (codes as readonly number[]).map(code => pairs[code] as readonly [string, unknown]),
  );
}
