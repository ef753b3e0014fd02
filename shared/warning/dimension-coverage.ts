import { DAY_MS } from '../time.ts';

/** The names that lessons, look-ups and events of a pattern use; times in milliseconds since 1970. */
export interface DimensionCoverage {
  /** Time since which lessons have used each dimension without interruption. */
  readonly used: ReadonlyMap<string, number>;
  /** Time at which a look-up last contained each dimension. */
  readonly queried: ReadonlyMap<string, number>;
  /** Time at which an event last contained each factor whose name is a near miss of a known one. */
  readonly misspelt: ReadonlyMap<string, number>;
  /** Time at which each caller last looked up, to the hour. */
  readonly callers: ReadonlyMap<string, number>;
}

/** Maximum absence of a dimension from look-ups before `status` warns, milliseconds. */
export const UNQUERIED_AFTER_MS = DAY_MS;

/** Returns the dimensions that lessons have used for a day and no look-up has contained for a day, sorted. */
export function unqueriedDimensions(
  { used, queried }: Pick<DimensionCoverage, 'used' | 'queried'>,
  now: number,
): string[] {
  const dayAgo = now - UNQUERIED_AFTER_MS;
  return [...used]
    .filter(([name, since]) => since <= dayAgo && (queried.get(name) ?? 0) <= dayAgo)
    .map(([name]) => name)
    .sort();
}

/** Returns the misspelt factors that events contained within the last day, sorted. */
export function recentMisspeltFactors(
  { misspelt }: Pick<DimensionCoverage, 'misspelt'>,
  now: number,
): string[] {
  return [...misspelt]
    .filter(([, seen]) => now - seen < DAY_MS)
    .map(([name]) => name)
    .sort();
}
