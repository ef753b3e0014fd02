import { DAY_MS } from '../time.ts';

/** The dimensions that a pattern's lessons use, and those of its look-ups; times in milliseconds since 1970. */
export interface DimensionCoverage {
  /** Time since which lessons have used each dimension without interruption. */
  readonly used: ReadonlyMap<string, number>;
  /** Time at which a look-up last contained each dimension. */
  readonly queried: ReadonlyMap<string, number>;
}

/** Maximum absence of a dimension from look-ups before `status` warns, milliseconds. */
export const UNQUERIED_AFTER_MS = DAY_MS;

/** Returns the dimensions that lessons have used for a day and no look-up has contained for a day, sorted. */
export function unqueriedDimensions({ used, queried }: DimensionCoverage, now: number): string[] {
  const dayAgo = now - UNQUERIED_AFTER_MS;
  return [...used]
    .filter(([name, since]) => since <= dayAgo && (queried.get(name) ?? 0) <= dayAgo)
    .map(([name]) => name)
    .sort();
}
