import * as z from 'zod';
import type { RowSetRef } from '../generation/generation.ts';
import type { RowSetStore } from '../generation/ports.ts';
import { describeScope } from '../pattern/describe-scope.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Scope } from '../pattern/scope.ts';

/** The selection and the order of a list's rows. */
export interface Selection {
  readonly contains?: string | undefined;
  readonly sort?: string | undefined;
}

type SortKey<Row> = (row: Row) => number;

/**
 * Returns the query parameters of a list that selects and sorts.
 * @param names of the figures by which it sorts
 */
export function selectionQuery<Name extends string>(names: readonly Name[]) {
  return {
    contains: z.string().trim().min(1).max(128).optional().meta({
      description: 'only rows whose lever, scope or reason contains this text, whatever its case',
    }),
    sort: z
      .enum(names.flatMap(name => [name, `-${name}`]))
      .optional()
      .meta({ description: 'the figure to sort by, descending with -; without it, by scope hash' }),
  };
}

interface ListRow {
  readonly action_category: string;
  readonly scope_subset: Scope;
  readonly reason?: string;
  readonly why_not?: string | undefined;
}

interface CachedSet {
  readonly rows: readonly object[];
  /** The text of each row that `contains` is compared with. */
  readonly texts: readonly string[];
}

/** Sets of the last lists. They are immutable, so their id is enough. */
const MAX_SETS = 4;
const cache = new WeakMap<object, Map<string, CachedSet>>();

/** Reads the rows of a set that a selection wants, in its order. Equal rows stay in the order of the set. */
export async function selectedRows<Row extends object>(
  store: RowSetStore<Row>,
  pattern: PatternKey,
  set: RowSetRef,
  { contains, sort }: Selection,
  sortKeys: Readonly<Record<string, SortKey<Row>>>,
): Promise<readonly Row[]> {
  const { rows, texts } = await readSet(store, pattern, set);
  const wanted = contains?.toLowerCase();
  const chosen = wanted === undefined ? rows : rows.filter((_, i) => texts[i]?.includes(wanted));
  const key = sort === undefined ? undefined : sortKeys[sort.replace(/^-/, '')];
  if (!key) return chosen as readonly Row[];
  const direction = sort?.startsWith('-') ? -1 : 1;
  return (chosen as readonly Row[]).toSorted((a, b) => direction * (key(a) - key(b)));
}

async function readSet<Row extends object>(
  store: RowSetStore<Row>,
  pattern: PatternKey,
  set: RowSetRef,
): Promise<CachedSet> {
  const sets = cache.get(store) ?? new Map<string, CachedSet>();
  cache.set(store, sets);
  const id = `${pattern} ${set.id}`;
  const known = sets.get(id);
  if (known) return known;
  const rows = await store.read(pattern, set);
  const read = { rows, texts: rows.map(row => textOf(row as unknown as ListRow)) };
  const [oldest] = sets.keys();
  if (sets.size >= MAX_SETS && oldest !== undefined) sets.delete(oldest);
  sets.set(id, read);
  return read;
}

function textOf({ action_category, scope_subset, reason = '', why_not = '' }: ListRow): string {
  return `${action_category} ${describeScope(scope_subset)} ${reason} ${why_not}`.toLowerCase();
}
