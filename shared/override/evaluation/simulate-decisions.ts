import { ACTION_CATEGORIES, openingOf } from '../../lever/lever.ts';
import type { DimensionColumn } from '../../mining/types.ts';
import { elementAt } from '../../numbers.ts';
import type { Scope } from '../../pattern/scope.ts';
import { scopeFromPairs } from '../../pattern/scope.ts';
import type { Override, ResolutionMethod } from '../override.ts';
import { OverrideIndex } from '../override-index.ts';
import type { Gates } from '../replay/gates.ts';

/**
 * Marks the rows that would be acted on with some overrides in force, resolved as a look-up resolves them.
 * @param acts is written at the given rows only: 1 acted, 0 skipped
 */
export function simulateDecisions(
  gates: Gates,
  overrides: readonly Override[],
  resolution: ResolutionMethod,
  rows: Uint32Array,
  acts: Uint8Array,
): void {
  const { dimensions } = gates.columns;
  const index = new OverrideIndex(overrides, ACTION_CATEGORIES);
  /** Openings of the gates by scope: there are fewer scopes than events. */
  const openingsByScope = new Map<string, readonly number[]>();
  for (const row of rows) {
    const key = dimensions.map(({ codes }) => elementAt(codes, row)).join();
    const openings =
      openingsByScope.get(key) ?? openingsIn(gates, index, resolution, scopeOf(dimensions, row));
    openingsByScope.set(key, openings);
    const passes = gates.gates.every(({ margin }, g) => elementAt(margin, row) + elementAt(openings, g) >= 0);
    acts[row] = passes && gates.replayable[row] === 1 ? 1 : 0;
  }
}

/** Returns the opening of each gate, in the order of the gates and the unit of their margins. */
function openingsIn(
  gates: Gates,
  index: OverrideIndex<Override>,
  resolution: ResolutionMethod,
  scope: Scope,
): number[] {
  const resolved = index.resolve(scope, resolution);
  return gates.gates.map(({ lever }) => {
    const hit = resolved.find(r => r.action_category === lever.category);
    return hit ? openingOf(lever, hit) : 0;
  });
}

function scopeOf(dimensions: readonly DimensionColumn[], row: number): Scope {
  const pairs = dimensions.flatMap(({ name, values, codes }) => {
    // Code 0 marks an event without the dimension.
    const value = values[elementAt(codes, row) - 1];
    return value === undefined ? [] : [[name, value] as const];
  });
  return scopeFromPairs(pairs);
}
