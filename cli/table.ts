import { styleText } from 'node:util';
import CliTable from 'cli-table3';

/** One column of rows of `T`; text columns may be wrapped to make the table fit, numbers never are. */
export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string;
  readonly align?: 'left' | 'right';
  /** May be broken over lines when the terminal is narrow. */
  readonly wraps?: boolean;
}

export interface Look {
  /** Columns of the terminal; infinite when the output is no terminal. */
  readonly width: number;
  readonly color: boolean;
}

const GAP = '  ';
const NARROWEST = 16;
const BARE = Object.fromEntries(
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid'
    .split(' ')
    .map(part => [part, '']),
);

/** A table without borders, numbers to the right, ending without a line break. */
export function renderTable<T>(columns: readonly Column<T>[], rows: readonly T[], look: Look): string {
  const cells = rows.map(row => columns.map(column => column.value(row)));
  const widths = fitWidths(columns, cells, look.width);
  const table = new CliTable({
    chars: { ...BARE, middle: GAP },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: columns.map(column => column.align ?? 'left'),
    head: columns.map(({ title }) =>
      look.color ? styleText('bold', title, { validateStream: false }) : title,
    ),
  });
  for (const row of cells) table.push(row.map((cell, i) => wrap(cell, widths[i] ?? Infinity)));
  return table.toString().replace(/ +$/gm, '');
}

/** How wide each column may be: those that wrap share what the others leave. */
function fitWidths<T>(columns: readonly Column<T>[], cells: readonly string[][], width: number): number[] {
  const natural = columns.map(({ title }, i) =>
    cells.reduce((widest, row) => Math.max(widest, row[i]?.length ?? 0), title.length),
  );
  const wrapping = columns.flatMap(({ wraps }, i) => (wraps ? [i] : []));
  const wide = (i: number): number => natural[i] ?? 0;
  let room = width - GAP.length * (columns.length - 1);
  for (let i = 0; i < columns.length; i++) if (!wrapping.includes(i)) room -= wide(i);
  const narrowestFirst = wrapping.toSorted((a, b) => wide(a) - wide(b));
  for (const [rank, i] of narrowestFirst.entries()) {
    const share = Math.max(NARROWEST, Math.floor(room / (wrapping.length - rank)));
    natural[i] = Math.min(wide(i), share);
    room -= wide(i);
  }
  return natural;
}

/** Breaks text into lines of at most `width` characters: at spaces where it can, else after `=`, `_`, `.` or `/`. */
export function wrap(text: string, width: number): string {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const joint = Math.max(...['=', '_', '.', '/'].map(mark => rest.lastIndexOf(mark, width - 1) + 1));
    const cut = space > 0 ? space : joint || width;
    lines.push(rest.slice(0, cut).trimEnd());
    rest = rest.slice(cut).trimStart();
  }
  return [...lines, rest].join('\n');
}
