import { createReadStream, type Stats, statSync } from 'node:fs';
import { addAbortSignal, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { errorCode } from '../errors.ts';
import { Failure, usageError } from '../exit-codes.ts';
import type { Host } from '../host.ts';
import type { Entry } from './entry.ts';
import { splitExported } from './exported-entry.ts';
import type { ImportNotes } from './import-notes.ts';
import { peekArray, readArray } from './json-array.ts';
import { readLines } from './jsonl.ts';
import { readExportRows } from './postgres-export.ts';
import { unwrapRejected } from './rejected-line.ts';
import { rewriteKey } from './rewrite-keys.ts';
import { utf8Stream } from './utf8-stream.ts';

/** Formats of a file. In a file of JSON the first character tells an array from one event a line. */
export const FORMATS = ['json', 'jsonl', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

/** A file to import, checked and not yet opened. */
export interface Input {
  /** The name as given on the command line; `-` is standard input. */
  readonly name: string;
  readonly format: Format;
  readonly gzip: boolean;
  /** Size in bytes; undefined for a pipe or standard input. */
  readonly size: number | undefined;
}

/**
 * Checks a file before anything is sent.
 * @param forced the format of `--format`; without it, the name decides
 * @throws Failure (usage) when the file is missing, a directory, or of an unknown format
 */
export function inspectInput(name: string, forced: Format | undefined): Input {
  if (name === '-') return { name, format: forced ?? 'jsonl', gzip: false, size: undefined };
  const stats = statOf(name);
  if (stats.isDirectory()) throw usageError(`${name} is a directory; name the files in it`);
  const gzip = /\.gz$/i.test(name);
  const format = forced ?? formatOf(name.replace(/\.gz$/i, ''));
  if (!format)
    throw usageError(`${name} is no .jsonl, .ndjson, .json, .csv or .tsv; choose the format with --format`);
  return { name, format, gzip, size: stats.isFile() ? stats.size : undefined };
}

function statOf(name: string): Stats {
  try {
    return statSync(name);
  } catch (error) {
    const code = errorCode(error);
    throw usageError(
      code === 'ENOENT'
        ? `${name}: no such file; check the path`
        : `${name} cannot be read (${code}); check its permissions`,
    );
  }
}

function formatOf(name: string): Format | undefined {
  if (/\.(jsonl|ndjson|json)$/i.test(name)) return 'jsonl';
  return /\.(csv|tsv)$/i.test(name) ? 'csv' : undefined;
}

/** Returns the name of an input for reports and for the file of its rejected lines. */
export function inputLabel({ name }: Input): string {
  return name === '-' ? 'stdin' : name;
}

/** An opened input: its entries, and the bytes of the file that have been read. */
interface OpenInput {
  readonly entries: AsyncIterable<Entry>;
  bytesRead(): number;
}

/** How an input is read. */
export interface ReadOptions {
  /** For CSV: field → column. */
  readonly columnNames: Readonly<Record<string, string>>;
  /** Ends the reading when aborted. */
  readonly signal: AbortSignal;
  /** Time of the import, milliseconds since 1970. */
  readonly now: number;
}

/** Returns whether an input can be read more than once, as files can and pipes cannot. */
export function isRereadable({ name, size }: Input): boolean {
  return name !== '-' && size !== undefined;
}

/**
 * Opens an input.
 * @param notes receives how it is read, and what is left out and rewritten
 */
export function openInput(input: Input, host: Host, options: ReadOptions, notes: ImportNotes): OpenInput {
  const file = input.name === '-' ? undefined : createReadStream(input.name);
  const raw = file ?? host.stdin;
  // The last stream of a pipeline emits the errors of all its streams.
  const bytes = input.gzip ? pipeline(raw, createGunzip(), () => {}) : raw;
  addAbortSignal(options.signal, bytes);
  const entries = withInputName(readEntries(bytes, input.format, options, notes), inputLabel(input));
  return { entries, bytesRead: () => file?.bytesRead ?? 0 };
}

async function* readEntries(
  bytes: AsyncIterable<Uint8Array>,
  format: Format,
  { columnNames, now }: ReadOptions,
  notes: ImportNotes,
): AsyncGenerator<Entry> {
  const utf8 = utf8Stream(bytes, encoding => {
    notes.encoding = encoding;
  });
  const entries = format === 'csv' ? readExportRows(utf8, columnNames, notes, now) : readJson(utf8, notes);
  for await (const entry of entries) {
    const event = 'text' in entry ? unwrapRejected(entry) : entry;
    yield 'text' in event ? splitExported(rewriteKey(event, notes)) : event;
  }
}

async function* readJson(bytes: AsyncIterable<Uint8Array>, notes: ImportNotes): AsyncGenerator<Entry> {
  const { isArray, all } = await peekArray(bytes);
  notes.isArray = isArray;
  yield* isArray ? readArray(all) : readLines(all);
}

/** Yields the same entries; an error carries the name of the input. */
async function* withInputName(entries: AsyncIterable<Entry>, name: string): AsyncGenerator<Entry> {
  try {
    yield* entries;
  } catch (error) {
    if (error instanceof Failure)
      throw new Failure(error.exit, `${name}: ${error.message}`, error.lines, error);
    const code = errorCode(error);
    if (code.startsWith('Z_'))
      throw usageError(`${name} is damaged gzip (${code}); compress or copy it again`);
    if (/^E[A-Z]+$/.test(code))
      throw usageError(`${name} cannot be read (${code}); check the file and its disk`);
    throw error;
  }
}
