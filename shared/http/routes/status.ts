import type { CycleSummary } from '../../cycle/cycle.ts';
import type { CycleStore } from '../../cycle/cycle-store.ts';
import type { Defaults } from '../../generation/effective-settings.ts';
import { effectiveSettings } from '../../generation/effective-settings.ts';
import type { HeadStore, PatternOverview } from '../../generation/ports.ts';
import { unqueriedDimensions } from '../../lookup/dimension-coverage.ts';
import type { DimensionStore } from '../../lookup/dimension-store.ts';
import type { Status } from '../schemas/status.ts';

export interface StatusDeps {
  readonly heads: HeadStore;
  readonly cycles: CycleStore;
  readonly dimensions: DimensionStore;
  readonly defaults: Defaults;
  readonly cycleMaxAgeMinutes: number;
  readonly now: () => number;
}

type Reason = Status['reasons'][number];

const MINUTE_MS = 60_000;
/** Runs that status looks back over for the last finished one. */
const RECENT_RUNS = 10;
/** A run that has not finished after this long never will: the state machine itself ends at 50 minutes. */
const STUCK_MINUTES = 60;
/** Dimensions that a warning names. */
const SHOWN_DIMENSIONS = 8;

/** One look at the whole system, and whether it learns as it should. */
export async function systemStatus(deps: StatusDeps): Promise<Status> {
  const now = deps.now();
  const [overview, recent] = await Promise.all([deps.heads.overview(), deps.cycles.list(RECENT_RUNS)]);
  const last = recent.find(cycle => cycle.finished_at !== undefined);
  const reasons = [
    ...tooOld(deps, overview, last, now),
    ...stuck(recent, now),
    ...(last && last.status !== 'succeeded' ? [await whatFailed(deps, last)] : []),
  ];
  const patterns = overview.map(row => patternStatus(deps.defaults, row));
  return {
    healthy: reasons.length === 0,
    reasons,
    warnings: await dimensionWarnings(deps, overview, now),
    now: new Date(now).toISOString(),
    events: {
      total: sum(patterns, p => p.events.total),
      with_outcome: sum(patterns, p => p.events.with_outcome),
      pending: sum(patterns, p => p.events.pending),
    },
    parked_outcomes: sum(patterns, p => p.parked_outcomes),
    conflicts: {
      events: sum(patterns, p => p.conflicts.events),
      outcomes: sum(patterns, p => p.conflicts.outcomes),
    },
    last_cycle: last ? { ...last, age_seconds: ageMs(last, now) / 1000 } : null,
    patterns,
  };
}

function patternStatus(defaults: Defaults, row: PatternOverview): Status['patterns'][number] {
  const { pattern, head, counts, conflicts } = row;
  const current = head?.current;
  return {
    pattern_key: pattern,
    events: {
      total: counts.total,
      with_outcome: counts.withOutcome,
      pending: Math.max(0, counts.total - counts.withOutcome),
    },
    parked_outcomes: counts.parked,
    conflicts,
    mode: head?.mode ?? 'live',
    policy: effectiveSettings(defaults, head?.settings).policy,
    generation: current?.generation ?? 0,
    as_of: current?.as_of ?? null,
    lessons: current?.lessons.rows ?? 0,
    overrides: current?.overrides.rows ?? 0,
  };
}

/** No run finished for too long: counted from the last one, or from when the first pattern was seen. */
function tooOld(
  deps: StatusDeps,
  overview: readonly PatternOverview[],
  last: CycleSummary | undefined,
  now: number,
): Reason[] {
  const limitMs = deps.cycleMaxAgeMinutes * MINUTE_MS;
  if (last) {
    if (ageMs(last, now) <= limitMs) return [];
    const minutes = Math.round(ageMs(last, now) / MINUTE_MS);
    return [{ code: 'no_recent_cycle', detail: `the last cycle finished ${minutes} minutes ago` }];
  }
  const since = Math.min(...overview.map(row => row.since));
  if (overview.length === 0 || now - since <= limitMs) return [];
  return [{ code: 'no_recent_cycle', detail: 'no cycle has finished since the first event came' }];
}

function stuck(recent: readonly CycleSummary[], now: number): Reason[] {
  return recent
    .filter(c => c.status === 'running' && now - Date.parse(c.started_at) > STUCK_MINUTES * MINUTE_MS)
    .map(c => ({ code: 'cycle_stuck', detail: `cycle ${c.cycle_id} started and never finished` }));
}

async function whatFailed(deps: StatusDeps, cycle: CycleSummary): Promise<Reason> {
  const runs = (await deps.cycles.runs(cycle.cycle_id)).filter(run => run.status === 'failed');
  const shown = runs.slice(0, 5).map(run => `${run.pattern_key} ${run.reason ?? ''}`.trim());
  const more = runs.length > shown.length ? [`and ${runs.length - shown.length} more`] : [];
  const why = [...(cycle.reason ? [cycle.reason] : []), ...shown, ...more].join('; ');
  const detail = `the last cycle ${cycle.cycle_id} ended ${cycle.status}${why === '' ? '' : `: ${why}`}`;
  return { code: 'cycle_failed', detail };
}

/**
 * Patterns whose lessons use dimensions that look-ups do not ask with: those lessons move nothing. A warning, not
 * ill health: the system learns as it should, and whether the slices matter is for the operator to say.
 */
async function dimensionWarnings(
  deps: StatusDeps,
  overview: readonly PatternOverview[],
  now: number,
): Promise<Reason[]> {
  const learned = overview.filter(row => (row.head?.current?.lessons.rows ?? 0) > 0);
  const found = await Promise.all(
    learned.map(async ({ pattern }) => {
      const names = unqueriedDimensions(await deps.dimensions.coverage(pattern), now);
      return { pattern, names };
    }),
  );
  return found.flatMap(({ pattern, names }) => {
    if (names.length === 0) return [];
    const more = names.length > SHOWN_DIMENSIONS ? ` and ${names.length - SHOWN_DIMENSIONS} more` : '';
    const shown = `${names.slice(0, SHOWN_DIMENSIONS).join(', ')}${more}`;
    const detail = `lessons of ${pattern} use ${shown}; no look-up asked with it for 24 hours`;
    return [{ code: 'dimension_not_asked', detail }];
  });
}

function ageMs(cycle: CycleSummary, now: number): number {
  return Math.max(0, now - Date.parse(cycle.finished_at ?? cycle.started_at));
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
