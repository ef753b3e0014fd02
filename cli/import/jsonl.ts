import { errorMessage } from '../errors.ts';
import { type Entry, excerpt, MAX_ENTRY_BYTES } from './entry.ts';
import { decodeUtf8, showBytes } from './text.ts';

const NEWLINE = 0x0a;

/**
 * Reads JSONL: one JSON object a line, in UTF-8; blank lines are skipped. A line that is not a JSON object
 * becomes a faulty entry, and reading continues. Memory holds one line of at most 1 MiB.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  let line = 1;
  let partial: Buffer = Buffer.alloc(0);
  let skipped = 0;
  for await (const chunk of chunks) {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      const entry = readLine(join(partial, rest.subarray(0, end)), line++, skipped);
      if (entry) yield entry;
      partial = Buffer.alloc(0);
      skipped = 0;
      rest = rest.subarray(end + 1);
    }
    if (partial.length + rest.length > MAX_ENTRY_BYTES) skipped += rest.length;
    else partial = join(partial, rest);
  }
  const entry = readLine(partial, line, skipped);
  if (entry) yield entry;
}

/**
 * Parses one line; returns undefined for a blank one.
 * @param skipped bytes of the line that were not kept
 */
function readLine(bytes: Buffer, line: number, skipped: number): Entry | undefined {
  if (skipped > 0 || bytes.length > MAX_ENTRY_BYTES)
    return fault(line, 'event_too_large', `the line exceeds ${MAX_ENTRY_BYTES} bytes`, bytes);
  const text = decodeUtf8(bytes)?.trim();
  if (text === undefined)
    return fault(line, 'invalid_encoding', 'the line is not UTF-8; save the file as UTF-8', bytes);
  if (text === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { line, text };
    return fault(line, 'invalid_json', 'the line is not a JSON object', bytes);
  } catch (error) {
    return fault(line, 'invalid_json', `the line is not valid JSON: ${errorMessage(error)}`, bytes);
  }
}

function fault(line: number, code: string, detail: string, bytes: Buffer): Entry {
  return { line, code, detail, event: excerpt(showBytes(bytes).trim()) };
}

function join(partial: Buffer, rest: Buffer): Buffer {
  return partial.length === 0 ? rest : Buffer.concat([partial, rest]);
}
