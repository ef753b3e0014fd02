import * as z from 'zod';
import { Fault } from '../../errors.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { storedPatternKey } from '../../pattern/pattern-key.ts';
import type { CycleRun } from '../cycle.ts';
import type { CycleStore } from '../cycle-store.ts';

/**
 * How the state machine refers to a pattern of a run: by its position in the list that the step Open stored. Its data
 * are limited to 256 kB, which the names of some thousand patterns would exceed. An execution that an earlier version
 * opened refers to a pattern by its key.
 */
export const patternRefFields = {
  item: z.number().int().nonnegative().optional(),
  pattern_key: z.string().optional(),
};

/** Returns the pattern that a step of a run is called for. @throws Fault `invalid_request` for a position without one */
export async function patternOfItem(
  cycles: Pick<CycleStore, 'pattern'>,
  { cycle_id }: Pick<CycleRun, 'cycle_id'>,
  { item, pattern_key }: { readonly item?: number | undefined; readonly pattern_key?: string | undefined },
): Promise<PatternKey> {
  if (pattern_key !== undefined) return storedPatternKey(pattern_key);
  const pattern = item === undefined ? undefined : await cycles.pattern(cycle_id, item);
  if (pattern === undefined)
    throw new Fault('invalid_request', `run ${cycle_id} has no pattern ${item}: start the run again`);
  return pattern;
}
