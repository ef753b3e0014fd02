import type { Hono } from 'hono';
import type { CycleSummary, PatternRun } from '../../cycle/cycle.ts';
import type { CycleStore } from '../../cycle/cycle-store.ts';
import { ageMs, healthReasons } from '../../cycle/health.ts';
import type { Defaults } from '../../generation/effective-settings.ts';
import { effectiveSettings } from '../../generation/effective-settings.ts';
import type { HeadStore, PatternOverview } from '../../generation/ports.ts';
import { unqueriedDimensions } from '../../lookup/dimension-coverage.ts';
import type { DimensionStore } from '../../lookup/dimension-store.ts';
import { addRoute } from '../app.ts';
import { ROUTES } from '../routes.ts';
import type { Status } from '../schemas/status.ts';

export interface StatusDeps {
  readonly heads: HeadStore;
  readonly cycles: CycleStore;
  readonly dimensions: DimensionStore;
  readonly defaults: Defaults;
  /** The service is unhealthy when the last finished cycle is older than this. */
  readonly cycleMaxAgeMinutes: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

type Reason = Status['reasons'][number];

/** Number of newest cycles that are searched for the last finished one. */
const RECENT_CYCLES = 10;
/** Maximum number of dimensions that a warning names. */
const SHOWN_DIMENSIONS = 8;

export function statusRoutes(app: Hono, deps: StatusDeps): void {
  addRoute(app, ROUTES.getStatus, async c => c.json(await systemStatus(deps)));
}

/** Returns the totals of the whole system, and the reasons why it is unhealthy, if it is. */
async function systemStatus(deps: StatusDeps): Promise<Status> {
  const now = deps.now();
  const [overview, recent] = await Promise.all([deps.heads.overview(), deps.cycles.list(RECENT_CYCLES)]);
  const last = recent.find(cycle => cycle.finished_at !== undefined);
  const failedRuns = last && last.status !== 'succeeded' ? await failedPatterns(deps, last) : [];
  const { cycleMaxAgeMinutes } = deps;
  const reasons = healthReasons({ overview, recent, last, failedRuns, cycleMaxAgeMinutes, now });
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

async function failedPatterns({ cycles }: StatusDeps, cycle: CycleSummary): Promise<PatternRun[]> {
  return (await cycles.runs(cycle.cycle_id)).filter(run => run.status === 'failed');
}

/**
 * Returns a warning for each pattern whose lessons use dimensions that no look-up sends: such lessons have no effect.
 * The service stays healthy, because runs work; only the operator can judge whether those slices matter.
 */
async function dimensionWarnings(
  deps: StatusDeps,
  overview: readonly PatternOverview[],
  now: number,
): Promise<Reason[]> {
  const withLessons = overview.filter(row => (row.head?.current?.lessons.rows ?? 0) > 0);
  const unqueried = await Promise.all(
    withLessons.map(async ({ pattern }) => {
      const names = unqueriedDimensions(await deps.dimensions.coverage(pattern), now);
      return { pattern, names };
    }),
  );
  return unqueried.flatMap(({ pattern, names }) => {
    if (names.length === 0) return [];
    const more = names.length > SHOWN_DIMENSIONS ? ` and ${names.length - SHOWN_DIMENSIONS} more` : '';
    const shown = `${names.slice(0, SHOWN_DIMENSIONS).join(', ')}${more}`;
    const detail = `lessons of ${pattern} use ${shown}; no look-up has sent it for 24 hours`;
    return [{ code: 'dimension_not_asked', detail }];
  });
}

function sum<T>(items: readonly T[], figure: (item: T) => number): number {
  return items.reduce((total, item) => total + figure(item), 0);
}
