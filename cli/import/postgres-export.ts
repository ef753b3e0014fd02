import { pipeline, type Readable } from 'node:stream';
import { CsvError, type InfoRecord, parse } from 'csv-parse';
import { errorMessage } from '../errors.ts';
import { usageError } from '../exit-codes.ts';
import { type Entry, excerpt, MAX_ENTRY_BYTES } from './entry.ts';
import { rfc3339 } from './postgres-time.ts';

/** Columns of the old table for each field of an event. The first column with a value is read. */
const COLUMNS_OF: Readonly<Record<string, readonly string[]>> = {
  pattern_key: ['pattern_key'],
  episode_id: ['episode_id'],
  decision: ['decision'],
  scope: ['scope'],
  factors: ['factors'],
  timestamp: ['timestamp', 'created_at'],
  trade_id: ['trade_id'],
  outcome: ['outcome'],
  resolved_at: ['resolved_at'],
};
const REQUIRED = ['pattern_key', 'episode_id', 'decision', 'scope', 'timestamp'];
const JSON_FIELDS: ReadonlySet<string> = new Set(['scope', 'factors']);
const TIME_FIELDS: ReadonlySet<string> = new Set(['timestamp', 'resolved_at']);

/** Cell indexes of each field in a row, in the order in which they are tried. */
type Layout = readonly { readonly field: string; readonly cells: readonly number[] }[];

/**
 * Reads a Postgres CSV export of the old `pattern_episode_events` table, row by row. Other columns are ignored;
 * an empty cell and `\N` mean absent.
 * @param columnNames field → column, for fields whose column has another name
 * @throws Failure (usage) when a required column is missing or the quoting is broken
 */
export async function* readExportRows(
  source: Readable,
  columnNames: Readonly<Record<string, string>>,
): AsyncGenerator<Entry> {
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: MAX_ENTRY_BYTES,
  });
  // The iteration below throws the errors of both streams.
  pipeline(source, parser, () => {});
  let layout: Layout | undefined;
  let width = 0;
  let line = 1;
  let emptyLines = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: InfoRecord }>) {
      line += info.empty_lines - emptyLines;
      emptyLines = info.empty_lines;
      if (layout) yield readRow(record, layout, width, line);
      else layout = layoutOf(record, columnNames);
      width ||= record.length;
      line += 1 + lineBreaks(record);
    }
  } catch (error) {
    if (error instanceof CsvError) throw usageError(`invalid CSV: ${error.message}`);
    throw error;
  }
}

function layoutOf(header: readonly string[], columnNames: Readonly<Record<string, string>>): Layout {
  const names = header.map(name => name.trim().toLowerCase());
  for (const [field, column] of Object.entries(columnNames)) {
    if (!Object.hasOwn(COLUMNS_OF, field))
      throw usageError(
        `--column: an event has no field "${field}"; choose from ${Object.keys(COLUMNS_OF).join(', ')}`,
      );
    if (!names.includes(column.toLowerCase()))
      throw usageError(
        `--column: the CSV has no column "${column}"; its first line is: ${excerpt(header.join(','))}`,
      );
  }
  const layout = Object.entries(COLUMNS_OF).map(([field, usualColumns]) => {
    const renamed = columnNames[field];
    const columns = renamed === undefined ? usualColumns : [renamed.toLowerCase()];
    return { field, cells: columns.map(column => names.indexOf(column)).filter(index => index >= 0) };
  });
  const missing = layout.filter(({ field, cells }) => cells.length === 0 && REQUIRED.includes(field));
  if (missing.length === 0) return layout;
  const list = missing.map(({ field }) => COLUMNS_OF[field]?.join(' or ')).join(', ');
  throw usageError(
    `the CSV's first line must name its columns; missing: ${list} (for a column of another name use --column)`,
  );
}

function readRow(row: readonly string[], layout: Layout, width: number, line: number): Entry {
  const faulty = (code: string, detail: string): Entry => ({
    line,
    code,
    detail,
    event: Object.fromEntries(layout.map(({ field, cells }) => [field, excerpt(cellOf(row, cells) ?? '')])),
  });
  if (row.length !== width)
    return faulty('invalid_row', `the row has ${row.length} cells where the first line has ${width}`);
  const event: Record<string, unknown> = {};
  for (const { field, cells } of layout) {
    const cell = cellOf(row, cells);
    if (cell === undefined) continue;
    if (JSON_FIELDS.has(field)) {
      const parsed = parseJson(cell);
      if ('error' in parsed) return faulty('invalid_json', `${field} is not valid JSON: ${parsed.error}`);
      event[field] = parsed.value;
    } else event[field] = TIME_FIELDS.has(field) ? rfc3339(cell) : cell;
  }
  return { line, text: JSON.stringify(event) };
}

/** Counts the line breaks inside quoted cells. The parser's own line count is wrong there: it counts CRLF twice. */
function lineBreaks(row: readonly string[]): number {
  let breaks = 0;
  for (const cell of row)
    for (let at = cell.indexOf('\n'); at >= 0; at = cell.indexOf('\n', at + 1)) breaks++;
  return breaks;
}

/** Returns the first of the given cells that is filled in. */
function cellOf(row: readonly string[], cells: readonly number[]): string | undefined {
  return cells.map(i => row[i]).find(cell => cell !== undefined && cell !== '' && cell !== '\\N');
}

function parseJson(text: string): { value: unknown } | { error: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { error: errorMessage(error) };
  }
}
