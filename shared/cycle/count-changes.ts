import { overrideChanges } from '../generation/compare-generations.ts';
import type { Override } from '../override/override.ts';
import type { OverrideCounts } from './cycle.ts';

/**
 * Counts the overrides that differ from those in force.
 * @param inForce undefined when they are damaged
 * @returns undefined then, because nothing can be compared
 */
export function countChanges(
  inForce: readonly Override[] | undefined,
  computed: readonly Override[],
): OverrideCounts | undefined {
  if (!inForce) return undefined;
  const changes = overrideChanges(inForce, computed);
  const added = changes.filter(change => change.before === null).length;
  const removed = changes.filter(change => change.after === null).length;
  return { added, removed, changed: changes.length - added - removed };
}
