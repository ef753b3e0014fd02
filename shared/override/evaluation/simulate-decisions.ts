import { openingOf } from '../../lever/replay-lever.ts';
import type { DimensionColumn } from '../../mining/types.ts';
import type { Scope } from '../../pattern/scope.ts';
import { scopeFromPairs } from '../../pattern/scope.ts';
import type { Override, ResolutionMethod } from '../override.ts';
import { OverrideIndex } from '../override-index.ts';
import type { Gates } from '../replay/gates.ts';
import { resolveValues } from '../resolve.ts';

/**
 * Marks the rows that would be acted on with overrides in force, resolved as a look-up resolves them.
 * @param acts written at the given rows only: 1 acted, 0 skipped
 */
export function simulateDecisions(
  gates: Gates,
  overrides: readonly Override[],
  resolution: ResolutionMethod,
  rows: Uint32Array,
  acts: Uint8Array,
): void {
  const { dimensions } = gates.columns;
  const index = new OverrideIndex(overrides);
  /** Openings of the gates by scope: scopes are fewer than events. */
  const known = new Map<string, readonly number[]>();
  for (const row of rows) {
    const key = dimensions.map(d => d.codes[row] ?? 0).join();
    const openings = known.get(key) ?? openingsIn(gates, index, resolution, scopeOf(dimensions, row));
    known.set(key, openings);
    const passes = gates.gates.every(({ margin }, g) => (margin[row] ?? 0) + (openings[g] ?? 0) >= 0);
    acts[row] = passes && gates.replayable[row] === 1 ? 1 : 0;
  }
}

function openingsIn(
  gates: Gates,
  index: OverrideIndex,
  resolution: ResolutionMethod,
  scope: Scope,
): number[] {
  const resolved = resolveValues(index.matching(scope), resolution);
  return gates.gates.map(({ lever }) => {
    const hit = resolved.find(r => r.action_category === lever.category);
    return hit ? openingOf(lever, hit) : 0;
  });
}

function scopeOf(dimensions: readonly DimensionColumn[], row: number): Scope {
  const pairs = dimensions.flatMap(({ name, values, codes }) => {
    const value = values[(codes[row] ?? 0) - 1];
    return value === undefined ? [] : [[name, value] as const];
  });
  return scopeFromPairs(pairs);
}
