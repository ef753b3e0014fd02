import { Fault } from '../errors.ts';
import type { Generation, RowSetRef } from '../generation/generation.ts';
import { requireKnownPattern } from '../generation/known-pattern.ts';
import type { HeadStore, RowSetStore } from '../generation/ports.ts';
import { shortHash } from '../hash.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { parsePatternKey } from '../pattern/pattern-key.ts';
import { firstThatFit, pageFits } from './answer-size.ts';
import type { ComputedRunDeps } from './computed-run.ts';
import { readComputedRun } from './computed-run.ts';
import { type Selection, selectedRows } from './selected-rows.ts';

/** The query parameters of a paged list. */
export interface PageQuery {
  readonly limit: number;
  readonly next?: string | undefined;
  /** The run whose result is read; by default what is in force. */
  readonly cycle_id?: string | undefined;
}

interface Page {
  /** The members that every list of a pattern begins with. */
  readonly head: {
    readonly pattern_key: PatternKey;
    readonly generation: number;
    readonly cycle_id?: string;
  };
  readonly rows: object[];
  /** Holds the token of the next page; empty on the last page. */
  readonly next: { next?: string };
}

/** The start of a page: a row set of a generation, and the key of its first row (`''`: the first of the set). */
interface PageStart {
  readonly generation: number;
  readonly set: RowSetRef;
  readonly from: string;
}

/** A page token: generation, id of the row set, key of the first row. */
const TOKEN = /^(\d{1,10})\.([0-9a-f]{32})\.([0-9a-f]{32}#[a-z0-9_]{1,40})$/;

export interface PageDeps extends ComputedRunDeps {
  readonly heads: Pick<HeadStore, 'head' | 'isRegistered' | 'patterns'>;
}

/**
 * Reads a page of the row set in force, or of the one that a run computed. With a token it continues in the row set of
 * the first page, even if another generation is in force by then.
 * @throws Fault `invalid_pattern_key`, `invalid_page_token`, `unknown_pattern`, `unknown_cycle`,
 * `trial_expired`
 */
async function readPage<Row extends object>(
  deps: PageDeps,
  store: RowSetStore<Row>,
  set: keyof Pick<Generation, 'lessons' | 'overrides'>,
  query: PageQuery & { readonly pattern_key: string },
): Promise<Page> {
  const pattern = parsePatternKey(query.pattern_key);
  const { cycle_id } = query;
  await requireKnownPattern(deps.heads, pattern);
  const first =
    cycle_id !== undefined
      ? await firstPageOfRun(deps, pattern, cycle_id, set)
      : query.next === undefined
        ? await firstPage(deps.heads, pattern, set)
        : undefined;
  const start = query.next === undefined ? first : parseToken(query.next);
  const head = {
    pattern_key: pattern,
    generation: start?.generation ?? 0,
    ...(cycle_id !== undefined && { cycle_id }),
  };
  if (!start) return { head, rows: [], next: {} };
  const answerRow = (row: Row): object => ({ pattern_key: pattern, ...row });
  const fits = pageFits(query.limit);
  const page = await store.page(pattern, start.set, start.from, row => fits(answerRow(row)));
  const next = page.next && `${start.generation}.${start.set.id}.${page.next}`;
  return { head, rows: page.rows.map(answerRow), next: next ? { next } : {} };
}

/**
 * Reads a page of the rows that a selection wants. Its token holds as long as the set in force.
 * @throws Fault like `readPage`
 */
export async function readSelectedPage<Row extends object>(
  deps: PageDeps,
  store: RowSetStore<Row>,
  set: keyof Pick<Generation, 'lessons' | 'overrides'>,
  query: PageQuery & Selection & { readonly pattern_key: string },
  sortKeys: Parameters<typeof selectedRows<Row>>[4],
): Promise<Page> {
  if (query.contains === undefined && query.sort === undefined) return readPage(deps, store, set, query);
  const pattern = parsePatternKey(query.pattern_key);
  const { cycle_id } = query;
  await requireKnownPattern(deps.heads, pattern);
  const start = await (cycle_id === undefined
    ? firstPage(deps.heads, pattern, set)
    : firstPageOfRun(deps, pattern, cycle_id, set));
  const head = {
    pattern_key: pattern,
    generation: start?.generation ?? 0,
    ...(cycle_id !== undefined && { cycle_id }),
  };
  if (!start) return { head, rows: [], next: {} };
  const selected = await selectedRows(store, pattern, start.set, query, sortKeys);
  const version = shortHash(`${start.set.id} ${query.contains} ${query.sort}`);
  const { rows, next } = pageByPosition(selected, version, query);
  return { head, rows: rows.map(row => ({ pattern_key: pattern, ...row })), next };
}

async function firstPage(
  heads: Pick<HeadStore, 'head'>,
  pattern: PatternKey,
  set: 'lessons' | 'overrides',
): Promise<PageStart | undefined> {
  const current = (await heads.head(pattern))?.current;
  return current && { generation: current.generation, set: current[set], from: '' };
}

async function firstPageOfRun(
  deps: ComputedRunDeps,
  pattern: PatternKey,
  cycleId: string,
  set: 'lessons' | 'overrides',
): Promise<PageStart> {
  const { generation, sets } = await readComputedRun(deps, pattern, cycleId);
  return { generation, set: sets[set], from: '' };
}

function parseToken(token: string): PageStart {
  const [, generation, id, from] = TOKEN.exec(token) ?? [];
  if (generation === undefined || id === undefined || from === undefined) throw invalidToken();
  // The token carries no counts. Reading a page only requires that the set is not empty.
  return { generation: Number(generation), set: { id, rows: 1, chunks: 1 }, from };
}

/** A page of a list that is in memory. `next` names its first row that is left. */
interface ListPage<T> {
  readonly rows: readonly T[];
  readonly next: { next?: string };
}

/**
 * Cuts a page out of a list whose rows have a key each. Its token is the key of the page's first row.
 * @param reserved bytes of the other members of the answer
 * @throws Fault `invalid_page_token` when no row has the key
 */
export function pageByKey<T extends object>(
  list: readonly T[],
  keyOf: (row: T) => string,
  { limit, next }: PageQuery,
  reserved = 0,
): ListPage<T> {
  const start = next === undefined ? 0 : list.findIndex(row => keyOf(row) === next);
  if (start === -1) throw invalidToken();
  const rows = firstThatFit(list.slice(start), limit, reserved);
  const rest = list[start + rows.length];
  return { rows, next: rest ? { next: keyOf(rest) } : {} };
}

/**
 * Cuts a page out of a list that does not change under its version. Its token is the version and a position.
 * @param version a text without a dot
 * @param reserved bytes of the other members of the answer
 * @throws Fault `invalid_page_token`, also for a list of another version
 */
export function pageByPosition<T extends object>(
  list: readonly T[],
  version: string,
  { limit, next }: PageQuery,
  reserved = 0,
): ListPage<T> {
  const [of, position = '0'] = next === undefined ? [version] : next.split('.');
  if (of !== version) throw changedList();
  if (!/^\d{1,9}$/.test(position) || Number(position) > list.length) throw invalidToken();
  const rows = firstThatFit(list.slice(Number(position)), limit, reserved);
  const end = Number(position) + rows.length;
  return { rows, next: end < list.length ? { next: `${version}.${end}` } : {} };
}

function invalidToken(): Fault {
  return new Fault('invalid_page_token', 'the page token is invalid: pass "next" exactly as it was returned');
}

function changedList(): Fault {
  return new Fault(
    'invalid_page_token',
    'the list of this page token has changed: start from the first page',
  );
}
