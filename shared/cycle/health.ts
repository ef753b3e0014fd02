import type { PatternOverview } from '../generation/ports.ts';
import { isoDate } from '../time.ts';
import type { CycleSummary, PatternRun } from './cycle.ts';
import { damagedHeads, damagedSince } from './damaged-generation.ts';

/** A reason why the service is unhealthy: what is wrong, then what to do. */
interface HealthReason {
  readonly code: string;
  readonly detail: string;
}

/** A pattern with events in the store, of which the window of a run that started now would hold none. */
export interface EmptyWindow {
  readonly pattern: string;
  /** Number of stored events with an outcome. */
  readonly stored: number;
  /** Least number of events of a lesson. */
  readonly nMin: number;
  /** Length of the window, days. */
  readonly lookbackDays: number;
  /** Time of the newest event, milliseconds since 1970. */
  readonly newest: number;
}

/** The facts from which `healthReasons` computes its reasons. */
export interface HealthFacts {
  /** The patterns that are not retired. */
  readonly overview: readonly PatternOverview[];
  /** The patterns that are retired. */
  readonly retired: readonly PatternOverview[];
  /** The newest runs that did not start in the future, newest first. */
  readonly recent: readonly CycleSummary[];
  /** The finished run over all patterns that was written last. */
  readonly lastWritten: CycleSummary | undefined;
  /** The patterns that failed in the last run over all patterns. */
  readonly failedRuns: readonly PatternRun[];
  readonly emptyWindows: readonly EmptyWindow[];
  /** Tables that refuse writes. */
  readonly refusedWrites: readonly string[];
  /** Look-ups that were answered neutral because what is in force could not be read, since the run before the last. */
  readonly degradedLookups: readonly { readonly pattern: string; readonly count: number }[];
  /** The service is unhealthy when the last run over all patterns is older than this. */
  readonly cycleMaxAgeMinutes: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const MINUTE_MS = 60_000;
/** Age of an unfinished cycle that counts as stuck. The state machine times out after 50 minutes. */
const STUCK_MINUTES = 60;
/** Difference between clocks at which a run counts as one from the future. */
const CLOCK_TOLERANCE_MS = 5 * MINUTE_MS;
/** Maximum number of patterns that a reason names. */
const SHOWN_PATTERNS = 5;
/** Number of outcomes in a row without an event that is no chance. While no outcome has found its event, one is enough. */
const WAITING_OUTCOMES = 10;

/** Returns why the service is unhealthy; nothing when it is healthy. */
export function healthReasons(facts: HealthFacts): HealthReason[] {
  return [
    ...refusedWrites(facts),
    ...runFromTheFuture(facts),
    ...tooOld(facts),
    ...stuck(facts),
    ...failure(facts),
    ...outcomesWait(facts),
    ...emptyWindows(facts),
    ...damagedGenerations(facts),
    ...degradedLookups(facts),
  ];
}

/** Returns the milliseconds since a run finished or, if it has not, since it started. */
export function ageMs(cycle: CycleSummary, now: number): number {
  return Math.max(0, now - Date.parse(cycle.finished_at ?? cycle.started_at));
}

/** Returns whether a run covered all patterns and was no trial. A run of one pattern shows nothing of the others. */
export function coversAllPatterns({ trial, settings }: CycleSummary): boolean {
  return !trial && settings.pattern_key === undefined;
}

/** Returns the last time, milliseconds since 1970, that a clock may show now. */
export function latestNow(now: number): number {
  return now + CLOCK_TOLERANCE_MS;
}

/**
 * Returns the run that counts as the last one: it covered all patterns, has finished, and is not from the future. The
 * order of writing decides; only while the run that was written last is from the future, the order of time does.
 */
export function lastCycle({
  lastWritten,
  recent,
  now,
}: Pick<HealthFacts, 'lastWritten' | 'recent' | 'now'>): CycleSummary | undefined {
  if (lastWritten && !isFromTheFuture(lastWritten, now)) return lastWritten;
  return recent.find(
    cycle => cycle.finished_at !== undefined && coversAllPatterns(cycle) && !isFromTheFuture(cycle, now),
  );
}

function isFromTheFuture(cycle: CycleSummary, now: number): boolean {
  return Date.parse(cycle.finished_at ?? cycle.started_at) > latestNow(now);
}

function refusedWrites({ refusedWrites: tables }: HealthFacts): HealthReason[] {
  if (tables.length === 0) return [];
  const detail =
    `the store refuses writes to ${tables.join(', ')}, so events and outcomes get 503 and must be sent again: ` +
    'make space on the disk, or make it writable; no restart is needed';
  return [{ code: 'store_refuses_writes', detail }];
}

function runFromTheFuture({ lastWritten, now }: HealthFacts): HealthReason[] {
  if (!lastWritten || !isFromTheFuture(lastWritten, now)) return [];
  const detail =
    `run ${lastWritten.cycle_id} finished at ${lastWritten.finished_at}, which is in the future: the clock was ahead ` +
    'then, or is behind now; correct the clock, then start a run with POST /v1/cycles';
  return [{ code: 'run_from_the_future', detail }];
}

/**
 * Returns a reason when no cycle has finished within the limit. The time counts from the last finished cycle or,
 * without one, from the registration of the first pattern.
 */
function tooOld(facts: HealthFacts): HealthReason[] {
  const { overview, now, cycleMaxAgeMinutes } = facts;
  const last = lastCycle(facts);
  const limitMs = cycleMaxAgeMinutes * MINUTE_MS;
  const advice = 'start one with POST /v1/cycles, and find out why the schedule started none';
  if (last) {
    if (ageMs(last, now) <= limitMs) return [];
    const minutes = Math.round(ageMs(last, now) / MINUTE_MS);
    const detail = `the last cycle over all patterns finished ${minutes} minutes ago: ${advice}`;
    return [{ code: 'no_recent_cycle', detail }];
  }
  const since = Math.min(...overview.map(row => row.since));
  if (overview.length === 0 || now - since <= limitMs) return [];
  const detail = `no cycle over all patterns has finished since the first event arrived: ${advice}`;
  return [{ code: 'no_recent_cycle', detail }];
}

function stuck({ recent, now }: HealthFacts): HealthReason[] {
  return recent
    .filter(c => c.status === 'running' && now - Date.parse(c.started_at) > STUCK_MINUTES * MINUTE_MS)
    .map(c => ({
      code: 'cycle_stuck',
      detail: `cycle ${c.cycle_id} started but never finished: read the log at ${c.started_at}, then start another`,
    }));
}

function failure(facts: HealthFacts): HealthReason[] {
  const last = lastCycle(facts);
  if (!last || last.status === 'succeeded') return [];
  const failed = facts.failedRuns.map(run => `${run.pattern_key} ${run.reason ?? ''}`.trim());
  const parts = [...(last.failure ? [last.failure] : []), ...shown(failed)];
  const why = parts.length === 0 ? '' : `: ${parts.join('; ')}`;
  const detail = `the last cycle ${last.cycle_id} ended ${last.status}${why}; look the reason up in the runbook`;
  return [{ code: 'cycle_failed', detail }];
}

/** Returns the patterns whose outcomes have found no event since before a moment, milliseconds since 1970. */
export function patternsWaiting(overview: readonly PatternOverview[], moment: number): PatternOverview[] {
  return overview.filter(({ head, counts: { parked, waiting, withOutcome } }) => {
    if (!waiting || parked === 0 || head?.mode === 'off') return false;
    return waiting.count >= (withOutcome === 0 ? 1 : WAITING_OUTCOMES) && waiting.since < moment;
  });
}

/** Returns a reason for patterns whose outcomes have found no event since before the last run. */
function outcomesWait(facts: HealthFacts): HealthReason[] {
  const last = lastCycle(facts);
  const waiting = last ? patternsWaiting(facts.overview, Date.parse(last.started_at)) : [];
  if (waiting.length === 0) return [];
  const names = waiting.map(({ pattern, counts }) => `${counts.waiting?.count} of ${pattern}`);
  const detail =
    `outcomes wait for events that never came, and no other came: ${shown(names).join(', ')}. ` +
    'Compare their episode_id and pattern_key with those of the events';
  return [{ code: 'outcomes_wait', detail }];
}

/**
 * Returns a reason for patterns that could have a lesson if their events lay in the window. A pattern with fewer events
 * counts only when no window holds any event.
 */
function emptyWindows({ emptyWindows: windows, overview, now }: HealthFacts): HealthReason[] {
  const withOutcomes = overview.filter(({ counts }) => counts.withOutcome > 0).length;
  const counted =
    windows.length === withOutcomes ? windows : windows.filter(({ stored, nMin }) => stored >= nMin);
  if (counted.length === 0) return [];
  const causes = counted.map(({ pattern, newest, lookbackDays }) =>
    newest > now
      ? `${pattern} (all lie in the future; the newest is of ${isoDate(newest)})`
      : `${pattern} (the newest is of ${isoDate(newest)}, the window has ${lookbackDays} days)`,
  );
  const detail =
    `the window of a run holds none of the stored events with an outcome of ${shown(causes).join(', ')}. ` +
    'Check the clock of the sender and send newer events; if the pattern ended, set its mode to retired';
  return [{ code: 'window_empty', detail }];
}

function damagedGenerations(facts: HealthFacts): HealthReason[] {
  const last = lastCycle(facts);
  const messages = [...(last ? damagedSince(last, facts.overview) : []), ...damagedHeads(facts.overview)];
  return messages.length === 0 ? [] : [{ code: 'generation_damaged', detail: messages.join('; ') }];
}

function degradedLookups({ degradedLookups: counts }: HealthFacts): HealthReason[] {
  if (counts.length === 0) return [];
  const names = counts.map(({ pattern, count }) => `${count} of ${pattern}`);
  const detail =
    `look-ups were answered neutral, because what is in force could not be read: ${shown(names).join(', ')}. ` +
    'Read the error in the log, and repair the store or roll the pattern back';
  return [{ code: 'lookups_degraded', detail }];
}

/** Returns the first texts, and how many more there are. */
function shown(texts: readonly string[]): string[] {
  const more = texts.length - SHOWN_PATTERNS;
  return more > 0 ? [...texts.slice(0, SHOWN_PATTERNS), `and ${more} more`] : [...texts];
}
