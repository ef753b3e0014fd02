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
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** The lists that later pages continue, each by its place such as `diff.overrides`. `limit` counts the first one. */
  readonly lists: readonly [string, ...string[]];
  /** Maximum number of rows, in the service's order; without it, every page is read. */
  readonly limit?: number | undefined;
  readonly schema: T;
  readonly signal?: AbortSignal;
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
 * A page may hold fewer rows than it was asked for, so only a missing `next` ends the list.
 * @throws Failure as `Session.request`
 */
export async function readPages<T extends z.ZodType<Page>>(
  session: Session,
  { path, query, lists, limit: maxRows = Number.POSITIVE_INFINITY, schema, signal }: PagedList<T>,
): Promise<{ raw: object; data: z.output<T> }> {
  const pages: object[] = [];
  const rowsOf = (place: string): unknown[] => pages.flatMap(page => listAt(page, place));
  let next: string | undefined;
  do {
    const limit = String(Math.min(MAX_PAGE, maxRows - rowsOf(lists[0]).length));
    const call = { query: { ...query, limit, next }, ...(signal && { signal }) };
    const page = await session.request(schema, path, call);
    pages.push(Object(page.raw));
    next = page.data.next;
  } while (next !== undefined && rowsOf(lists[0]).length < maxRows);
  const { next: _, ...first }: { next?: unknown } = { ...pages[0] };
  const whole = lists.reduce<object>((answer, place) => withList(answer, place, rowsOf(place)), first);
  const raw = { ...whole, ...(next === undefined ? {} : { next }) };
  return { raw, data: schema.parse(raw) };
}

/** Returns the list at a place of an answer; an empty one where there is none. */
function listAt(answer: unknown, place: string): unknown[] {
  const list = place.split('.').reduce<unknown>((value, name) => Object(value)[name], answer);
  return Array.isArray(list) ? list : [];
}

/** Returns an answer with the list at a place replaced. */
function withList(answer: unknown, place: string, list: readonly unknown[]): object {
  const [name = '', ...inner] = place.split('.');
  const member = inner.length === 0 ? list : withList(Object(answer)[name], inner.join('.'), list);
  return { ...Object(answer), [name]: member };
}
