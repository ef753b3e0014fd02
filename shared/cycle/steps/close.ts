import * as z from 'zod';
import { CYCLE_CLOSED_MESSAGE, TRIAL_CLOSED_MESSAGE } from '../../log-messages.ts';
import { DAY_MS } from '../../time.ts';
import { parse } from '../../validation.ts';
import { lookupsDegraded } from '../../warning/degraded-lookups.ts';
import type { Warning } from '../../warning/warning.ts';
import { boundWarnings, findingsIn } from '../../warning/warning.ts';
import type { CycleRun, CycleSummary, PatternRun } from '../cycle.ts';
import { cycleRunSchema, cycleStatus } from '../cycle.ts';
import type { CycleDeps } from '../dependencies.ts';
import { failedRun, failureReason } from '../failed-run.ts';
import { generationInForce } from '../generation-in-force.ts';
import { coversAllPatterns, patternsWaiting } from '../health.ts';
import { runRecord } from '../run-options.ts';

type CloseDeps = Pick<CycleDeps, 'heads' | 'cycles' | 'degradedLookups' | 'log' | 'now'>;

/** Number of newest runs that are searched for the previous finished one. */
const RECENT_CYCLES = 10;
/** Number of failed patterns that are completed concurrently. */
const PARALLEL = 25;

const inputSchema = z.object({
  cycle: cycleRunSchema,
  failure: z.object({ Error: z.string() }).optional(),
});

/**
 * Closes a run: completes its record and logs the figures of its metrics. A pattern without a result counts as failed.
 * @returns the summary without the patterns, because a state machine's step returns at most 256 kB
 */
export async function closeStep(deps: CloseDeps, input: unknown): Promise<CycleSummary> {
  const { cycle, failure } = parse(inputSchema, input, 'invalid_request');
  const { runs, staleMs } = await completeRuns(deps, cycle.cycle_id);
  const failed = failure && failureReason(failure.Error);
  const summary: CycleSummary = {
    ...runRecord(cycle),
    status: failure ? 'failed' : cycleStatus(runs),
    finished_at: new Date(deps.now()).toISOString(),
    patterns_total: runs.length,
    patterns_failed: runs.filter(run => run.status === 'failed').length,
    ...(failed && { failure: failed.reason, failure_code: failed.reason_code }),
    warnings: boundWarnings([...runs.flatMap(run => run.warnings), ...(await degradedSince(deps, cycle))]),
  };
  await deps.cycles.put(summary);
  const waiting = await waitingPatterns(deps, summary);
  logClosed(deps, summary, runs, { staleMs, waiting });
  return summary;
}

/**
 * Returns the warnings about look-ups that answered neutral since the previous run finished, or within a day. A trial
 * has none.
 */
async function degradedSince(
  { cycles, degradedLookups, now }: CloseDeps,
  { trial }: CycleRun,
): Promise<Warning[]> {
  if (trial) return [];
  const previous = (await cycles.list(RECENT_CYCLES)).find(run => run.finished_at !== undefined);
  const since = previous?.finished_at === undefined ? now() - DAY_MS : Date.parse(previous.finished_at);
  return lookupsDegraded(await degradedLookups.since(since), since);
}

/**
 * Records every pattern without a result as failed.
 * @returns the record of each pattern, and the age of the oldest generation that a failed pattern still serves
 */
async function completeRuns(
  deps: CloseDeps,
  cycleId: string,
): Promise<{ readonly runs: readonly PatternRun[]; readonly staleMs: number }> {
  const stored = new Map((await deps.cycles.runs(cycleId)).map(run => [run.pattern_key, run]));
  const patterns = await deps.cycles.patterns(cycleId);
  const runs: PatternRun[] = [];
  let staleMs = 0;
  for (let from = 0; from < patterns.length; from += PARALLEL) {
    const completed = patterns.slice(from, from + PARALLEL).map(async pattern => {
      const recorded = stored.get(pattern);
      if (recorded && recorded.status !== 'failed') return recorded;
      const current = await generationInForce(deps, pattern);
      if (current) staleMs = Math.max(staleMs, deps.now() - Date.parse(current.published_at));
      if (recorded) return recorded;
      const failed = failedRun(pattern, current);
      await deps.cycles.putRun(cycleId, failed);
      return failed;
    });
    runs.push(...(await Promise.all(completed)));
  }
  return { runs, staleMs };
}

/**
 * Returns the number of patterns whose outcomes wait for events, as `status` finds them after this run. Patterns that
 * only outcomes have named are in no run, so all registered ones are read.
 */
async function waitingPatterns({ heads }: Pick<CloseDeps, 'heads'>, summary: CycleSummary): Promise<number> {
  if (!coversAllPatterns(summary)) return 0;
  return patternsWaiting(await heads.overview(), Date.parse(summary.started_at)).length;
}

/**
 * Logs the line that metric filters read. That of a trial has another message, so that no metric and no alarm takes it
 * for a run of the schedule.
 * @param figures.staleMs age of the oldest generation of a failed pattern; this run has confirmed the others
 * @param figures.waiting number of patterns whose outcomes wait
 */
function logClosed(
  { log, now }: Pick<CycleDeps, 'log' | 'now'>,
  summary: CycleSummary,
  runs: readonly PatternRun[],
  { staleMs, waiting }: { readonly staleMs: number; readonly waiting: number },
): void {
  const sum = (figure: (run: PatternRun) => number): number =>
    runs.reduce((total, run) => total + figure(run), 0);
  log.info(summary.trial ? TRIAL_CLOSED_MESSAGE : CYCLE_CLOSED_MESSAGE, {
    cycle_id: summary.cycle_id,
    status: summary.status,
    duration_ms: now() - Date.parse(summary.started_at),
    // A run of one pattern says nothing of the others, so the alarm for missing runs does not count it.
    runs_finished: Number(summary.status !== 'failed' && coversAllPatterns(summary)),
    patterns: runs.length,
    events_read: sum(run => run.events_read),
    lessons: sum(run => run.lessons),
    overrides: sum(run => run.overrides),
    patterns_changed: sum(run => Number(run.published)),
    patterns_cut: sum(run => Number(run.cut !== undefined)),
    patterns_failed: summary.patterns_failed,
    patterns_waiting: waiting,
    patterns_harmful: sum(run => Number(run.warnings.some(({ code }) => code === 'guard_harmful'))),
    warnings: findingsIn(summary.warnings),
    generation_age_minutes: Math.round(staleMs / 60_000),
  });
}
