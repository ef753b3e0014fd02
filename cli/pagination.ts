import type { z } from 'zod';
import { printable } from './format.ts';
import type { Session } from './session.ts';

/** Largest page of the API, in rows. */
const MAX_PAGE = 1000;

interface Page {
  readonly next?: string | undefined;
}

interface PagedList<T> {
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** The page's field that holds the rows. */
  readonly rows: string;
  /** Maximum number of rows, in the service's order; without it, every page is read. */
  readonly limit?: number | undefined;
  readonly schema: T;
}

/** Names what a list contains: the generation in force, or the run that computed it. */
export function sourceOf(page: {
  readonly generation: number;
  readonly cycle_id?: string | undefined;
}): string {
  return page.cycle_id === undefined ? `generation ${page.generation}` : `cycle ${printable(page.cycle_id)}`;
}

/**
 * Reads a paged list into one response of the same form; `next` remains only when `limit` cut the list short.
 * The page token contains the generation, so all pages come from the generation of the first one.
 * @throws Failure as `Session.request`
 */
export async function readPages<T extends z.ZodType<Page>>(
  session: Session,
  list: PagedList<T>,
): Promise<{ raw: Record<string, unknown>; data: z.output<T> }> {
  const maxRows = list.limit ?? Number.POSITIVE_INFINITY;
  const rows: unknown[] = [];
  let next: string | undefined;
  for (;;) {
    const limit = String(Math.min(MAX_PAGE, maxRows - rows.length));
    const page = await session.request(list.schema, list.path, { query: { ...list.query, limit, next } });
    rows.push(...rowsOf(page.raw, list.rows));
    next = page.data.next;
    if (next !== undefined && rows.length < maxRows) continue;
    const { next: _, ...otherFields } = { ...Object(page.raw) };
    const raw = { ...otherFields, [list.rows]: rows, ...(next === undefined ? {} : { next }) };
    return { raw, data: list.schema.parse(raw) };
  }
}

function rowsOf(page: unknown, name: string): unknown[] {
  const rows: unknown = Object(page)[name];
  return Array.isArray(rows) ? rows : [];
}
