import type { PatternOverview } from '../generation/ports.ts';
import type { CycleSummary, PatternRun } from './cycle.ts';

/** A reason why the service is unhealthy: what is wrong, then what to do. */
interface HealthReason {
  readonly code: string;
  readonly detail: string;
}

/** What `healthReasons` judges. */
interface HealthFacts {
  readonly overview: readonly PatternOverview[];
  /** The newest runs, newest first. */
  readonly recent: readonly CycleSummary[];
  /** The last finished run. */
  readonly last: CycleSummary | undefined;
  /** The patterns that failed in the last finished run. */
  readonly failedRuns: readonly PatternRun[];
  /** The service is unhealthy when the last finished run is older than this. */
  readonly cycleMaxAgeMinutes: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const MINUTE_MS = 60_000;
/** Age of an unfinished cycle that counts as stuck. The state machine times out after 50 minutes. */
const STUCK_MINUTES = 60;
/** Maximum number of patterns that a reason names. */
const SHOWN_PATTERNS = 5;

/** Returns why the service is unhealthy; nothing when it is healthy. */
export function healthReasons(facts: HealthFacts): HealthReason[] {
  return [...tooOld(facts), ...stuck(facts), ...failure(facts)];
}

/** Returns the milliseconds since a run finished or, if it has not, since it started. */
export function ageMs(cycle: CycleSummary, now: number): number {
  return Math.max(0, now - Date.parse(cycle.finished_at ?? cycle.started_at));
}

/**
 * Returns a reason when no cycle has finished within the limit. The time counts from the last finished cycle or,
 * without one, from the registration of the first pattern.
 */
function tooOld({ overview, last, now, cycleMaxAgeMinutes }: HealthFacts): HealthReason[] {
  const limitMs = cycleMaxAgeMinutes * MINUTE_MS;
  if (last) {
    if (ageMs(last, now) <= limitMs) return [];
    const minutes = Math.round(ageMs(last, now) / MINUTE_MS);
    return [{ code: 'no_recent_cycle', detail: `the last cycle finished ${minutes} minutes ago` }];
  }
  const since = Math.min(...overview.map(row => row.since));
  if (overview.length === 0 || now - since <= limitMs) return [];
  return [{ code: 'no_recent_cycle', detail: 'no cycle has finished since the first event arrived' }];
}

function stuck({ recent, now }: HealthFacts): HealthReason[] {
  return recent
    .filter(c => c.status === 'running' && now - Date.parse(c.started_at) > STUCK_MINUTES * MINUTE_MS)
    .map(c => ({ code: 'cycle_stuck', detail: `cycle ${c.cycle_id} started but never finished` }));
}

function failure({ last, failedRuns }: HealthFacts): HealthReason[] {
  if (!last || last.status === 'succeeded') return [];
  const shown = failedRuns
    .slice(0, SHOWN_PATTERNS)
    .map(run => `${run.pattern_key} ${run.reason ?? ''}`.trim());
  const more = failedRuns.length > shown.length ? [`and ${failedRuns.length - shown.length} more`] : [];
  const parts = [...(last.reason ? [last.reason] : []), ...shown, ...more];
  const why = parts.length === 0 ? '' : `: ${parts.join('; ')}`;
  return [{ code: 'cycle_failed', detail: `the last cycle ${last.cycle_id} ended ${last.status}${why}` }];
}
