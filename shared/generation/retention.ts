import { Fault } from '../errors.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { DAY_MS, expiryAfter } from '../time.ts';
import type { Generation, RetainedRowSetRef } from './generation.ts';
import type { GenerationStores, RowSetStore } from './ports.ts';

/*
 * Every row carries an expiry, so that rows of unused sets are deleted without further work. A set in force is renewed
 * when `RENEW_DAYS` or fewer are left. So a replaced generation can be rolled back to for 30 days, and a set that many
 * generations share outlives all of them.
 */

const KEEP_DAYS = 62;
const RENEW_DAYS = 31;

type Clock = Pick<GenerationStores, 'now'>;

/**
 * Stores rows as a set. Writes nothing when the set in force has the same content, is not yet due for renewal, and its
 * rows are still there: a table may have lost them, or may have been restored alone.
 * @param deps.log receives a line when rows of the set in force had to be written anew
 * @throws Fault `damaged_generation` when the set is damaged after it was written anew
 */
export async function storeUnlessUnchanged<Row>(
  deps: Clock & { readonly log?: { warn(message: string, fields: Readonly<Record<string, string>>): void } },
  store: RowSetStore<Row>,
  pattern: PatternKey,
  rows: readonly Row[],
  inForce: RetainedRowSetRef | undefined,
): Promise<RetainedRowSetRef> {
  const isSame = inForce !== undefined && store.describe(rows).id === inForce.id;
  const isIntact = isSame && (await store.isIntact(pattern, inForce));
  if (isIntact && !isDue(deps, inForce)) return inForce;
  const expiresAt = expiryAfter(deps.now(), KEEP_DAYS);
  const set = await store.write(pattern, rows, expiresAt);
  if (isSame && !isIntact) {
    if (!(await store.isIntact(pattern, set)))
      throw new Fault('damaged_generation', 'the rows differ from those that were just written');
    deps.log?.warn('rows of a set were missing and are written anew', { pattern, set: set.id });
  }
  return { ...set, kept_until: toIso(expiresAt) };
}

/** Extends a set's expiry to `KEEP_DAYS` from now. @throws Fault `damaged_generation` when rows of it are missing */
export async function renew<Row>(
  deps: Clock,
  store: RowSetStore<Row>,
  pattern: PatternKey,
  set: RetainedRowSetRef,
): Promise<RetainedRowSetRef> {
  const expiresAt = expiryAfter(deps.now(), KEEP_DAYS);
  await store.renew(pattern, set, expiresAt);
  return { ...set, kept_until: toIso(expiresAt) };
}

/** Renews the sets of a generation that are due. @returns the same object when none is due */
export async function renewIfDue(
  deps: GenerationStores,
  pattern: PatternKey,
  generation: Generation,
): Promise<Generation> {
  const lessons = await renewSetIfDue(deps, deps.lessons, pattern, generation.lessons);
  const overrides = await renewSetIfDue(deps, deps.overrides, pattern, generation.overrides);
  const score = generation.score && (await renewSetIfDue(deps, deps.scores, pattern, generation.score));
  const same =
    lessons === generation.lessons && overrides === generation.overrides && score === generation.score;
  return same ? generation : { ...generation, lessons, overrides, ...(score && { score }) };
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

const toIso = (epochSecond: number): string => new Date(epochSecond * 1000).toISOString();
