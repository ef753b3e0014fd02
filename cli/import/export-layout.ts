import { nearestName } from '../../shared/suggestion.ts';
import { notOneOf } from '../../shared/validation.ts';
import { usageError } from '../exit-codes.ts';
import { excerpt } from './entry.ts';
import type { ImportNotes } from './import-notes.ts';

/** Columns of the old table for each field of an event. The first column with a value is read. */
const COLUMNS_OF: Readonly<Record<string, readonly string[]>> = {
  pattern_key: ['pattern_key'],
  episode_id: ['episode_id'],
  window: ['window'],
  decision: ['decision'],
  scope: ['scope'],
  factors: ['factors'],
  timestamp: ['timestamp', 'created_at'],
  trade_id: ['trade_id'],
  outcome: ['outcome'],
  resolved_at: ['resolved_at'],
  resolved_at_assumed: ['resolved_at_assumed'],
  return: ['return'],
};
const REQUIRED = ['pattern_key', 'episode_id', 'decision', 'scope', 'timestamp'];
/** Column of the old table that stands in for the resolved time of a row that has an outcome and no such time. */
const ASSUMED_TIME_COLUMN = 'updated_at';
/** Texts of a cell without a value. */
const NOTHING: ReadonlySet<string> = new Set(['', '\\N', 'null', 'NULL']);

/** Columns of the CSV by their names, and for each field the indexes of its cells, in the order in which they are tried. */
export interface ExportLayout {
  readonly names: readonly string[];
  readonly fields: readonly { readonly field: string; readonly cells: readonly number[] }[];
  /** Index of the column with the assumed time of outcomes; -1 without one. */
  readonly assumedTime: number;
}

/** Returns the cells of a row that are filled in, by field, and the assumed time of its outcome. */
export function filledCells(
  row: readonly string[],
  { fields, assumedTime }: ExportLayout,
): { readonly cells: Record<string, string>; readonly updatedAt: string | undefined } {
  const filled = (index: number): string | undefined => {
    const cell = row[index];
    return cell === undefined || NOTHING.has(cell) ? undefined : cell;
  };
  const cells: Record<string, string> = {};
  for (const { field, cells: indexes } of fields) {
    const index = indexes.find(each => filled(each) !== undefined);
    if (index !== undefined) cells[field] = row[index] ?? '';
  }
  return { cells, updatedAt: filled(assumedTime) };
}

/**
 * Finds the cells of each field in the first line of a CSV.
 * @param columnNames field → column, for fields whose column has another name
 * @param notes receives the columns that no field takes
 * @throws Failure (usage) when a required column is missing, or `columnNames` has an unknown field or column
 */
export function layoutOf(
  header: readonly string[],
  columnNames: Readonly<Record<string, string>>,
  notes: ImportNotes,
): ExportLayout {
  const names = header.map(name => name.toLowerCase());
  checkColumnNames(header, columnNames);
  const fields = Object.entries(COLUMNS_OF).map(([field, usualColumns]) => {
    const renamed = columnNames[field];
    const columns = renamed === undefined ? usualColumns : [renamed.toLowerCase()];
    return { field, cells: columns.map(column => names.indexOf(column)).filter(index => index >= 0) };
  });
  const absent = fields.filter(({ cells }) => cells.length === 0).map(({ field }) => field);
  const missing = absent.filter(field => REQUIRED.includes(field));
  if (missing.length > 0) {
    const list = missing.map(field => COLUMNS_OF[field]?.join(' or ')).join(', ');
    throw usageError(
      `the CSV's first line must name its columns; missing: ${list} (for a column of another name use --column)`,
    );
  }
  const taken = new Set(fields.flatMap(({ cells }) => cells));
  const column = names.indexOf(ASSUMED_TIME_COLUMN);
  const assumedTime = taken.has(column) ? -1 : column;
  noteLeftOut(
    header.filter((_, index) => !taken.has(index) && index !== assumedTime),
    absent,
    notes,
  );
  return { names: header, fields, assumedTime };
}

/** @throws Failure (usage) when --column names an unknown field or column */
function checkColumnNames(header: readonly string[], columnNames: Readonly<Record<string, string>>): void {
  const names = header.map(name => name.toLowerCase());
  for (const [field, column] of Object.entries(columnNames)) {
    if (!Object.hasOwn(COLUMNS_OF, field))
      throw usageError(
        `--column: an event has no field "${field}"; it ${notOneOf(field, Object.keys(COLUMNS_OF))}`,
      );
    if (!names.includes(column.toLowerCase()))
      throw usageError(
        `--column: the CSV has no column "${column}"; its first line is: ${excerpt(header.join(','))}`,
      );
  }
}

function noteLeftOut(columns: readonly string[], absentFields: readonly string[], notes: ImportNotes): void {
  for (const column of columns) {
    notes.leftOutColumns.push(column === '' ? '(without a name)' : column);
    const near = nearestName(column, absentFields);
    if (near !== undefined) notes.nearColumns.set(column, near);
  }
}
