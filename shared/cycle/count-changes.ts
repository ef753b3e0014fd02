import { faultCode } from '../errors.ts';
import { overrideChanges } from '../generation/compare-generations.ts';
import type { Generation } from '../generation/generation.ts';
import type { GenerationStores } from '../generation/ports.ts';
import type { Override } from '../override/override.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { OverrideCounts } from './cycle.ts';

/**
 * Counts the overrides that differ from those in force. Sets are named by their content, so an equal set is not read.
 * @returns undefined when the overrides in force are damaged: a run may still replace them
 */
export async function countChanges(
  { overrides }: Pick<GenerationStores, 'overrides'>,
  pattern: PatternKey,
  current: Generation | undefined,
  computed: { readonly id: string; readonly rows: readonly Override[] },
): Promise<OverrideCounts | undefined> {
  if (current?.overrides.id === computed.id) return { added: 0, removed: 0, changed: 0 };
  try {
    const inForce = current ? await overrides.read(pattern, current.overrides) : [];
    return countsOf(overrideChanges(inForce, computed.rows));
  } catch (error) {
    if (faultCode(error) === 'damaged_generation') return undefined;
    throw error;
  }
}

function countsOf(changes: ReturnType<typeof overrideChanges>): OverrideCounts {
  const added = changes.filter(change => change.before === null).length;
  const removed = changes.filter(change => change.after === null).length;
  return { added, removed, changed: changes.length - added - removed };
}
