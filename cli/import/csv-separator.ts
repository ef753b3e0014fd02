import { peek } from './peek.ts';

/** Separators of columns, by their names; of equally frequent ones the first is taken. */
const SEPARATORS = { comma: ',', semicolon: ';', tab: '\t' } as const;
export type Separator = keyof typeof SEPARATORS;

/** The separator of a CSV, the character that it stands for, and the whole stream. */
interface Separated {
  readonly separator: Separator;
  readonly character: string;
  readonly all: AsyncIterable<Uint8Array>;
}

/** Finds the separator of a CSV: the one that is most frequent in its first line, outside of quotes. */
export async function peekSeparator(chunks: AsyncIterable<Uint8Array>): Promise<Separated> {
  const { start, all } = await peek(chunks, bytes => firstLine(bytes.toString('latin1')) !== undefined);
  const text = start.toString('latin1');
  const header = (firstLine(text) ?? text).replaceAll(/"[^"]*"/g, '');
  const [separator, character] = Object.entries(SEPARATORS).reduce((best, each) =>
    frequency(header, each[1]) > frequency(header, best[1]) ? each : best,
  ) as [Separator, string];
  return { separator, character, all };
}

function frequency(text: string, character: string): number {
  return text.split(character).length - 1;
}

/** Returns the first line that is not blank; undefined when it does not end yet. A quoted line break ends no line. */
function firstLine(text: string): string | undefined {
  return /^[\r\n]*((?:"[^"]*"|[^"\r\n])+)[\r\n]/.exec(text)?.[1];
}
