import { Fault } from '../errors.ts';
import type { Generation, RowSetRef } from '../generation/generation.ts';
import { requireKnownPattern } from '../generation/known-pattern.ts';
import type { HeadStore, RowSetStore } from '../generation/ports.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { parsePatternKey } from '../pattern/pattern-key.ts';

interface PageQuery {
  readonly pattern_key: string;
  readonly limit: number;
  readonly next?: string | undefined;
}

interface Page {
  readonly pattern: PatternKey;
  readonly generation: number;
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

/**
 * Reads a page of the row set in force. With a token it continues in the row set of the first page, even if another
 * generation is in force by then.
 * @throws Fault `invalid_pattern_key`, `invalid_page_token`, `unknown_pattern`
 */
export async function readPage<Row extends object>(
  heads: Pick<HeadStore, 'head' | 'isRegistered' | 'patterns'>,
  store: RowSetStore<Row>,
  set: keyof Pick<Generation, 'lessons' | 'overrides'>,
  query: PageQuery,
): Promise<Page> {
  const pattern = parsePatternKey(query.pattern_key);
  const token = query.next === undefined ? undefined : parseToken(query.next);
  await requireKnownPattern(heads, pattern);
  const start = token ?? (await firstPage(heads, pattern, set));
  if (!start) return { pattern, generation: 0, rows: [], next: {} };
  const page = await store.page(pattern, start.set, start.from, query.limit);
  const next = page.next && `${start.generation}.${start.set.id}.${page.next}`;
  const rows = page.rows.map(row => ({ pattern_key: pattern, ...row }));
  return { pattern, generation: start.generation, rows, next: next ? { next } : {} };
}

async function firstPage(
  heads: Pick<HeadStore, 'head'>,
  pattern: PatternKey,
  set: 'lessons' | 'overrides',
): Promise<PageStart | undefined> {
  const current = (await heads.head(pattern))?.current;
  return current && { generation: current.generation, set: current[set], from: '' };
}

function parseToken(token: string): PageStart {
  const [, generation, id, from] = TOKEN.exec(token) ?? [];
  if (generation === undefined || id === undefined || from === undefined)
    throw new Fault(
      'invalid_page_token',
      'the page token is invalid: pass "next" exactly as it was returned',
    );
  // The token carries no counts. Reading a page only requires that the set is not empty.
  return { generation: Number(generation), set: { id, rows: 1, chunks: 1 }, from };
}
