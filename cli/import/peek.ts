import { MAX_ENTRY_BYTES } from './entry.ts';

/** The start of a stream, and the whole stream, start included. */
interface Peeked {
  readonly start: Buffer;
  readonly all: AsyncIterable<Uint8Array>;
}

/**
 * Reads the start of a stream without consuming it.
 * @param enough reports whether the bytes so far suffice; reading also ends after 1 MiB and at the stream's end
 */
export async function peek(
  chunks: AsyncIterable<Uint8Array>,
  enough: (start: Buffer) => boolean,
): Promise<Peeked> {
  const iterator = chunks[Symbol.asyncIterator]();
  let start = Buffer.alloc(0);
  while (start.length <= MAX_ENTRY_BYTES && !enough(start)) {
    const next = await iterator.next();
    if (next.done) break;
    start = Buffer.concat([start, next.value]);
  }
  return { start, all: startThenRest(start, iterator) };
}

async function* startThenRest(
  start: Buffer,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (start.length > 0) yield start;
  yield* { [Symbol.asyncIterator]: () => iterator };
}
