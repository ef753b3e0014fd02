import * as z from 'zod';
import type { Generation } from '../../generation/generation.ts';
import { CYCLE_CLOSED_MESSAGE } from '../../log-messages.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { parsePatternKey } from '../../pattern/pattern-key.ts';
import { parse } from '../../validation.ts';
import type { CycleSummary, PatternRun } from '../cycle.ts';
import { cycleRunSchema, cycleStatus } from '../cycle.ts';
import type { CycleDeps } from '../dependencies.ts';
import { failedRun, failureReason } from '../failed-run.ts';

type CloseDeps = Pick<CycleDeps, 'heads' | 'cycles' | 'log' | 'now'>;

const inputSchema = z.object({
  cycle: cycleRunSchema,
  patterns: z.array(z.string()),
  results: z.array(z.object({ pattern_key: z.string(), error: z.string().optional() })).default([]),
  failure: z.object({ Error: z.string() }).optional(),
});

/**
 * Closes a run: completes its record and logs the figures of its metrics. A pattern without a result counts as failed.
 * @returns the summary without the patterns, because a state machine's step returns at most 256 kB
 */
export async function closeStep(deps: CloseDeps, input: unknown): Promise<CycleSummary> {
  const { cycle, patterns, results, failure } = parse(inputSchema, input, 'invalid_request');
  const errors = new Map(
    results.flatMap(r => (r.error === undefined ? [] : [[r.pattern_key, r.error] as const])),
  );
  const { runs, staleMs } = await completeRuns(deps, cycle.cycle_id, patterns, errors);
  const summary: CycleSummary = {
    cycle_id: cycle.cycle_id,
    as_of: cycle.as_of,
    started_at: cycle.started_at,
    settings: cycle.pattern_key === undefined ? {} : { pattern_key: cycle.pattern_key },
    status: failure ? 'failed' : cycleStatus(runs),
    finished_at: new Date(deps.now()).toISOString(),
    patterns_total: runs.length,
    patterns_failed: runs.filter(run => run.status === 'failed').length,
    ...(failure && { reason: failureReason(failure.Error) }),
  };
  await deps.cycles.put(summary);
  logClosed(deps, summary, runs, staleMs);
  return summary;
}

/**
 * Records every pattern without a result as failed.
 * @param errors names of the errors that ended a pattern's steps
 * @returns the record of each pattern, and the age of the oldest generation that a failed pattern still serves
 */
async function completeRuns(
  deps: CloseDeps,
  cycleId: string,
  patterns: readonly string[],
  errors: ReadonlyMap<string, string>,
): Promise<{ readonly runs: readonly PatternRun[]; readonly staleMs: number }> {
  const stored = new Map((await deps.cycles.runs(cycleId)).map(run => [run.pattern_key, run]));
  const runs: PatternRun[] = [];
  let staleMs = 0;
  for (const pattern of patterns) {
    const recorded = stored.get(pattern);
    if (recorded && recorded.status !== 'failed') {
      runs.push(recorded);
      continue;
    }
    const current = await generationInForce(deps, parsePatternKey(pattern));
    const failed = failedRun(pattern, current, errors.get(pattern));
    // The step that failed may have recorded the same reason in more detail.
    const run = recorded?.reason?.startsWith(`${failed.reason}: `) ? recorded : failed;
    await deps.cycles.putRun(cycleId, run);
    runs.push(run);
    if (current) staleMs = Math.max(staleMs, deps.now() - Date.parse(current.published_at));
  }
  return { runs, staleMs };
}

/** Returns undefined when the head cannot be read, so that the pattern is still recorded as failed. */
async function generationInForce(
  { heads, log }: Pick<CycleDeps, 'heads' | 'log'>,
  pattern: PatternKey,
): Promise<Generation | undefined> {
  try {
    return (await heads.head(pattern))?.current;
  } catch (error) {
    log.error('head of a failed pattern not read', error, { pattern });
    return undefined;
  }
}

/**
 * Logs the line that metric filters read.
 * @param staleMs age of the oldest generation of a failed pattern; this run has confirmed the others
 */
function logClosed(
  { log, now }: Pick<CycleDeps, 'log' | 'now'>,
  summary: CycleSummary,
  runs: readonly PatternRun[],
  staleMs: number,
): void {
  const sum = (figure: (run: PatternRun) => number): number =>
    runs.reduce((total, run) => total + figure(run), 0);
  log.info(CYCLE_CLOSED_MESSAGE, {
    cycle_id: summary.cycle_id,
    status: summary.status,
    duration_ms: now() - Date.parse(summary.started_at),
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
