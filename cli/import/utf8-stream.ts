import { usageError } from '../exit-codes.ts';
import { peek } from './peek.ts';

export type Encoding = 'UTF-8' | 'UTF-16LE' | 'UTF-16BE';

/** Byte order marks; without one, a file is UTF-8. */
const MARKS: readonly (readonly [Encoding, Buffer])[] = [
  ['UTF-8', Buffer.of(0xef, 0xbb, 0xbf)],
  ['UTF-16LE', Buffer.of(0xff, 0xfe)],
  ['UTF-16BE', Buffer.of(0xfe, 0xff)],
];
const UTF32_MARK = Buffer.of(0xff, 0xfe, 0, 0);
/** A byte that UTF-8 never has. It stands for a half character, so that its row is refused. */
const NOT_UTF8 = Buffer.of(0xff);
const LONE_SURROGATE = /[\ud800-\udfff]/u;

/**
 * Yields a text file as UTF-8 without byte order mark; UTF-16 is found by its mark. Bytes of UTF-8 pass unchecked: the
 * reader of a row refuses those that are invalid. Half a character of UTF-16 becomes an invalid byte likewise.
 * @param onEncoding receives the encoding before the first bytes
 * @throws Failure (usage) for UTF-16 or UTF-32 without a mark that is read
 */
export async function* utf8Stream(
  chunks: AsyncIterable<Uint8Array>,
  onEncoding: (encoding: Encoding) => void,
): AsyncGenerator<Uint8Array> {
  const { start, all } = await peek(chunks, bytes => bytes.length >= 4);
  const [encoding, mark] = MARKS.find(([, bytes]) => start.indexOf(bytes) === 0) ?? [
    'UTF-8',
    Buffer.alloc(0),
  ];
  const isUtf32 = start.indexOf(UTF32_MARK) === 0;
  if (isUtf32 || (mark.length === 0 && start.subarray(0, 4).includes(0)))
    throw usageError('the text is neither UTF-8 nor UTF-16 with a byte order mark; save it as UTF-8');
  onEncoding(encoding);
  const content = withoutFirst(all, mark.length);
  yield* encoding === 'UTF-8' ? content : fromUtf16(content, encoding === 'UTF-16BE');
}

/** Passes a stream on without its first bytes; the first chunk holds all of them. */
async function* withoutFirst(chunks: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let skip = bytes;
  for await (const chunk of chunks) {
    yield chunk.subarray(skip);
    skip = 0;
  }
}

async function* fromUtf16(chunks: AsyncIterable<Uint8Array>, bigEndian: boolean): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk]);
    const whole = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)));
    const text = (bigEndian ? whole.swap16() : whole).toString('utf16le');
    // The second half of a character may come with the next chunk.
    const kept = /[\ud800-\udbff]$/.test(text) ? 1 : 0;
    rest = bytes.subarray(whole.length - 2 * kept);
    yield utf8Of(text.slice(0, text.length - kept));
  }
  if (rest.length > 0) yield NOT_UTF8;
}

function utf8Of(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts = text
    .split(LONE_SURROGATE)
    .flatMap((part, i) => (i === 0 ? [] : [NOT_UTF8]).concat(Buffer.from(part)));
  return Buffer.concat(parts);
}
