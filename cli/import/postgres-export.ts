import { pipeline, type Readable } from 'node:stream';
import { CsvError, type InfoRecord, parse } from 'csv-parse';
import { errorMessage } from '../errors.ts';
import { usageError } from '../exit-codes.ts';
import { type Entry, excerpt, MAX_ENTRY_BYTES } from './entry.ts';
import { type ExportLayout, layoutOf } from './export-layout.ts';
import type { ImportNotes } from './import-notes.ts';
import { rfc3339 } from './postgres-time.ts';
import { decodeUtf8, showBytes } from './text.ts';

const JSON_FIELDS: ReadonlySet<string> = new Set(['scope', 'factors']);
const TIME_FIELDS: ReadonlySet<string> = new Set(['timestamp', 'resolved_at']);

/**
 * Reads a Postgres CSV export of the old `pattern_episode_events` table, row by row. An empty cell and `\\N` mean
 * absent. Rows may end with CRLF, LF or CR, also mixed.
 *
 * The parser splits bytes: each of them is one character of a cell (latin1). A row is decoded as UTF-8 afterwards, so
 * that a row with other bytes is refused by itself and no byte is replaced.
 * @param columnNames field → column, for fields whose column has another name
 * @param notes receives the columns that no field takes
 * @throws Failure (usage) when a required column is missing or the quoting is broken
 */
export async function* readExportRows(
  source: Readable,
  columnNames: Readonly<Record<string, string>>,
  notes: ImportNotes,
): AsyncGenerator<Entry> {
  const parser = parse({
    encoding: 'latin1',
    info: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: MAX_ENTRY_BYTES,
  });
  // The iteration below throws the errors of both streams.
  pipeline(source, withoutByteOrderMark, parser, () => {});
  let layout: ExportLayout | undefined;
  let line = 1;
  let emptyLines = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: InfoRecord }>) {
      line += info.empty_lines - emptyLines;
      emptyLines = info.empty_lines;
      if (layout) yield readRow(record, layout, line);
      else layout = layoutOf(decodeHeader(record), columnNames, notes);
      line += 1 + lineBreaks(record);
    }
  } catch (error) {
    if (error instanceof CsvError) throw usageError(`invalid CSV: ${error.message}`);
    throw error;
  }
}

const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf);

/** Passes bytes on without the byte order mark of UTF-8 at their beginning. */
async function* withoutByteOrderMark(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let start: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (!start) {
      yield chunk;
      continue;
    }
    start = Buffer.concat([start, chunk]);
    if (start.length < BYTE_ORDER_MARK.length) continue;
    yield start.indexOf(BYTE_ORDER_MARK) === 0 ? start.subarray(BYTE_ORDER_MARK.length) : start;
    start = undefined;
  }
  if (start) yield start;
}

/** @throws Failure (usage) when the header is not UTF-8 */
function decodeHeader(record: readonly string[]): string[] {
  return record.map(cell => {
    const name = decodeCell(cell);
    if (name === undefined) throw usageError(`the CSV's first line is not UTF-8; save the file as UTF-8`);
    return name.trim();
  });
}

/** Returns the text of a cell whose characters are bytes; undefined when the bytes are not UTF-8. */
function decodeCell(cell: string): string | undefined {
  return decodeUtf8(Buffer.from(cell, 'latin1'));
}

function readRow(row: readonly string[], layout: ExportLayout, line: number): Entry {
  const faulty = (code: string, detail: string): Entry => ({
    line,
    code,
    detail,
    event: shownRow(row, layout),
  });
  if (row.length !== layout.names.length)
    return faulty(
      'invalid_row',
      `the row has ${row.length} cells where the first line has ${layout.names.length}`,
    );
  const cells: string[] = [];
  for (const cell of row) {
    const text = decodeCell(cell);
    if (text === undefined)
      return faulty('invalid_encoding', `${layout.names[cells.length]} is not UTF-8; save the file as UTF-8`);
    cells.push(text);
  }
  return readEvent(cells, layout, line, faulty);
}

/** Returns the event of a row. JSON cells stay the text that was read, so that no number loses a digit. */
function readEvent(
  row: readonly string[],
  layout: ExportLayout,
  line: number,
  faulty: (code: string, detail: string) => Entry,
): Entry {
  const members: string[] = [];
  for (const { field, cells } of layout.fields) {
    const cell = cellOf(row, cells);
    if (cell === undefined) continue;
    if (JSON_FIELDS.has(field)) {
      const problem = jsonProblem(cell);
      if (problem !== undefined) return faulty('invalid_json', `${field} is not valid JSON: ${problem}`);
      members.push(`"${field}":${cell}`);
    } else members.push(`"${field}":${JSON.stringify(TIME_FIELDS.has(field) ? rfc3339(cell) : cell)}`);
  }
  return { line, text: `{${members.join(',')}}` };
}

/** Returns the cells of each field as text to show. */
function shownRow(row: readonly string[], layout: ExportLayout): object {
  return Object.fromEntries(
    layout.fields.map(({ field, cells }) => [
      field,
      excerpt(showBytes(Buffer.from(cellOf(row, cells) ?? '', 'latin1'))),
    ]),
  );
}

/** Counts the line breaks inside quoted cells. The parser's own line count is wrong there: it counts CRLF twice. */
function lineBreaks(row: readonly string[]): number {
  let breaks = 0;
  for (const cell of row) breaks += cell.match(/\r\n|\n|\r/g)?.length ?? 0;
  return breaks;
}

/** Returns the first of the given cells that is filled in. */
function cellOf(row: readonly string[], cells: readonly number[]): string | undefined {
  return cells.map(i => row[i]).find(cell => cell !== undefined && cell !== '' && cell !== '\\N');
}

/** Returns the message of the JSON parser; undefined for valid JSON. */
function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return errorMessage(error);
  }
}
