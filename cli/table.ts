import { styleText } from 'node:util';

/** One column of a table with rows of type `T`. */
export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string;
  readonly align?: 'left' | 'right';
  /** True when a text may be wrapped in a narrow terminal. Numbers are never wrapped. */
  readonly wraps?: boolean;
}

export interface TableStyle {
  /** Columns of the terminal; infinite when the output is not a terminal. */
  readonly width: number;
  readonly color: boolean;
}

const GAP = '  ';
/** Smallest width to which a column is wrapped, in characters. */
const MIN_WRAP_WIDTH = 16;

/**
 * Renders a table without borders; the text ends without a line break. Columns that do not fit side by side follow below
 * as further tables, each beginning with the first column.
 */
export function renderTable<T>(columns: readonly Column<T>[], rows: readonly T[], style: TableStyle): string {
  return blocksThatFit(columns, rows, style.width)
    .map(block => renderBlock(block, rows, style))
    .join('\n\n');
}

/** Splits columns into blocks that fit into a width; a block has the first column and at least one other. */
function blocksThatFit<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  width: number,
): (readonly Column<T>[])[] {
  const [first, ...others] = columns;
  if (!first) return [columns];
  const leastWidth = ({ title, value, wraps }: Column<T>): number => {
    const natural = widest([title, ...rows.map(value)]);
    return wraps ? Math.min(natural, Math.max(MIN_WRAP_WIDTH, textWidth(title))) : natural;
  };
  const blocks: Column<T>[][] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const column of others) {
    const added = GAP.length + leastWidth(column);
    if (used + added > width || blocks.length === 0) {
      blocks.push([first]);
      used = leastWidth(first);
    }
    blocks.at(-1)?.push(column);
    used += added;
  }
  return blocks.length === 0 ? [columns] : blocks;
}

function renderBlock<T>(columns: readonly Column<T>[], rows: readonly T[], style: TableStyle): string {
  const cells = rows.map(row => columns.map(column => column.value(row)));
  const maxWidths = fitWidths(columns, cells, style.width);
  const titles = columns.map(({ title }) => [title]);
  const wrapped = cells.map(row => row.map((cell, i) => wrap(cell, maxWidths[i] ?? 0)));
  const widths = columns.map((_, i) => widest([titles, ...wrapped].flatMap(row => row[i] ?? [])));
  const head = layOut(columns, titles, widths).map(line =>
    style.color ? styleText('bold', line, { validateStream: false }) : line,
  );
  return [...head, ...wrapped.flatMap(row => layOut(columns, row, widths))].join('\n');
}

/** Returns the lines of one row; each cell may have several. */
function layOut<T>(
  columns: readonly Column<T>[],
  row: readonly string[][],
  widths: readonly number[],
): string[] {
  const height = row.reduce((most, lines) => Math.max(most, lines.length), 0);
  return Array.from({ length: height }, (_, line) =>
    columns
      .map(({ align }, i) => {
        const text = row[i]?.[line] ?? '';
        const space = ' '.repeat(Math.max(0, (widths[i] ?? 0) - textWidth(text)));
        return align === 'right' ? space + text : text + space;
      })
      .join(GAP)
      .trimEnd(),
  );
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, textWidth(text)), 0);
}

/** Returns the maximum width of each column: columns that wrap share what the others leave. */
function fitWidths<T>(columns: readonly Column<T>[], cells: readonly string[][], width: number): number[] {
  const maxWidths = columns.map(({ title }, i) => widest([title, ...cells.map(row => row[i] ?? '')]));
  const wrapping = columns.flatMap(({ wraps }, i) => (wraps ? [i] : []));
  const widthOf = (i: number): number => maxWidths[i] ?? 0;
  let room = width - GAP.length * (columns.length - 1);
  for (let i = 0; i < columns.length; i++) if (!wrapping.includes(i)) room -= widthOf(i);
  const narrowestFirst = wrapping.toSorted((a, b) => widthOf(a) - widthOf(b));
  for (const [rank, i] of narrowestFirst.entries()) {
    const share = Math.max(MIN_WRAP_WIDTH, Math.floor(room / (wrapping.length - rank)));
    maxWidths[i] = Math.min(widthOf(i), share);
    room -= widthOf(i);
  }
  return maxWidths;
}

/** Wraps text into lines of at most `width` characters: at spaces if possible, else after `=`, `_`, `.` or `/`. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width && textWidth(rest) > width) {
    const space = rest.lastIndexOf(' ', width);
    const joint = Math.max(...['=', '_', '.', '/'].map(mark => rest.lastIndexOf(mark, width - 1) + 1));
    const cut = space > 0 ? space : joint || width;
    lines.push(rest.slice(0, cut).trimEnd());
    rest = rest.slice(cut).trimStart();
  }
  return [...lines, rest];
}

const WIDE =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}/u;
const NO_WIDTH = /\p{Mn}|\p{Cf}/u;

/** Returns the terminal columns of a text: combining marks take none, East Asian characters and emoji two, others one. */
export function textWidth(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += NO_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}
