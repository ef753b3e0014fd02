import type { z } from 'zod';
import type { Session } from './session.ts';

/** The most that the API gives in one page. */
const PAGE = 1000;
const RESTARTS = 3;

interface Page {
  readonly generation: number;
  readonly next?: string | undefined;
}

export interface PagedList<T> {
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** The page's field that holds the rows. */
  readonly rows: string;
  /** Rows wanted in all; without it, every page is read. */
  readonly limit?: number | undefined;
  readonly schema: T;
}

/**
 * Reads a paged list into one answer of the same form, `next` being left only when `limit` cut it short.
 * A generation published meanwhile makes it start again, so that no answer mixes two.
 * @throws Failure as `Session.ask`
 */
export async function readPages<T extends z.ZodType<Page>>(
  session: Session,
  list: PagedList<T>,
): Promise<{ raw: Record<string, unknown>; data: z.output<T> }> {
  for (let start = 1; ; start++) {
    const raw = await readThrough(session, list, start < RESTARTS);
    if (raw) return { raw, data: list.schema.parse(raw) };
    session.note('a new generation was published while reading; reading again');
  }
}

/** All pages merged, or undefined when the generation changed on the way and that matters. */
async function readThrough<T extends z.ZodType<Page>>(
  session: Session,
  list: PagedList<T>,
  strict: boolean,
): Promise<Record<string, unknown> | undefined> {
  const rows: unknown[] = [];
  let next: string | undefined;
  let generation: number | undefined;
  for (;;) {
    const limit = String(Math.min(PAGE, (list.limit ?? Infinity) - rows.length));
    const query = { ...list.query, limit, next };
    const { raw, data } = await session.ask(list.schema, list.path, { query });
    if (strict && generation !== undefined && data.generation !== generation) return undefined;
    generation = data.generation;
    rows.push(...rowsOf(raw, list.rows));
    const repeated = data.next !== undefined && data.next === next;
    next = data.next;
    if (next !== undefined && !repeated && rows.length < (list.limit ?? Infinity)) continue;
    const { next: _, ...first } = { ...Object(raw) };
    return { ...first, [list.rows]: rows, ...(next === undefined ? {} : { next }) };
  }
}

function rowsOf(page: unknown, name: string): unknown[] {
  const rows: unknown = Object(page)[name];
  return Array.isArray(rows) ? rows : [];
}
