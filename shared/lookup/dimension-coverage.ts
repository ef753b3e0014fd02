import { DAY_MS } from '../time.ts';
/** Which dimensions a pattern's lessons use, and which ones its look-ups ask with; times in milliseconds since 1970. */
export interface DimensionCoverage {
  /** Since when lessons use each dimension without a break. */
  readonly used: ReadonlyMap<string, number>;
  /** When look-ups last asked with each. */
  readonly queried: ReadonlyMap<string, number>;
}

/** A dimension may be missing from look-ups for so long before somebody is told. */
export const UNQUERIED_AFTER_MS = DAY_MS;

/** Dimensions that lessons have used for a day and no look-up has asked with for a day, sorted. */
export function unqueriedDimensions({ used, queried: asked }: DimensionCoverage, now: number): string[] {
  const before = now - UNQUERIED_AFTER_MS;
  return [...used]
    .filter(([name, since]) => since <= before && (asked.get(name) ?? 0) <= before)
    .map(([name]) => name)
    .sort();
}
