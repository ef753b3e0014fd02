import { randomUUID } from 'node:crypto';
import type { Context, Hono } from 'hono';
import type { z } from 'zod';
import type { CycleRecord } from '../../cycle/cycle.ts';
import { cycleId } from '../../cycle/cycle.ts';
import type { CycleStarter, CycleStore } from '../../cycle/cycle-store.ts';
import { readRunOptions } from '../../cycle/run-options.ts';
import { Fault } from '../../errors.ts';
import { requireKnownPattern } from '../../generation/known-pattern.ts';
import type { HeadStore } from '../../generation/ports.ts';
import { firstThatFit, partBytes } from '../answer-size.ts';
import { addRoute, readJson, readQuery } from '../app.ts';
import { callerOf } from '../caller.ts';
import type { PageQuery } from '../pagination.ts';
import { pageByKey } from '../pagination.ts';
import { ROUTES } from '../routes.ts';
import type { cyclePageSchema } from '../schemas/cycles.ts';
import { DEFAULT_LIMIT } from '../schemas/fields.ts';

export interface CycleRoutesDeps {
  readonly heads: Pick<HeadStore, 'isRegistered' | 'patterns'>;
  readonly cycles: CycleStore;
  readonly starter: CycleStarter;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Maximum time that `wait=true` polls for the record of a cycle in another process. API Gateway times out after 30 s.
 */
const WAIT_MS = 25_000;
const POLL_MS = 500;

export function cycleRoutes(app: Hono, deps: CycleRoutesDeps): void {
  addRoute(app, ROUTES.postCycle, c => startCycle(c, deps));

  addRoute(app, ROUTES.getCycles, async c => {
    const { limit, next } = readQuery(c, ROUTES.getCycles.query);
    const cycles = await deps.cycles.listAll(limit + 1, next);
    const page = firstThatFit(cycles, limit);
    const last = page.length < cycles.length ? page.at(-1) : undefined;
    return c.json({ cycles: page, ...(last && { next: last.cycle_id }) });
  });

  addRoute(app, ROUTES.getCycle, async c => {
    const query = readQuery(c, ROUTES.getCycle.query);
    const record = await deps.cycles.get((c.req.param('id') ?? '').slice(0, 128));
    if (!record) throw new Fault('unknown_cycle', 'there is no cycle with this id: see GET /v1/cycles');
    return c.json(cyclePage(record, query));
  });
}

/** Starts a cycle. Answers 200 with its record if `wait=true` and it finishes in time, else 202. */
async function startCycle(c: Context, deps: CycleRoutesDeps): Promise<Response> {
  const { wait } = readQuery(c, ROUTES.postCycle.query);
  const options = readRunOptions(await readJson(c), deps.now());
  if (options.pattern_key !== undefined) await requireKnownPattern(deps.heads, options.pattern_key);
  const id = cycleId(new Date(deps.now()).toISOString(), randomUUID());
  const { done } = await deps.starter.start(id, callerOf(c), options);
  if (!wait) return c.json({ cycle_id: id }, 202);
  await done;
  const record = await finishedCycle(deps, id, done === undefined ? WAIT_MS : 0);
  if (done !== undefined && !record) throw new Fault('store_unavailable', 'the cycle wrote no record');
  // The pages after the first one come from `getCycle`.
  return record ? c.json(cyclePage(record, { limit: DEFAULT_LIMIT })) : c.json({ cycle_id: id }, 202);
}

/** Returns the record of a cycle with one page of its patterns. */
function cyclePage(
  { patterns, ...summary }: CycleRecord,
  query: PageQuery,
): z.output<typeof cyclePageSchema> {
  const { rows, next } = pageByKey(patterns, run => run.pattern_key, query, partBytes(summary));
  return { ...summary, patterns: [...rows], ...next };
}

/** Returns the record of a cycle once it has finished, or undefined if it has not within `waitMs`. */
async function finishedCycle(
  deps: CycleRoutesDeps,
  id: string,
  waitMs: number,
): Promise<CycleRecord | undefined> {
  const until = deps.now() + waitMs;
  for (;;) {
    const record = await deps.cycles.get(id);
    if (record?.finished_at) return record;
    if (deps.now() >= until) return undefined;
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
  }
}
