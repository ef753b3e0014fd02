import { fingerprintOf, rowNumber } from '../../episode/columns/row-fingerprint.ts';
import { ACTION_CATEGORIES, openingOf } from '../../lever/lever.ts';
import { elementAt } from '../../numbers.ts';
import type { Scope } from '../../pattern/scope.ts';
import { byScope } from '../by-scope.ts';
import type { ResolutionMethod } from '../override.ts';
import { OverrideIndex } from '../override-index.ts';
import type { Gates } from '../replay/gates.ts';
import type { FoldOverride, LearnedWeek } from './fold-memory.ts';

/**
 * Marks the rows that would be acted on with some overrides in force, resolved as a look-up resolves them.
 * @param acts is written at the given rows only: 1 acted, 0 skipped
 */
export function simulateDecisions(
  gates: Gates,
  overrides: readonly FoldOverride[],
  resolution: ResolutionMethod,
  rows: Uint32Array,
  acts: Uint8Array,
): void {
  const index = new OverrideIndex(overrides, ACTION_CATEGORIES);
  const openingsOf = byScope(gates.columns.dimensions, scope => openingsIn(gates, index, resolution, scope));
  for (const row of rows) {
    const openings = openingsOf(row);
    const passes = gates.gates.every(({ margin }, g) => elementAt(margin, row) + elementAt(openings, g) >= 0);
    acts[row] = passes && gates.replayable[row] === 1 ? 1 : 0;
  }
}

/**
 * Marks the rows as `simulateDecisions` does. Decisions on the same events under the same overrides are remembered.
 * @param known the overrides, and what is remembered of their decisions
 */
export function recallDecisions(
  gates: Gates,
  known: LearnedWeek,
  resolution: ResolutionMethod,
  rows: Uint32Array,
  acts: Uint8Array,
): void {
  const { hashes } = gates.columns;
  if (!hashes) {
    simulateDecisions(gates, known.overrides, resolution, rows, acts);
    return;
  }
  const input = JSON.stringify([
    fingerprintOf(hashes, rows),
    gates.disabled.map(({ lever }) => lever.category),
  ]);
  const keys = Float64Array.from(rows, row => rowNumber(hashes, row));
  const order = Uint32Array.from(rows, (_, i) => i).sort((a, b) => elementAt(keys, a) - elementAt(keys, b));
  const events = keys.toSorted();
  const { decisions } = known;
  if (decisions?.input === input && events.every((key, i) => key === decisions.events[i])) {
    order.forEach((at, i) => {
      acts[elementAt(rows, at)] = elementAt(decisions.acts, i);
    });
    return;
  }
  simulateDecisions(gates, known.overrides, resolution, rows, acts);
  known.decisions = {
    input,
    events,
    acts: Uint8Array.from(order, at => elementAt(acts, elementAt(rows, at))),
  };
}

/** Returns the opening of each gate, in the order of the gates and the unit of their margins. */
function openingsIn(
  gates: Gates,
  index: OverrideIndex<FoldOverride>,
  resolution: ResolutionMethod,
  scope: Scope,
): number[] {
  const resolved = index.resolve(scope, resolution);
  return gates.gates.map(({ lever }) => {
    const hit = resolved.find(r => r.action_category === lever.category);
    return hit ? openingOf(lever, hit) : 0;
  });
}
