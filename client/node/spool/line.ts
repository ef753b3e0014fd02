import { createHash } from 'node:crypto';

/*
 * The lines of a segment: `<checksum> <kind> <time> <JSON>\n`. The checksum covers the rest of the line, so that a cut or
 * damaged line is known as such. JSON text holds no line break, so that the lines after a damaged one can be read.
 */

export type ItemKind = 'event' | 'outcome';

/** One event or outcome, as JSON text. */
export interface SpooledItem {
  readonly kind: ItemKind;
  /** When it was handed to the spool, milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
}

const LETTERS = { event: 'e', outcome: 'o' } as const;
const CHECKSUM_LENGTH = 16;
const LINE_BREAK = 0x0a;

/** Returns a line of a checksum and a text without line breaks. */
export function seal(text: string): string {
  return `${checksumOf(text)} ${text}\n`;
}

/** Returns the text of a sealed line, given without its line break; undefined when it is cut or damaged. */
export function unseal(line: string): string | undefined {
  const text = line.slice(CHECKSUM_LENGTH + 1);
  return line === `${checksumOf(text)} ${text}` ? text : undefined;
}

function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, CHECKSUM_LENGTH);
}

/** Returns the line of an item, with its line break. */
export function encodeLine({ kind, at, text }: SpooledItem): string {
  return seal(`${LETTERS[kind]} ${at.toString(36)} ${text}`);
}

function decodeLine(line: string): SpooledItem | undefined {
  const content = unseal(line);
  if (content === undefined) return undefined;
  const [letter, time = ''] = content.split(' ', 2);
  const kind = letter === LETTERS.event ? 'event' : 'outcome';
  return { kind, at: Number.parseInt(time, 36), text: content.slice(time.length + 3) };
}

/** The content of one line: an item, or undefined for a damaged line. */
interface DecodedLine {
  readonly item: SpooledItem | undefined;
  /** Position after the line break. */
  readonly end: number;
}

/** Returns the lines from a position on. What follows the last line break is the tail of a cut write, and no line. */
export function* decodeLines(bytes: Buffer, from = 0): Generator<DecodedLine> {
  let start = from;
  for (;;) {
    const lineBreak = bytes.indexOf(LINE_BREAK, start);
    if (lineBreak < 0) return;
    const end = lineBreak + 1;
    yield { item: decodeLine(bytes.toString('utf8', start, lineBreak)), end };
    start = end;
  }
}
