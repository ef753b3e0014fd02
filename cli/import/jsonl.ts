import { type Entry, excerpt, MAX_ENTRY_BYTES } from './entry.ts';

const NEWLINE = 0x0a;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads JSONL: one JSON object a line, in UTF-8; blank lines are skipped. Holds no more than one line, and no
 * line over 1 MiB. A line that is no JSON object becomes a faulty entry and the rest goes on.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  let line = 1;
  let held: Buffer = Buffer.alloc(0);
  let skipped = 0;
  for await (const chunk of chunks) {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      const entry = readLine(join(held, rest.subarray(0, end)), line++, skipped);
      if (entry) yield entry;
      held = Buffer.alloc(0);
      skipped = 0;
      rest = rest.subarray(end + 1);
    }
    if (held.length + rest.length > MAX_ENTRY_BYTES) skipped += rest.length;
    else held = join(held, rest);
  }
  const entry = readLine(held, line, skipped);
  if (entry) yield entry;
}

/** @param skipped bytes of the line that were not kept */
function readLine(bytes: Buffer, line: number, skipped: number): Entry | undefined {
  if (skipped > 0 || bytes.length > MAX_ENTRY_BYTES)
    return fault(line, 'event_too_large', `the line has over ${MAX_ENTRY_BYTES} bytes`, bytes);
  let text: string;
  try {
    text = utf8.decode(bytes).trim();
  } catch {
    return fault(line, 'invalid_encoding', 'the line is not UTF-8', bytes);
  }
  if (text === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { line, text };
    return fault(line, 'invalid_json', 'the line is no JSON object', bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fault(line, 'invalid_json', `the line is no JSON: ${why}`, bytes);
  }
}

function fault(line: number, code: string, detail: string, bytes: Buffer): Entry {
  return { line, code, detail, event: excerpt(bytes.toString('utf8', 0, 8192).trim()) };
}

function join(held: Buffer, rest: Buffer): Buffer {
  return held.length === 0 ? rest : Buffer.concat([held, rest]);
}
