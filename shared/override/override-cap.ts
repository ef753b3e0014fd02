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
  /** What was left out, in one sentence; absent when everything is kept. */
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
  const ranked = sharesFirst(overrides.toSorted(byGenerality), max, tierOf);
  const leftOut = new Set(ranked.slice(max).map(({ scope_hash }) => scope_hash));
  const kept = overrides.filter(({ scope_hash }) => !leftOut.has(scope_hash));
  const of = `${overrides.length - kept.length} of ${overrides.length} overrides`;
  return { kept, leftOut, cut: `${of} left out, the most specific ones: more than max_overrides, ${max}` };
}

/** Moves the share of each tier to the front of a ranking; the order of the others stays. */
function sharesFirst(
  ranked: readonly Override[],
  max: number,
  tierOf: (scope: Scope) => number,
): readonly Override[] {
  const tiers = [...Map.groupBy(ranked, ({ scope_subset }) => tierOf(scope_subset))].sort(
    ([a], [b]) => a - b,
  );
  if (tiers.length < 2) return ranked;
  const first = new Set<Override>();
  for (const [, members] of tiers) {
    const share = Math.ceil((max - first.size) / 2);
    for (const override of members.slice(0, share)) first.add(override);
  }
  return [...first, ...ranked.filter(override => !first.has(override))];
}

function byGenerality(a: Override, b: Override): number {
  const dimensions = dimensionCount(a.scope_subset) - dimensionCount(b.scope_subset);
  return dimensions || b.n - a.n || byScopeHashThenCategory(a, b);
}
