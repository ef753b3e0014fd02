import * as z from 'zod';
import type { Scope } from '../pattern/scope.ts';
import { dimensionCount } from '../pattern/scope.ts';
import type { Override } from './override.ts';
import { byScopeHashThenCategory } from './override.ts';

/** The highest value of `max_overrides`: a look-up keeps at least as many overrides in memory. */
export const HIGHEST_MAX_OVERRIDES = 100_000;

export const maxOverridesSchema = z.number().int().min(1).max(HIGHEST_MAX_OVERRIDES).meta({
  description:
    'The most overrides that a generation of the pattern may have; the most general ones are kept.',
});

interface CappedOverrides {
  /** In the order in which they came. */
  readonly kept: readonly Override[];
  /** Scope hashes of the slices that lose their overrides. */
  readonly leftOut: ReadonlySet<string>;
  /** One sentence on the overrides that were left out; absent when all are kept. */
  readonly cut?: string;
}

/**
 * Keeps at most `max` overrides, the most general first: fewest dimensions, then most events, then the smaller scope
 * hash. A slice keeps the overrides of all its levers, or none. The result does not depend on the order of the input.
 *
 * Each tier of slices has a share: half of the places that lower tiers leave. What no tier takes as its share goes to the
 * most general ones of all. So a few events with many dimensions do not displace the slices of many events.
 * @param tierOf returns the tier of a slice; it is called only when the cap is exceeded
 */
export function capOverrides(
  overrides: readonly Override[],
  max: number,
  tierOf: (scope: Scope) => number = () => 0,
): CappedOverrides {
  if (overrides.length <= max) return { kept: overrides, leftOut: new Set() };
  const slices = [...Map.groupBy(overrides.toSorted(byGenerality), ({ scope_hash }) => scope_hash).values()];
  const ranked = sharesFirst(slices, max, tierOf);
  let count = 0;
  const fits = (slice: readonly Override[]): boolean => {
    count += slice.length;
    return count <= max;
  };
  const leftOut = new Set(ranked.flatMap(slice => (fits(slice) ? [] : (slice[0]?.scope_hash ?? []))));
  const kept = overrides.filter(({ scope_hash }) => !leftOut.has(scope_hash));
  const of = `${overrides.length - kept.length} of ${overrides.length} overrides`;
  return { kept, leftOut, cut: `${of} left out, the most specific ones: more than max_overrides, ${max}` };
}

/** Moves the slices that fit into the share of their tier to the front of a ranking; the order of the others stays. */
function sharesFirst(
  ranked: readonly (readonly Override[])[],
  max: number,
  tierOf: (scope: Scope) => number,
): readonly (readonly Override[])[] {
  const tiers = [...Map.groupBy(ranked, slice => tierOf(slice[0]?.scope_subset ?? {}))].sort(
    ([a], [b]) => a - b,
  );
  if (tiers.length < 2) return ranked;
  const first = new Set<readonly Override[]>();
  let taken = 0;
  for (const [, slices] of tiers) {
    const end = taken + Math.ceil((max - taken) / 2);
    for (const slice of slices) {
      if (taken + slice.length > end) break;
      taken += slice.length;
      first.add(slice);
    }
  }
  return [...first, ...ranked.filter(slice => !first.has(slice))];
}

function byGenerality(a: Override, b: Override): number {
  const dimensions = dimensionCount(a.scope_subset) - dimensionCount(b.scope_subset);
  return dimensions || b.n - a.n || byScopeHashThenCategory(a, b);
}
