import type { CycleSummary } from '../cycle/cycle.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { DAY_MS } from '../time.ts';
import type { DegradedLookups } from '../warning/degraded-lookups.ts';
import { lookupsDegraded } from '../warning/degraded-lookups.ts';
import type { DimensionCoverage } from '../warning/dimension-coverage.ts';
import { nameWarnings } from '../warning/name-warnings.ts';
import type { Warning } from '../warning/warning.ts';
import { boundWarnings } from '../warning/warning.ts';

/** Codes that are computed for each answer, so that the record of the last run does not repeat them. */
const LIVE: ReadonlySet<Warning['code']> = new Set([
  'lookups_degraded',
  'factor_near_known',
  'dimension_not_asked',
]);

/** The names that look-ups and events of a pattern use. */
interface PatternCoverage {
  readonly pattern: PatternKey;
  readonly coverage: DimensionCoverage;
}

interface StatusWarningDeps {
  readonly degradedLookups: DegradedLookups;
}

/**
 * Returns what an operator may want to check: the warnings of the last run, and those that need no run.
 * The service stays healthy, because runs work; only the operator can judge what a warning means.
 * @param finished finished runs, newest first
 * @param now milliseconds since 1970
 */
export async function statusWarnings(
  deps: StatusWarningDeps,
  coverages: readonly PatternCoverage[],
  finished: readonly CycleSummary[],
  now: number,
): Promise<Warning[]> {
  const [last, previous] = finished;
  const since = previous?.finished_at === undefined ? now - DAY_MS : Date.parse(previous.finished_at);
  const degraded = await deps.degradedLookups.since(since);
  const named = coverages.map(({ pattern, coverage }) => nameWarnings(pattern, coverage, now));
  const recorded = last?.warnings.filter(({ code }) => !LIVE.has(code)) ?? [];
  return boundWarnings([...lookupsDegraded(degraded, since), ...recorded, ...named.flat()]);
}
