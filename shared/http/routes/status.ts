import type { Context, Hono } from 'hono';
import { ageMs, healthReasons, lastCycle } from '../../cycle/health.ts';
import type { HealthDeps } from '../../cycle/health-facts.ts';
import { readHealthFacts } from '../../cycle/health-facts.ts';
import type { Candidate } from '../../generation/candidate.ts';
import type { Defaults } from '../../generation/effective-settings.ts';
import { effectiveSettings } from '../../generation/effective-settings.ts';
import type { HeadStore, PatternOverview } from '../../generation/ports.ts';
import type { DegradedLookups } from '../../warning/degraded-lookups.ts';
import type { DimensionCoverage } from '../../warning/dimension-coverage.ts';
import type { DimensionStore } from '../../warning/dimension-store.ts';
import { partBytes } from '../answer-size.ts';
import { addRoute, readQuery } from '../app.ts';
import { callerOf, roleOf } from '../caller.ts';
import type { PageQuery } from '../pagination.ts';
import { pageByKey } from '../pagination.ts';
import { ROUTES } from '../routes.ts';
import type { Status } from '../schemas/status.ts';
import { statusWarnings } from '../status-warnings.ts';

export interface StatusDeps extends HealthDeps {
  readonly heads: HealthDeps['heads'] & Pick<HeadStore, 'serviceSwitch'>;
  readonly dimensions: DimensionStore;
  readonly degradedLookups: DegradedLookups;
}

/** Bytes that a page leaves for the warnings about its patterns, each of at most 1,200 bytes. */
const WARNING_BYTES = 1_200_000;

export function statusRoutes(app: Hono, deps: StatusDeps): void {
  addRoute(app, ROUTES.getStatus, async c =>
    c.json(await systemStatus(deps, readQuery(c, ROUTES.getStatus.query), statusCaller(c))),
  );
}

/**
 * Returns the totals of the whole system, the reasons why it is unhealthy, if it is, and one page of the patterns.
 * Misspelt names and unused dimensions of a pattern come with its page, the other warnings with the first page.
 */
async function systemStatus(
  deps: StatusDeps,
  query: PageQuery & { readonly retired: boolean },
  caller: Status['caller'],
): Promise<Status> {
  const [facts, service] = await Promise.all([readHealthFacts(deps), deps.heads.serviceSwitch()]);
  const { now, overview, recent } = facts;
  const last = lastCycle(facts);
  const reasons = healthReasons(facts);
  const patterns = overview.map(row => ({ ...patternStatus(deps.defaults, row), asked: [] }));
  const totals = {
    healthy: reasons.length === 0,
    reasons,
    mode: service?.mode ?? 'live',
    retired: facts.retired.length,
    now: new Date(now).toISOString(),
    caller,
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
  const retired = query.retired ? facts.retired.map(row => patternStatus(deps.defaults, row)) : [];
  const all = [...patterns, ...retired].sort((a, b) => (a.pattern_key < b.pattern_key ? -1 : 1));
  const page = pageByKey(all, row => row.pattern_key, query, partBytes(totals) + WARNING_BYTES);
  const listed = new Set(page.rows.map(row => row.pattern_key));
  const listedRows = overview.filter(row => listed.has(row.pattern));
  const finished = recent.filter(cycle => cycle.finished_at !== undefined);
  const runs = query.next === undefined ? finished : [];
  const coverages = await Promise.all(
    listedRows.map(async ({ pattern }) => ({ pattern, coverage: await deps.dimensions.coverage(pattern) })),
  );
  const warnings = await statusWarnings(deps, coverages, runs, now);
  const asked = new Map(coverages.map(({ pattern, coverage }) => [String(pattern), lastCallers(coverage)]));
  const rows = page.rows.map(row => ({ ...row, asked: asked.get(row.pattern_key) ?? [] }));
  return { ...totals, warnings, patterns: rows, ...page.next };
}

/** Callers that a status names for each pattern. */
const MAX_CALLERS = 5;

function lastCallers({ callers }: DimensionCoverage): Status['patterns'][number]['asked'] {
  return [...callers]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MAX_CALLERS)
    .map(([who, at]) => ({ who, at: new Date(at).toISOString() }));
}

function statusCaller(c: Context): Status['caller'] {
  const role = roleOf(c);
  return { name: callerOf(c), ...(role && { role }) };
}

function patternStatus(defaults: Defaults, row: PatternOverview): Omit<Status['patterns'][number], 'asked'> {
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
    ...(head?.candidate && { rollout: rolloutStatus(head.candidate) }),
    as_of: current?.as_of ?? null,
    lessons: current?.lessons.rows ?? 0,
    overrides: current?.overrides.rows ?? 0,
  };
}

function rolloutStatus({
  generation: { generation },
  share,
  held,
}: Candidate): Status['patterns'][number]['rollout'] {
  return { generation, share, ...(held && { held: held.code }) };
}

function sum<T>(items: readonly T[], figure: (item: T) => number): number {
  return items.reduce((total, item) => total + figure(item), 0);
}
