import type { PatternKey } from '../pattern/pattern-key.ts';
import { DAY_MS } from '../time.ts';
import type { Generation, RetainedRowSetRef } from './head.ts';
import type { GenerationStores, RowSetStore } from './ports.ts';

/*
 * Rows carry an expiry, so that what nothing points to disappears by itself. A set in force is renewed when it has
 * `RENEW_DAYS` left: so a generation can be rolled back to for 30 days after it is superseded, and one set that many
 * generations share outlives them all.
 */

const KEEP_DAYS = 62;
const RENEW_DAYS = 31;

type Clock = Pick<GenerationStores, 'now'>;

/** Stores rows as a set. Those of the set in force are there already, until it is time to write them anew. */
export async function storeUnlessUnchanged<Row>(
  deps: Clock,
  store: RowSetStore<Row>,
  pattern: PatternKey,
  rows: readonly Row[],
  inForce: RetainedRowSetRef | undefined,
): Promise<RetainedRowSetRef> {
  if (inForce && !isDue(deps, inForce) && store.describe(rows).id === inForce.id) return inForce;
  const expiresAt = expiry(deps);
  return { ...(await store.write(pattern, rows, expiresAt)), kept_until: instant(expiresAt) };
}

/** Keeps a set for its full time from now on. @throws Fault `damaged_generation` when rows of it are gone */
export async function renew<Row>(
  deps: Clock,
  store: RowSetStore<Row>,
  pattern: PatternKey,
  set: RetainedRowSetRef,
): Promise<RetainedRowSetRef> {
  const expiresAt = expiry(deps);
  await store.renew(pattern, set, expiresAt);
  return { ...set, kept_until: instant(expiresAt) };
}

/** The generation with both sets renewed as far as that is due. */
export async function renewIfDue(
  deps: GenerationStores,
  pattern: PatternKey,
  generation: Generation,
): Promise<Generation> {
  const lessons = await renewSetIfDue(deps, deps.lessons, pattern, generation.lessons);
  const overrides = await renewSetIfDue(deps, deps.overrides, pattern, generation.overrides);
  const same = lessons === generation.lessons && overrides === generation.overrides;
  return same ? generation : { ...generation, lessons, overrides };
}

async function renewSetIfDue<Row>(
  deps: Clock,
  store: RowSetStore<Row>,
  pattern: PatternKey,
  set: RetainedRowSetRef,
): Promise<RetainedRowSetRef> {
  return isDue(deps, set) ? renew(deps, store, pattern, set) : set;
}

function isDue(deps: Clock, set: RetainedRowSetRef): boolean {
  return Date.parse(set.kept_until) - deps.now() <= RENEW_DAYS * DAY_MS;
}

/** Epoch second until which rows written now are kept. */
const expiry = (deps: Clock): number => Math.ceil((deps.now() + KEEP_DAYS * DAY_MS) / 1000);

const instant = (epochSecond: number): string => new Date(epochSecond * 1000).toISOString();
