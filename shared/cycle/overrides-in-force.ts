import { faultCode } from '../errors.ts';
import type { Generation } from '../generation/generation.ts';
import type { GenerationStores } from '../generation/ports.ts';
import type { Override } from '../override/override.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';

/**
 * Returns the overrides in force, which a run compares with those that it computed. Sets are named by their content, so
 * a set that equals the computed one is not read.
 * @returns an empty list before the first generation; undefined when the set is damaged: a run may still replace it
 */
export async function overridesInForce(
  { overrides }: Pick<GenerationStores, 'overrides'>,
  pattern: PatternKey,
  current: Generation | undefined,
  computed: { readonly id: string; readonly rows: readonly Override[] },
): Promise<readonly Override[] | undefined> {
  if (!current) return [];
  if (current.overrides.id === computed.id) return computed.rows;
  try {
    return await overrides.read(pattern, current.overrides);
  } catch (error) {
    if (faultCode(error) === 'damaged_generation') return undefined;
    throw error;
  }
}
