import type { Hono } from 'hono';
import { ageMs, healthReasons, lastCycle } from '../../cycle/health.ts';
import type { HealthDeps } from '../../cycle/health-facts.ts';
import { readHealthFacts } from '../../cycle/health-facts.ts';
import type { Defaults } from '../../generation/effective-settings.ts';
import { effectiveSettings } from '../../generation/effective-settings.ts';
import type { PatternOverview } from '../../generation/ports.ts';
import { unqueriedDimensions } from '../../lookup/dimension-coverage.ts';
import type { DimensionStore } from '../../lookup/dimension-store.ts';
import { addRoute } from '../app.ts';
import { ROUTES } from '../routes.ts';
import type { Status } from '../schemas/status.ts';

export interface StatusDeps extends HealthDeps {
  readonly dimensions: DimensionStore;
}

type Reason = Status['reasons'][number];

/** Maximum number of dimensions that a warning names. */
const SHOWN_DIMENSIONS = 8;

export function statusRoutes(app: Hono, deps: StatusDeps): void {
  addRoute(app, ROUTES.getStatus, async c => c.json(await systemStatus(deps)));
}

/** Returns the totals of the whole system, and the reasons why it is unhealthy, if it is. */
async function systemStatus(deps: StatusDeps): Promise<Status> {
  const facts = await readHealthFacts(deps);
  const { now, overview } = facts;
  const last = lastCycle(facts);
  const reasons = healthReasons(facts);
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
