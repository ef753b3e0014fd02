import * as z from 'zod';
import { Fault } from '../errors.ts';
import { effectiveSettings, requirePolicy } from '../generation/effective-settings.ts';
import type { Generation } from '../generation/head.ts';
import { storeUnlessUnchanged } from '../generation/retention.ts';
import { shortHash } from '../hash.ts';
import { dimensionsOf } from '../lesson/lesson.ts';
import { CYCLE_CLOSED_MESSAGE } from '../log-messages.ts';
import { summarize } from '../override/evaluation/evaluation.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { parsePatternKey } from '../pattern/pattern-key.ts';
import { parse } from '../validation.ts';
import type { CycleSummary, PatternRun } from './cycle.ts';
import { cycleOptionsSchema, cycleStatus } from './cycle.ts';
import type { CycleDeps } from './dependencies.ts';
import { readColumns } from './event-window.ts';
import type { CycleRun, MinedPattern } from './publish.ts';
import { minedSchema, publishPattern, runSchema } from './publish.ts';
import { tunePattern } from './tune-pattern.ts';

/*
 * The four steps of a cycle, in the order of infra/cycle/cycle.asl.json. Each may run twice without harm.
 * They fetch and write around pure functions; what passes between them is small, the bulk goes through the store.
 */

const startedSchema = z.object({
  execution: z.object({ name: z.string(), started_at: z.string() }),
  options: z.record(z.string(), z.unknown()).nullish(),
});

/** Time first, so that text order is the order of starting; the name makes a retried start the same run. */
export function cycleId(startedAt: string, executionName: string): string {
  const time = new Date(startedAt).toISOString().replace(/[-:.]/g, '');
  return `${time}-${shortHash(executionName).slice(0, 8)}`;
}

/**
 * Opens a run: records it as running and lists the patterns to tune.
 * @throws Fault `invalid_request`, `invalid_pattern_key`, `policy_not_available`
 */
export async function openCycle(
  deps: CycleDeps,
  input: unknown,
): Promise<{ cycle: CycleRun; patterns: PatternKey[] }> {
  const { execution, options } = parse(startedSchema, input, 'invalid_request');
  const { cycle_id, ...rest } = options ?? {};
  const asked = parse(cycleOptionsSchema, rest, 'invalid_request');
  if (asked.policy !== undefined) requirePolicy(asked.policy);
  const started_at = new Date(execution.started_at).toISOString();
  const { pattern_key, ...settings } = asked;
  const cycle: CycleRun = {
    ...settings,
    cycle_id: typeof cycle_id === 'string' ? cycle_id : cycleId(started_at, execution.name),
    as_of: new Date(asked.as_of ?? started_at).toISOString(),
    started_at,
  };
  const patterns = pattern_key === undefined ? await deps.heads.patterns() : [parsePatternKey(pattern_key)];
  await deps.cycles.put({
    ...identity(cycle),
    status: 'running',
    patterns_total: patterns.length,
    patterns_failed: 0,
  });
  return { cycle, patterns };
}

/**
 * Mines the window of one pattern into lessons, asks every policy that is named what follows from them, and stores
 * the lessons and the overrides of the policy that is to be published. Neither is in force yet.
 */
export async function tuneStep(deps: CycleDeps, input: unknown): Promise<MinedPattern> {
  const { cycle, pattern_key } = parse(
    z.object({ cycle: runSchema, pattern_key: z.string() }),
    input,
    'invalid_request',
  );
  const pattern = parsePatternKey(pattern_key);
  const head = await deps.heads.head(pattern);
  const settings = effectiveSettings(deps.defaults, head?.settings, cycle);
  const columns = await readColumns(
    deps.episodes,
    pattern,
    Date.parse(cycle.as_of),
    settings.lookback_days,
  ).catch(async error => {
    await recordDamagedEvents(deps, cycle, pattern, head?.current, error);
    throw error;
  });
  const tuned = tunePattern(pattern, columns, Date.parse(cycle.as_of), settings);
  const lessons = await storeUnlessUnchanged(
    deps,
    deps.lessons,
    pattern,
    tuned.lessons,
    head?.current?.lessons,
  );
  const overrides = await storeUnlessUnchanged(
    deps,
    deps.overrides,
    pattern,
    tuned.overrides,
    head?.current?.overrides,
  );
  await deps.heads.putNear(pattern, tuned.near);
  await deps.heads.putEvidence(pattern, tuned.evidence);
  await deps.dimensions.putUsed(pattern, dimensionsOf(tuned.lessons));
  return {
    pattern_key: pattern,
    head_version: head?.version ?? 0,
    events_read: columns.size,
    n_min: settings.n_min,
    lookback_days: settings.lookback_days,
    policy: settings.policy,
    payoff: settings.payoff,
    lessons,
    overrides,
    evidence: tuned.evidence.policies.map(summarize),
    ...(tuned.shortfall !== undefined && { shortfall: tuned.shortfall }),
    ...(tuned.note !== undefined && { note: tuned.note }),
    ...(tuned.cut !== undefined && { cut: tuned.cut }),
  };
}

/** Puts a pattern's lessons, and the overrides they led to, in force with one conditional write of its head. */
export async function publishStep(deps: CycleDeps, input: unknown): Promise<PatternRun> {
  const { cycle, mined } = parse(
    z.object({ cycle: runSchema, mined: minedSchema }),
    input,
    'invalid_request',
  );
  const pattern = parsePatternKey(mined.pattern_key);
  const run = await publishPattern(deps, pattern, cycle, mined, await deps.heads.head(pattern));
  await deps.cycles.putRun(cycle.cycle_id, run);
  return run;
}

/** Closes a run with its record; a pattern without a result failed. */
export async function closeCycle(deps: CycleDeps, input: unknown): Promise<CycleSummary> {
  const { cycle, patterns, results, failure } = parse(closingSchema, input, 'invalid_request');
  const errors = new Map(
    results.flatMap(r => (r.error === undefined ? [] : [[r.pattern_key, r.error] as const])),
  );
  const stored = new Map((await deps.cycles.runs(cycle.cycle_id)).map(run => [run.pattern_key, run]));
  const runs: PatternRun[] = [];
  let staleMs = 0;
  for (const pattern of patterns) {
    const done = stored.get(pattern);
    if (done && done.status !== 'failed') {
      runs.push(done);
      continue;
    }
    const current = await generationInForce(deps, parsePatternKey(pattern));
    const failed = failedRun(pattern, current, errors.get(pattern));
    // The step that failed may have said more.
    const run = done?.reason?.startsWith(`${failed.reason}: `) ? done : failed;
    await deps.cycles.putRun(cycle.cycle_id, run);
    runs.push(run);
    if (current) staleMs = Math.max(staleMs, deps.now() - Date.parse(current.published_at));
  }
  const summary: CycleSummary = {
    ...identity(cycle),
    status: failure ? 'failed' : cycleStatus(runs),
    finished_at: new Date(deps.now()).toISOString(),
    patterns_total: runs.length,
    patterns_failed: runs.filter(run => run.status === 'failed').length,
    ...(failure && { reason: `failed: ${failureCode(failure.Error)}` }),
  };
  await deps.cycles.put(summary);
  logClosed(deps, summary, runs, staleMs);
  // Not the patterns too: a state machine's step returns at most 256 kB.
  return summary;
}

/** The line that metrics are made of. A pattern that did not fail has a generation confirmed by this very run. */
function logClosed(
  deps: CycleDeps,
  summary: CycleSummary,
  runs: readonly PatternRun[],
  staleMs: number,
): void {
  const sum = (of: (run: PatternRun) => number): number => runs.reduce((total, run) => total + of(run), 0);
  deps.log.info(CYCLE_CLOSED_MESSAGE, {
    cycle_id: summary.cycle_id,
    status: summary.status,
    duration_ms: deps.now() - Date.parse(summary.started_at),
    patterns: runs.length,
    events_read: sum(run => run.events_read),
    lessons: sum(run => run.lessons),
    overrides: sum(run => run.overrides),
    patterns_changed: sum(run => Number(run.published)),
    patterns_cut: sum(run => Number(run.cut !== undefined)),
    patterns_failed: summary.patterns_failed,
    generation_age_minutes: Math.round(staleMs / 60_000),
  });
}

const closingSchema = z.object({
  cycle: runSchema,
  patterns: z.array(z.string()),
  results: z.array(z.object({ pattern_key: z.string(), error: z.string().optional() })).default([]),
  failure: z.object({ Error: z.string() }).optional(),
});

/** Nothing, when even that cannot be read: the run is recorded as failed all the same. */
async function generationInForce(deps: CycleDeps, pattern: PatternKey): Promise<Generation | undefined> {
  try {
    return (await deps.heads.head(pattern))?.current;
  } catch (error) {
    deps.log.error('head of a failed pattern not read', error, { pattern });
    return undefined;
  }
}

/** Says which events are damaged: of what ends a step, the state machine hands on no more than a code. */
async function recordDamagedEvents(
  deps: CycleDeps,
  cycle: CycleRun,
  pattern: PatternKey,
  current: Generation | undefined,
  error: unknown,
): Promise<void> {
  if (!(error instanceof Fault) || error.code !== 'damaged_event') return;
  const run = failedRun(pattern, current, error.code);
  await deps.cycles.putRun(cycle.cycle_id, { ...run, reason: `${run.reason}: ${error.message}` });
}

function failedRun(pattern: string, current: Generation | undefined, error = 'no_result'): PatternRun {
  return {
    pattern_key: pattern,
    status: 'failed',
    events_read: 0,
    lessons: 0,
    overrides: 0,
    generation: current?.generation ?? 0,
    published: false,
    reason: `failed: ${failureCode(error)}`,
  };
}

/** An error name that may be shown: one of our codes, or what the state machine calls it. */
function failureCode(error: string): string {
  if (error === 'States.Timeout') return 'timeout';
  return /^[a-z_]{1,40}$/.test(error) ? error : 'internal';
}

function identity(cycle: CycleRun): Pick<CycleSummary, 'cycle_id' | 'as_of' | 'started_at'> {
  return { cycle_id: cycle.cycle_id, as_of: cycle.as_of, started_at: cycle.started_at };
}
