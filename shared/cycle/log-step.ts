import * as z from 'zod';
import type { LogFields } from '../log.ts';
import type { CycleDeps } from './dependencies.ts';

const ofRunSchema = z.object({ cycle: z.object({ cycle_id: z.string() }) });

/**
 * Runs a step of a cycle and says in the log what it came to and how long it took, milliseconds.
 * A step that fails is not logged here: whoever runs it logs its error.
 * @param figures ids, counts and codes of the result; never rows
 */
export async function logStep<T>(
  deps: Pick<CycleDeps, 'log' | 'now'>,
  what: string,
  input: unknown,
  step: () => Promise<T>,
  figures: (result: T) => LogFields,
): Promise<T> {
  const started = deps.now();
  const result = await step();
  const of = ofRunSchema.safeParse(input);
  const cycle_id = of.success ? of.data.cycle.cycle_id : null;
  deps.log.info(what, { cycle_id, ...figures(result), duration_ms: deps.now() - started });
  return result;
}
