import * as z from 'zod';
import { parse } from '../../validation.ts';
import { cycleRunSchema } from '../cycle.ts';
import type { CycleDeps } from '../dependencies.ts';
import { failedRun } from '../failed-run.ts';
import { generationInForce } from '../generation-in-force.ts';
import { patternOfItem, patternRefFields } from './pattern-of-item.ts';

type FailDeps = Pick<CycleDeps, 'heads' | 'cycles' | 'log'>;

const inputSchema = z.object({ cycle: cycleRunSchema, ...patternRefFields, error: z.string() });

/** Reports whether a step of the state machine is called for a pattern that failed. */
export function isFailure(input: unknown): boolean {
  return inputSchema.safeParse(input).success;
}

/**
 * Records a pattern whose steps failed after their retries. Nothing is returned, because the results of all patterns
 * together are limited to 256 kB.
 */
export async function failStep(deps: FailDeps, input: unknown): Promise<object> {
  const { cycle, error, ...ref } = parse(inputSchema, input, 'invalid_request');
  const pattern = await patternOfItem(deps.cycles, cycle, ref);
  const failed = failedRun(pattern, await generationInForce(deps, pattern), error);
  const recorded = (await deps.cycles.computed(cycle.cycle_id, pattern))?.run;
  // The step that failed may have recorded the same reason in more detail.
  if (!recorded?.reason?.startsWith(`${failed.reason}: `)) await deps.cycles.putRun(cycle.cycle_id, failed);
  return {};
}
