import { stringify } from 'csv-stringify/sync';
import * as z from 'zod';
import { isObject } from '../../shared/json.ts';
import { describeScope } from '../../shared/pattern/describe-scope.ts';
import type { Scope } from '../../shared/pattern/scope.ts';

/** The column of a slice as text. */
const SCOPE = 'scope';

/** Returns the columns of rows of a schema: nested members by their path, such as `stats.wr`. */
export function columnsOf(schema: z.ZodType): string[] {
  return [...new Set(paths(schema, ''))];
}

function paths(schema: z.ZodType, path: string): string[] {
  const inner = schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? schema.unwrap() : schema;
  if (inner instanceof z.ZodUnion) return inner.options.flatMap(option => paths(option as z.ZodType, path));
  if (!(inner instanceof z.ZodObject)) return [path === 'scope_subset' ? SCOPE : path];
  return Object.entries(inner.shape).flatMap(([name, member]) =>
    paths(member as z.ZodType, path === '' ? name : `${path}.${name}`),
  );
}

/**
 * Returns rows as lines of CSV. A text that a spreadsheet would take for a formula begins with an apostrophe; numbers stay
 * as they are.
 */
export function csvLines(columns: readonly string[], rows: readonly object[], header: boolean): string {
  return stringify(
    rows.map(row => columns.map(column => cell(row, column))),
    { header, columns: [...columns], escape_formulas: true, record_delimiter: '\r\n' },
  );
}

function cell(row: object, column: string): string | number {
  if (column === SCOPE) return describeScope(Object(row).scope_subset as Scope);
  const value = column.split('.').reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), row);
  if (value === undefined || value === null) return '';
  return typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value);
}
