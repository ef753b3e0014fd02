import * as z from 'zod';
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
 */
export function capOverrides(overrides: readonly Override[], max: number): CappedOverrides {
  if (overrides.length <= max) return { kept: overrides, leftOut: new Set() };
  const ranked = overrides.toSorted(byGenerality);
  const leftOut = new Set(ranked.slice(max).map(({ scope_hash }) => scope_hash));
  const kept = overrides.filter(({ scope_hash }) => !leftOut.has(scope_hash));
  const of = `${overrides.length - kept.length} of ${overrides.length} overrides`;
  return { kept, leftOut, cut: `${of} left out, the most specific ones: more than max_overrides, ${max}` };
}

function byGenerality(a: Override, b: Override): number {
  const dimensions = dimensionCount(a.scope_subset) - dimensionCount(b.scope_subset);
  return dimensions || b.n - a.n || byScopeHashThenCategory(a, b);
}
