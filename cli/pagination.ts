import type { z } from 'zod';
import type { Session } from './session.ts';

/** The most that the API gives in one page. */
const MAX_PAGE = 1000;

interface Page {
  readonly next?: string | undefined;
}

export interface PagedList<T> {
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** The page's field that holds the rows. */
  readonly rows: string;
  /** Rows wanted in all, in the service's order; without it, every page is read. */
  readonly limit?: number | undefined;
  readonly schema: T;
}

/**
 * Reads a paged list into one answer of the same form, `next` being left only when `limit` cut it short.
 * All pages are of the generation of the first one: the service's `next` sees to that.
 * @throws Failure as `Session.ask`
 */
export async function readPages<T extends z.ZodType<Page>>(
  session: Session,
  list: PagedList<T>,
): Promise<{ raw: Record<string, unknown>; data: z.output<T> }> {
  const wanted = list.limit ?? Number.POSITIVE_INFINITY;
  const rows: unknown[] = [];
  let next: string | undefined;
  for (;;) {
    const limit = String(Math.min(MAX_PAGE, wanted - rows.length));
    const page = await session.request(list.schema, list.path, { query: { ...list.query, limit, next } });
    rows.push(...rowsOf(page.raw, list.rows));
    next = page.data.next;
    if (next !== undefined && rows.length < wanted) continue;
    const { next: _, ...first } = { ...Object(page.raw) };
    const raw = { ...first, [list.rows]: rows, ...(next === undefined ? {} : { next }) };
    return { raw, data: list.schema.parse(raw) };
  }
}

function rowsOf(page: unknown, name: string): unknown[] {
  const rows: unknown = Object(page)[name];
  return Array.isArray(rows) ? rows : [];
}
