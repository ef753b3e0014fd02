import { type Entry, MAX_ENTRY_BYTES } from './entry.ts';
import { jsonEntry } from './json-entry.ts';

const NEWLINE = 0x0a;
const SUBJECT = 'the line';

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
      const entry = jsonEntry(join(partial, rest.subarray(0, end)), line++, SUBJECT, skipped);
      if (entry) yield entry;
      partial = Buffer.alloc(0);
      skipped = 0;
      rest = rest.subarray(end + 1);
    }
    if (partial.length + rest.length > MAX_ENTRY_BYTES) skipped += rest.length;
    else partial = join(partial, rest);
  }
  const entry = jsonEntry(partial, line, SUBJECT, skipped);
  if (entry) yield entry;
}

function join(partial: Buffer, rest: Buffer): Buffer {
  return partial.length === 0 ? rest : Buffer.concat([partial, rest]);
}
