import { createReadStream, type Stats, statSync } from 'node:fs';
import { addAbortSignal, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Failure, usageError } from '../exit-codes.ts';
import type { Host } from '../host.ts';
import type { Entry } from './entry.ts';
import { readLines } from './jsonl.ts';
import { readExportRows } from './postgres-export.ts';

export const FORMATS = ['jsonl', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

/** A file to import, looked at but not opened. */
export interface Input {
  /** As the user named it; `-` is standard input. */
  readonly name: string;
  readonly format: Format;
  readonly gzip: boolean;
  /** Bytes on disk; undefined where that cannot be known. */
  readonly size: number | undefined;
}

/**
 * Looks at a file before anything is sent.
 * @param forced the format, where the name does not tell
 * @throws Failure (usage) when it is missing, a directory, or of no known format
 */
export function inspectInput(name: string, forced: Format | undefined): Input {
  if (name === '-') return { name, format: forced ?? 'jsonl', gzip: false, size: undefined };
  const stats = statOf(name);
  if (stats.isDirectory()) throw usageError(`${name} is a directory; name the files in it`);
  const gzip = /\.gz$/i.test(name);
  const format = forced ?? formatOf(name.replace(/\.gz$/i, ''));
  if (!format) throw usageError(`${name}: neither .jsonl, .ndjson nor .csv; say which with --format`);
  return { name, format, gzip, size: stats.isFile() ? stats.size : undefined };
}

function statOf(name: string): Stats {
  try {
    return statSync(name);
  } catch (error) {
    throw usageError(
      codeOf(error) === 'ENOENT' ? `${name}: no such file` : `${name} cannot be read (${codeOf(error)})`,
    );
  }
}

function formatOf(name: string): Format | undefined {
  if (/\.(jsonl|ndjson)$/i.test(name)) return 'jsonl';
  return /\.csv$/i.test(name) ? 'csv' : undefined;
}

/** How an input is called in reports and in the name of its file of rejected lines. */
export function inputLabel({ name }: Input): string {
  return name === '-' ? 'stdin' : name;
}

/** An opened input: its entries, and how many bytes of the file have been read. */
export interface OpenInput {
  readonly entries: AsyncIterable<Entry>;
  bytesRead(): number;
}

/**
 * Opens an input; an aborted signal ends the reading.
 * @param renames for CSV: field → column
 */
export function openInput(
  input: Input,
  host: Host,
  renames: Record<string, string>,
  signal: AbortSignal,
): OpenInput {
  const file = input.name === '-' ? undefined : createReadStream(input.name);
  const raw = file ?? host.stdin;
  // The last stream of a pipeline reports what went wrong in any of them.
  const bytes = input.gzip ? pipeline(raw, createGunzip(), () => {}) : raw;
  addAbortSignal(signal, bytes);
  const entries = input.format === 'csv' ? readExportRows(bytes, renames) : readLines(bytes);
  return { entries: withInputName(entries, inputLabel(input)), bytesRead: () => file?.bytesRead ?? 0 };
}

/** The same entries; what goes wrong says in which input. */
async function* withInputName(entries: AsyncIterable<Entry>, name: string): AsyncGenerator<Entry> {
  try {
    yield* entries;
  } catch (error) {
    if (error instanceof Failure)
      throw new Failure(error.exit, `${name}: ${error.message}`, error.lines, error);
    const code = codeOf(error);
    if (code.startsWith('Z_')) throw usageError(`${name}: damaged gzip (${code})`);
    if (/^E[A-Z]+$/.test(code)) throw usageError(`${name} cannot be read (${code})`);
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
