import { pipeline } from 'node:stream';
import { CsvError, type InfoRecord, parse } from 'csv-parse';
import { usageError } from '../exit-codes.ts';
import { peekSeparator } from './csv-separator.ts';
import { type Entry, excerpt, MAX_ENTRY_BYTES } from './entry.ts';
import { type ExportLayout, filledCells, layoutOf } from './export-layout.ts';
import type { ImportNotes } from './import-notes.ts';
import { rowEvent } from './row-event.ts';
import { decodeCell, showBytes } from './text.ts';

/**
 * Reads a CSV export of the old `pattern_episode_events` table, row by row. Columns are separated by commas, semicolons
 * or tabs. An empty cell, `null`, `NULL` and `\\N` mean absent. Rows may end with CRLF, LF or CR, also mixed.
 *
 * The parser splits bytes: each of them is one character of a cell (latin1). A row is decoded as UTF-8 afterwards, so
 * that a row with other bytes is refused by itself and no byte is replaced.
 * @param columnNames field → column, for fields whose column has another name
 * @param notes receives the separator, and the columns that no field takes
 * @param now milliseconds since 1970
 * @throws Failure (usage) when a required column is missing or a quoted cell exceeds 1 MiB
 */
export async function* readExportRows(
  source: AsyncIterable<Uint8Array>,
  columnNames: Readonly<Record<string, string>>,
  notes: ImportNotes,
  now: number,
): AsyncGenerator<Entry> {
  const { separator, character, all } = await peekSeparator(source);
  notes.separator = separator;
  let cutOff: CsvError | undefined;
  const parser = parse({
    delimiter: character,
    encoding: 'latin1',
    info: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: MAX_ENTRY_BYTES,
    skip_records_with_error: true,
    on_skip: error => {
      if (error?.code === 'CSV_QUOTE_NOT_CLOSED') cutOff = error;
      else parser.destroy(error);
    },
  });
  // The iteration below throws the errors of both streams.
  pipeline(all, parser, () => {});
  let layout: ExportLayout | undefined;
  let line = 1;
  let emptyLines = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: InfoRecord }>) {
      line += info.empty_lines - emptyLines;
      emptyLines = info.empty_lines;
      if (layout) yield readRow(record, layout, line, now);
      else layout = layoutOf(decodeHeader(record), columnNames, notes);
      line += 1 + lineBreaks(record);
    }
  } catch (error) {
    if (error instanceof CsvError) throw usageError(`invalid CSV: ${error.message}`);
    throw error;
  }
  if (cutOff && !layout) throw usageError("the CSV's first line has a quote that is not closed");
  const detail = 'a quote is not closed, from this line to the end of the file; the file may be cut off';
  if (cutOff) yield { line, code: 'invalid_row', detail, event: '' };
}

/** @throws Failure (usage) when the header is not UTF-8 */
function decodeHeader(record: readonly string[]): string[] {
  return record.map(cell => {
    const name = decodeCell(cell);
    if (name === undefined) throw usageError(`the CSV's first line is not UTF-8; save the file as UTF-8`);
    return name.trim();
  });
}

function readRow(row: readonly string[], layout: ExportLayout, line: number, now: number): Entry {
  const faulty = (code: string, detail: string): Entry => ({
    line,
    code,
    detail,
    event: shownRow(row, layout),
  });
  if (row.length !== layout.names.length) {
    const detail = `the row has ${row.length} cells where the first line has ${layout.names.length}`;
    // Its cells may belong to other columns, so they are shown as one text.
    return { line, code: 'invalid_row', detail, event: excerpt(shown(row.join(','))) };
  }
  const texts: string[] = [];
  for (const cell of row) {
    const text = decodeCell(cell);
    if (text === undefined)
      return faulty('invalid_encoding', `${layout.names[texts.length]} is not UTF-8; save the file as UTF-8`);
    texts.push(text);
  }
  const { cells, updatedAt } = filledCells(texts, layout);
  const event = rowEvent(cells, updatedAt, now);
  return 'text' in event ? { line, ...event } : faulty(event.code, event.detail);
}

/** Returns the cells of each field as text to show. */
function shownRow(row: readonly string[], layout: ExportLayout): object {
  const { cells } = filledCells(row, layout);
  return Object.fromEntries(Object.entries(cells).map(([field, cell]) => [field, excerpt(shown(cell))]));
}

/** Returns the text of a cell whose characters are bytes, with escapes for bytes that are not UTF-8. */
function shown(cell: string): string {
  return showBytes(Buffer.from(cell, 'latin1'));
}

/** Counts the line breaks inside quoted cells. The parser's own line count is wrong there: it counts CRLF twice. */
function lineBreaks(row: readonly string[]): number {
  let breaks = 0;
  for (const cell of row)
    if (cell.includes('\n') || cell.includes('\r')) breaks += cell.match(/\r\n|\n|\r/g)?.length ?? 0;
  return breaks;
}
