import { type Entry, MAX_ENTRY_BYTES } from './entry.ts';
import { jsonEntry } from './json-entry.ts';
import { peek } from './peek.ts';

/* Kernel: the loop in `ArraySplitter.split` visits every byte of the file. */

const [QUOTE, BACKSLASH, COMMA, NEWLINE, SPACE] = [0x22, 0x5c, 0x2c, 0x0a, 0x20];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const NOT_CLOSED = 'the file ends before the array does; it may be cut off';

/** Reads the start of a stream. Returns whether its first character opens a JSON array, and the whole stream. */
export async function peekArray(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ readonly isArray: boolean; readonly all: AsyncIterable<Uint8Array> }> {
  const first = (bytes: Buffer): number | undefined => bytes.find(byte => byte > SPACE);
  const { start, all } = await peek(chunks, bytes => first(bytes) !== undefined);
  return { isArray: first(start) === OPEN_ARRAY, all };
}

/**
 * Reads a JSON array of events, one element at a time. An element that is not a JSON object becomes a faulty entry, and
 * reading continues. So do an array that ends before its bracket, and text after it. Memory holds one element of at
 * most 1 MiB.
 */
export async function* readArray(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  const splitter = new ArraySplitter();
  for await (const chunk of chunks) yield* splitter.split(chunk);
  yield* splitter.end();
}

/** Splits the bytes of an array at the commas between its elements. */
class ArraySplitter {
  #state: 'before' | 'inside' | 'after' = 'before';
  /** Open brackets inside the current element. */
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Line of the current byte, and of the first byte of the element. */
  #line = 1;
  #startLine = 1;
  /** Bytes of the element from earlier chunks, and how many more were not kept. */
  #partial: Buffer = Buffer.alloc(0);
  #skipped = 0;

  /** Yields the elements that end in this chunk. */
  *split(chunk: Uint8Array): Generator<Entry> {
    let from = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number;
      if (byte === NEWLINE) this.#line++;
      if (this.#state === 'after' || !this.#endsElement(byte)) continue;
      this.#keep(chunk.subarray(from, i));
      yield* this.#element('the element');
      from = i + 1;
    }
    this.#keep(chunk.subarray(from));
  }

  /** Yields what follows the last comma, and a fault when the array is not closed or text follows it. */
  *end(): Generator<Entry> {
    const startLine = this.#startLine;
    if (this.#state === 'after') return yield* this.#element('after the end of the array, the text', true);
    const [last] = this.#element('the last element');
    if (last && !('text' in last)) return yield { ...last, detail: `${last.detail}; ${NOT_CLOSED}` };
    if (last) yield last;
    yield { line: last?.line ?? startLine, code: 'invalid_json', detail: NOT_CLOSED, event: '' };
  }

  /** Advances by one byte. Returns whether it ends an element, or is the bracket before the first one. */
  #endsElement(byte: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inString = false;
      return false;
    }
    if (byte === QUOTE) this.#inString = true;
    else if (byte === COMMA) return this.#depth === 0;
    else if (byte === CLOSE_ARRAY && this.#depth === 0) this.#state = 'after';
    else if (byte === OPEN_ARRAY && this.#state === 'before') this.#state = 'inside';
    else {
      if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) this.#depth++;
      else if ((byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) && this.#depth > 0) this.#depth--;
      return false;
    }
    return byte !== QUOTE;
  }

  #keep(bytes: Uint8Array): void {
    if (this.#partial.length + bytes.length > MAX_ENTRY_BYTES) this.#skipped += bytes.length;
    else if (bytes.length > 0) this.#partial = Buffer.concat([this.#partial, bytes]);
  }

  /** Yields the bytes that were kept as one entry, unless they are blank. @param extra whether an event is out of place */
  *#element(subject: string, extra = false): Generator<Entry> {
    const bytes = this.#partial;
    const indent = bytes.findIndex(byte => byte > SPACE);
    const line =
      this.#startLine + bytes.subarray(0, Math.max(0, indent)).filter(byte => byte === NEWLINE).length;
    const entry = jsonEntry(bytes, line, subject, this.#skipped);
    this.#partial = Buffer.alloc(0);
    this.#skipped = 0;
    this.#startLine = this.#line;
    if (!entry) return;
    if (!extra || !('text' in entry)) yield entry;
    else yield { line, code: 'invalid_json', detail: `${subject} is not read`, eventText: entry.text };
  }
}
