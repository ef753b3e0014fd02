import type { ComponentChild } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

export interface Column<Row> {
  readonly title: string;
  /** The text of a cell, for files and where no content is given. */
  readonly text: (row: Row) => string;
  readonly cell?: (row: Row) => ComponentChild;
  readonly align?: 'right';
  /** The value by which rows are sorted; a column without it does not sort. */
  readonly sort?: (row: Row) => number | string;
  /** Wraps its text and takes the room that is left. */
  readonly wide?: boolean;
}

interface Sorting {
  readonly by: number;
  readonly down: boolean;
}

interface TableProps<Row> {
  readonly name: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly empty?: ComponentChild;
  /** Called when the end of the rows is near. */
  readonly onEnd?: () => void;
}

/** Height of a row of a long table, in pixels; `style.css` sets the same. */
const ROW_HEIGHT = 30;
/** More rows are drawn only where they are seen. */
const LONG = 120;
/** On a narrow screen up to this many rows are shown as cards, if they have more columns than fit. */
const CARDS = 60;
const FITTING = 3;
const SEEN = 24;

/** A table that sorts by its headings. Of a long one only the rows that are seen are drawn. */
export function DataTable<Row>({ name, columns, rows, empty = 'Nothing here yet.', onEnd }: TableProps<Row>) {
  const [sorting, setSorting] = useState<Sorting>();
  const sorted = sortRows(rows, columns, sorting);
  const long = sorted.length > LONG;
  const [box, from] = useScroll(long);
  const nearEnd = long && from + SEEN * 3 > sorted.length;
  useEffect(() => {
    if (nearEnd && from > 0) onEnd?.();
  }, [nearEnd, from, sorted.length]);
  const shown = long ? sorted.slice(from, from + SEEN * 2) : sorted;
  const head = (column: Column<Row>, i: number) => {
    const active = sorting?.by === i;
    const order = active ? (sorting.down ? 'descending' : 'ascending') : undefined;
    return (
      <th key={column.title} scope="col" class={column.align ?? ''} {...(order && { 'aria-sort': order })}>
        {column.sort ? (
          <button type="button" onClick={() => setSorting({ by: i, down: active ? !sorting.down : true })}>
            {column.title}
            <span aria-hidden="true">{active ? (sorting.down ? ' ▾' : ' ▴') : ''}</span>
          </button>
        ) : (
          column.title
        )}
      </th>
    );
  };
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  const below = long ? (sorted.length - from - shown.length) * ROW_HEIGHT : 0;
  const kind = long ? 'long' : rows.length <= CARDS && columns.length > FITTING ? 'cards' : '';
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <section class={`scroll ${kind}`} ref={box} tabIndex={0} aria-label={name}>
      <table>
        <caption class="hidden">{name}</caption>
        <thead>
          <tr>{columns.map(head)}</tr>
        </thead>
        <tbody>
          {long && from > 0 && <Gap height={from * ROW_HEIGHT} across={columns.length} />}
          {shown.map((row, i) => (
            <tr key={from + i}>
              {columns.map(column => (
                <td
                  key={column.title}
                  class={`${column.align ?? ''} ${column.wide ? 'wide' : ''}`}
                  data-title={column.title}
                >
                  {column.cell ? column.cell(row) : column.text(row)}
                </td>
              ))}
            </tr>
          ))}
          {below > 0 && <Gap height={below} across={columns.length} />}
        </tbody>
      </table>
    </section>
  );
}

function Gap({ height, across }: { readonly height: number; readonly across: number }) {
  return (
    <tr class="gap">
      <td colSpan={across} style={{ height: `${height}px` }} />
    </tr>
  );
}

function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sorting: Sorting | undefined,
): readonly Row[] {
  const key = sorting && columns[sorting.by]?.sort;
  if (!key) return rows;
  const direction = sorting.down ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [key(a), key(b)];
    return x === y ? 0 : (x < y ? -1 : 1) * direction;
  });
}

/** Returns the box that scrolls, and the number of its first row to draw. */
function useScroll(long: boolean) {
  const box = useRef<HTMLElement>(null);
  const [from, setFrom] = useState(0);
  useEffect(() => {
    const element = box.current;
    if (!long || !element) return setFrom(0);
    const read = (): void =>
      setFrom(Math.max(0, Math.floor(element.scrollTop / ROW_HEIGHT / 8) * 8 - SEEN / 2));
    read();
    element.addEventListener('scroll', read, { passive: true });
    return () => element.removeEventListener('scroll', read);
  }, [long]);
  return [box, long ? from : 0] as const;
}
