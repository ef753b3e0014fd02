import { pipeline, type Readable } from 'node:stream';
import { CsvError, type InfoRecord, parse } from 'csv-parse';
import { usageError } from '../exit-codes.ts';
import { type Entry, excerpt, MAX_ENTRY_BYTES } from './entry.ts';
import { rfc3339 } from './postgres-time.ts';

/** The fields of an event and the columns of the old table that hold them, the first that is filled in. */
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

/** Where each field of an event stands in a row, in the order to try. */
type Layout = readonly { readonly field: string; readonly at: readonly number[] }[];

/**
 * Reads the CSV that Postgres exports of the old `pattern_episode_events` table, row by row. Columns that no
 * field needs are ignored; an empty cell and `\N` mean absent.
 * @param renames field → the column that holds it, where it is not the usual one
 * @throws Failure (usage) when a needed column is missing or the quoting breaks
 */
export async function* readExportRows(
  source: Readable,
  renames: Readonly<Record<string, string>>,
): AsyncGenerator<Entry> {
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: MAX_ENTRY_BYTES,
  });
  // The iteration below reports what goes wrong in either of them.
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
      else layout = layoutOf(record, renames);
      width ||= record.length;
      line += 1 + lineBreaks(record);
    }
  } catch (error) {
    if (error instanceof CsvError) throw usageError(`no CSV: ${error.message}`);
    throw error;
  }
}

function layoutOf(header: readonly string[], renames: Readonly<Record<string, string>>): Layout {
  const names = header.map(name => name.trim().toLowerCase());
  for (const [field, column] of Object.entries(renames)) {
    if (!Object.hasOwn(COLUMNS_OF, field)) throw usageError(`--column: an event has no field "${field}"`);
    if (!names.includes(column.toLowerCase())) throw usageError(`the CSV has no column "${column}"`);
  }
  const layout = Object.entries(COLUMNS_OF).map(([field, usual]) => {
    const renamed = renames[field];
    const columns = renamed === undefined ? usual : [renamed.toLowerCase()];
    return { field, at: columns.map(column => names.indexOf(column)).filter(at => at >= 0) };
  });
  const missing = layout.filter(({ field, at }) => at.length === 0 && REQUIRED.includes(field));
  if (missing.length === 0) return layout;
  const list = missing.map(({ field }) => COLUMNS_OF[field]?.join(' or ')).join(', ');
  throw usageError(`the CSV's first line must name its columns; missing: ${list}`);
}

function readRow(row: readonly string[], layout: Layout, width: number, line: number): Entry {
  const faulty = (code: string, detail: string): Entry => ({
    line,
    code,
    detail,
    event: Object.fromEntries(layout.map(({ field, at }) => [field, excerpt(cellOf(row, at) ?? '')])),
  });
  if (row.length !== width)
    return faulty('invalid_row', `the row has ${row.length} cells where the first line has ${width}`);
  const event: Record<string, unknown> = {};
  for (const { field, at } of layout) {
    const cell = cellOf(row, at);
    if (cell === undefined) continue;
    if (JSON_FIELDS.has(field)) {
      const parsed = parseJson(cell);
      if ('why' in parsed) return faulty('invalid_json', `${field} is no JSON: ${parsed.why}`);
      event[field] = parsed.value;
    } else event[field] = TIME_FIELDS.has(field) ? rfc3339(cell) : cell;
  }
  return { line, text: JSON.stringify(event) };
}

/** Line breaks inside quoted cells; the parser's own count of lines takes CRLF for two there. */
function lineBreaks(row: readonly string[]): number {
  let breaks = 0;
  for (const cell of row)
    for (let at = cell.indexOf('\n'); at >= 0; at = cell.indexOf('\n', at + 1)) breaks++;
  return breaks;
}

/** The first cell that holds something. */
function cellOf(row: readonly string[], at: readonly number[]): string | undefined {
  return at.map(i => row[i]).find(cell => cell !== undefined && cell !== '' && cell !== '\\N');
}

function parseJson(text: string): { value: unknown } | { why: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}
