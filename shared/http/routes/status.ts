import type { Hono } from 'hono';
import type { CycleSummary } from '../../cycle/cycle.ts';
import type { CycleStore } from '../../cycle/cycle-store.ts';
import type { Defaults } from '../../generation/effective-settings.ts';
import { effectiveSettings } from '../../generation/effective-settings.ts';
import type { HeadStore, PatternOverview } from '../../generation/ports.ts';
import type { DegradedLookups } from '../../warning/degraded-lookups.ts';
import type { DimensionStore } from '../../warning/dimension-store.ts';
import { partBytes } from '../answer-size.ts';
import { addRoute, readQuery } from '../app.ts';
import type { PageQuery } from '../pagination.ts';
import { pageByKey } from '../pagination.ts';
import { ROUTES } from '../routes.ts';
import type { Status } from '../schemas/status.ts';
import { statusWarnings } from '../status-warnings.ts';

export interface StatusDeps {
  readonly heads: HeadStore;
  readonly cycles: CycleStore;
  readonly dimensions: DimensionStore;
  readonly degradedLookups: DegradedLookups;
  readonly defaults: Defaults;
  /** The service is unhealthy when the last finished cycle is older than this. */
  readonly cycleMaxAgeMinutes: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

type Reason = Status['reasons'][number];

const MINUTE_MS = 60_000;
/** Number of newest cycles that are searched for the last finished one. */
const RECENT_CYCLES = 10;
/** Age of an unfinished cycle that counts as stuck. The state machine times out after 50 minutes. */
const STUCK_MINUTES = 60;
/** Maximum number of failed patterns that a reason names. */
const SHOWN_PATTERNS = 5;
/** Bytes that a page leaves for the warnings about its patterns, each of at most 1,200 bytes. */
const WARNING_BYTES = 1_200_000;

export function statusRoutes(app: Hono, deps: StatusDeps): void {
  addRoute(app, ROUTES.getStatus, async c =>
    c.json(await systemStatus(deps, readQuery(c, ROUTES.getStatus.query))),
  );
}

/**
 * Returns the totals of the whole system, the reasons why it is unhealthy, if it is, and one page of the patterns.
 * Misspelt names and unused dimensions of a pattern come with its page, the other warnings with the first page.
 */
async function systemStatus(deps: StatusDeps, query: PageQuery): Promise<Status> {
  const now = deps.now();
  const [overview, recent] = await Promise.all([deps.heads.overview(), deps.cycles.list(RECENT_CYCLES)]);
  const finished = recent.filter(cycle => cycle.finished_at !== undefined);
  const [last] = finished;
  const reasons = [
    ...tooOld(deps, overview, last, now),
    ...stuck(recent, now),
    ...(last && last.status !== 'succeeded' ? [await failure(deps, last)] : []),
  ];
  const patterns = overview.map(row => patternStatus(deps.defaults, row));
  const totals = {
    healthy: reasons.length === 0,
    reasons,
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
  };
  const page = pageByKey(patterns, row => row.pattern_key, query, partBytes(totals) + WARNING_BYTES);
  const listed = new Set(page.rows.map(row => row.pattern_key));
  const listedRows = overview.filter(row => listed.has(row.pattern));
  const runs = query.next === undefined ? finished : [];
  const warnings = await statusWarnings(deps, listedRows, runs, now);
  return { ...totals, warnings, patterns: [...page.rows], ...page.next };
}

function patternStatus(defaults: Defaults, row: PatternOverview): Status['patterns'][number] {
  const { pattern, head, counts, conflicts } = row;
  const current = head?.current;
  const nextPolicy = effectiveSettings(defaults, head?.settings).policy;
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
    policy: current?.policy ?? nextPolicy,
    ...(current && current.policy !== nextPolicy && { next_policy: nextPolicy }),
    generation: current?.generation ?? 0,
    as_of: current?.as_of ?? null,
    lessons: current?.lessons.rows ?? 0,
    overrides: current?.overrides.rows ?? 0,
  };
}

/**
 * Returns a reason when no cycle has finished within the limit. The time counts from the last finished cycle or,
 * without one, from the registration of the first pattern.
 */
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
  return [{ code: 'no_recent_cycle', detail: 'no cycle has finished since the first event arrived' }];
}

function stuck(recent: readonly CycleSummary[], now: number): Reason[] {
  return recent
    .filter(c => c.status === 'running' && now - Date.parse(c.started_at) > STUCK_MINUTES * MINUTE_MS)
    .map(c => ({ code: 'cycle_stuck', detail: `cycle ${c.cycle_id} started but never finished` }));
}

async function failure(deps: StatusDeps, cycle: CycleSummary): Promise<Reason> {
  const runs = (await deps.cycles.runs(cycle.cycle_id)).filter(run => run.status === 'failed');
  const shown = runs.slice(0, SHOWN_PATTERNS).map(run => `${run.pattern_key} ${run.reason ?? ''}`.trim());
  const more = runs.length > shown.length ? [`and ${runs.length - shown.length} more`] : [];
  const parts = [...(cycle.failure ? [cycle.failure] : []), ...shown, ...more];
  const why = parts.length === 0 ? '' : `: ${parts.join('; ')}`;
  const detail = `the last cycle ${cycle.cycle_id} ended ${cycle.status}${why}`;
  return { code: 'cycle_failed', detail };
}

function ageMs(cycle: CycleSummary, now: number): number {
  return Math.max(0, now - Date.parse(cycle.finished_at ?? cycle.started_at));
}

function sum<T>(items: readonly T[], figure: (item: T) => number): number {
  return items.reduce((total, item) => total + figure(item), 0);
}
