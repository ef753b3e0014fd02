import { randomUUID } from 'node:crypto';
import type { Context, Hono } from 'hono';
import type { CycleRecord } from '../cycle/cycle.ts';
import { cycleOptionsSchema } from '../cycle/cycle.ts';
import type { CycleStarter } from '../cycle/cycle-store.ts';
import type { CycleDeps } from '../cycle/dependencies.ts';
import { cycleId } from '../cycle/steps.ts';
import { Fault } from '../errors.ts';
import type { Operator } from '../generation/change-head.ts';
import { rollBack, setMode, setSettings } from '../generation/change-head.ts';
import { effectiveSettings, requirePolicy } from '../generation/effective-settings.ts';
import type { Generation, Head, RowSetRef } from '../generation/head.ts';
import type { RowSetStore } from '../generation/ports.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { parsePatternKey } from '../pattern/pattern-key.ts';
import { parse } from '../validation.ts';
import { addRoute, patternParam, readJson, readQuery } from './app.ts';
import { compareGenerations } from './diff.ts';
import { openApiDocument } from './openapi.ts';
import { evidenceRoutes } from './routes/evaluation.ts';
import { nMinRoutes } from './routes/n-min.ts';
import { systemStatus } from './routes/status.ts';
import { whatIfRoutes } from './routes/what-if.ts';
import { ROUTES } from './routes.ts';
import type { GenerationAnswer, HeadAnswer } from './schemas/patterns.ts';
import { modeRequestSchema, rollbackRequestSchema, settingsRequestSchema } from './schemas/patterns.ts';

export interface OperateDeps extends CycleDeps {
  readonly starter: CycleStarter;
  readonly cycleMaxAgeMinutes: number;
}

/** How long `wait=true` asks for the record of a run in another process: API Gateway gives up after 30 s. */
const WAIT_MS = 25_000;
const POLL_MS = 500;

/** Registers what operators and readers ask. */
export function operateRoutes(app: Hono, deps: OperateDeps): void {
  readRoutes(app, deps);
  cycleRoutes(app, deps);
  patternRoutes(app, deps);
  evidenceRoutes(app, deps);
  nMinRoutes(app, deps);
  whatIfRoutes(app, deps);
  addRoute(app, ROUTES.getHealth, c => c.json({ ok: true }));
  addRoute(app, ROUTES.getOpenApi, c => c.json(openApiDocument()));
}

function readRoutes(app: Hono, deps: OperateDeps): void {
  addRoute(app, ROUTES.getStatus, async c => c.json(await systemStatus(deps)));

  addRoute(app, ROUTES.getOverrides, async c => {
    const query = readQuery(c, ROUTES.getOverrides.query);
    const { pattern, generation, rows, next } = await page(deps, deps.overrides, 'overrides', query);
    return c.json({ pattern_key: pattern, generation, overrides: rows, ...next });
  });

  addRoute(app, ROUTES.getLessons, async c => {
    const query = readQuery(c, ROUTES.getLessons.query);
    if (query.near) return c.json(await nearLessons(deps, parsePatternKey(query.pattern_key), query.limit));
    const { pattern, generation, rows, next } = await page(deps, deps.lessons, 'lessons', query);
    return c.json({ pattern_key: pattern, generation, lessons: rows, ...next });
  });
}

function cycleRoutes(app: Hono, deps: OperateDeps): void {
  addRoute(app, ROUTES.postCycle, async c => {
    const { wait } = readQuery(c, ROUTES.postCycle.query);
    const options = parse(cycleOptionsSchema, await readJson(c), 'invalid_request');
    if (options.policy !== undefined) requirePolicy(options.policy);
    if (options.pattern_key !== undefined) parsePatternKey(options.pattern_key);
    const id = cycleId(new Date(deps.now()).toISOString(), randomUUID());
    const { done } = await deps.starter.start(id, options);
    if (!wait) return c.json({ cycle_id: id }, 202);
    await done;
    const record = await finishedCycle(deps, id, done === undefined ? WAIT_MS : 0);
    if (done !== undefined && !record) throw new Fault('store_unavailable', 'the run left no record');
    return record?.finished_at ? c.json(record) : c.json({ cycle_id: id }, 202);
  });

  addRoute(app, ROUTES.getCycles, async c => {
    const { limit, next } = readQuery(c, ROUTES.getCycles.query);
    const cycles = await deps.cycles.records(limit + 1, next);
    const last = cycles.length > limit ? cycles[limit - 1] : undefined;
    return c.json({ cycles: cycles.slice(0, limit), ...(last && { next: last.cycle_id }) });
  });

  addRoute(app, ROUTES.getCycle, async c => {
    const record = await deps.cycles.get((c.req.param('id') ?? '').slice(0, 128));
    if (!record) throw new Fault('unknown_cycle', 'no run with this id is kept');
    return c.json(record);
  });
}

function patternRoutes(app: Hono, deps: OperateDeps): void {
  addRoute(app, ROUTES.putMode, async c => {
    const pattern = patternParam(c);
    const { mode, reason } = parse(modeRequestSchema, await readJson(c), 'invalid_request');
    return c.json(headAnswer(pattern, await setMode(deps, pattern, mode, operator(c, reason))));
  });

  addRoute(app, ROUTES.putSettings, async c => {
    const pattern = patternParam(c);
    const { reason, policy, challengers, ...rest } = parse(
      settingsRequestSchema,
      await readJson(c),
      'invalid_request',
    );
    const settings = {
      ...rest,
      ...(policy !== undefined && { policy: requirePolicy(policy) }),
      ...(challengers && { challengers: challengers.map(requirePolicy) }),
    };
    const head = await setSettings(deps, pattern, settings, operator(c, reason));
    const inForce = effectiveSettings(deps.defaults, head.settings);
    return c.json({ pattern_key: pattern, ...inForce, last_change: head.last_change });
  });

  addRoute(app, ROUTES.postRollback, async c => {
    const pattern = patternParam(c);
    const { generation, reason } = parse(rollbackRequestSchema, await readJson(c), 'invalid_request');
    return c.json(headAnswer(pattern, await rollBack(deps, pattern, generation, operator(c, reason))));
  });

  addRoute(app, ROUTES.getGenerations, async c => {
    const pattern = patternParam(c);
    const { diff } = readQuery(c, ROUTES.getGenerations.query);
    const head = await deps.heads.head(pattern);
    const past = await deps.heads.archived(pattern);
    const current = head?.current;
    const kept = [...(current ? [current] : []), ...past.filter(g => g.generation !== current?.generation)];
    kept.sort((a, b) => b.generation - a.generation);
    return c.json({
      pattern_key: pattern,
      generations: kept.map(g => generationAnswer(g, g === current)),
      changes: await deps.heads.audits(pattern),
      ...(diff && { diff: await compareGenerations(deps, pattern, kept, diff) }),
    });
  });
}

interface PageQuery {
  readonly pattern_key: string;
  readonly limit: number;
  readonly next?: string | undefined;
}

interface Page {
  readonly pattern: PatternKey;
  readonly generation: number;
  readonly rows: object[];
  readonly next: { next?: string };
}

const TOKEN = /^(\d{1,10})\.([0-9a-f]{32})\.([0-9a-f]{32}#[a-z0-9_]{1,40})$/;

/** A page of the set in force, or, with a token, of the set that the page before came from. */
async function page<Row extends object>(
  deps: OperateDeps,
  store: RowSetStore<Row>,
  set: 'lessons' | 'overrides',
  query: PageQuery,
): Promise<Page> {
  const pattern = parsePatternKey(query.pattern_key);
  const start = query.next === undefined ? await pageInForce(deps, pattern, set) : pageOfToken(query.next);
  if (!start) return { pattern, generation: 0, rows: [], next: {} };
  const found = await store.page(pattern, start.set, start.from, query.limit);
  const next = found.next && `${start.generation}.${start.set.id}.${found.next}`;
  const rows = found.rows.map(row => ({ pattern_key: pattern, ...row }));
  return { pattern, generation: start.generation, rows, next: next ? { next } : {} };
}

interface PageStart {
  readonly generation: number;
  readonly set: RowSetRef;
  readonly from: string;
}

async function pageInForce(
  deps: OperateDeps,
  pattern: PatternKey,
  set: 'lessons' | 'overrides',
): Promise<PageStart | undefined> {
  const current = (await deps.heads.head(pattern))?.current;
  return current && { generation: current.generation, set: current[set], from: '' };
}

function pageOfToken(token: string): PageStart {
  const [, generation, id, from] = TOKEN.exec(token) ?? [];
  if (generation === undefined || id === undefined || from === undefined)
    throw new Fault('invalid_page_token', 'pass "next" exactly as the page before gave it');
  return { generation: Number(generation), set: { id, rows: 1, chunks: 1 }, from };
}

async function nearLessons(deps: OperateDeps, pattern: PatternKey, limit: number): Promise<object> {
  const [head, near] = await Promise.all([deps.heads.head(pattern), deps.heads.near(pattern)]);
  const lessons = near.slice(0, limit).map(lesson => ({ pattern_key: pattern, ...lesson }));
  return { pattern_key: pattern, generation: head?.current?.generation ?? 0, lessons };
}

/** The record of a run once it has finished; undefined when it has not within `waitMs`. */
async function finishedCycle(
  deps: OperateDeps,
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

function headAnswer(pattern: PatternKey, head: Head): HeadAnswer {
  return {
    pattern_key: pattern,
    mode: head.mode,
    generation: head.current?.generation ?? 0,
    latest_generation: head.latest,
    last_change: head.last_change,
  };
}

function generationAnswer(generation: Generation, in_force: boolean): GenerationAnswer {
  const { lessons, overrides, ...rest } = generation;
  return { ...rest, in_force, lessons: lessons.rows, overrides: overrides.rows };
}

/** Who calls, as API Gateway authenticated it; a local service knows only that it is local. */
function operator(c: Context, why: string): Operator {
  const authorizer = c.env?.requestContext?.authorizer;
  const who = authorizer?.iam?.userArn ?? authorizer?.jwt?.claims?.sub ?? 'local';
  return { who: String(who).slice(0, 256), why };
}
