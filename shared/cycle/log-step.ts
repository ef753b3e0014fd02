import * as z from 'zod';
import type { LogFields } from '../log.ts';
import type { CycleDeps } from './dependencies.ts';

const inputSchema = z.object({ cycle: z.object({ cycle_id: z.string() }) });

/**
 * Runs a step of a cycle and logs its result and its duration in milliseconds.
 * A step that fails is not logged here: its caller logs the error.
 * @param figures ids, counts and codes of the result; never rows
 */
export async function logStep<T>(
  deps: Pick<CycleDeps, 'log' | 'now'>,
  message: string,
  input: unknown,
  step: () => Promise<T>,
  figures: (result: T) => LogFields,
): Promise<T> {
  const started = deps.now();
  const result = await step();
  const parsed = inputSchema.safeParse(input);
  const cycle_id = parsed.success ? parsed.data.cycle.cycle_id : null;
  deps.log.info(message, { cycle_id, ...figures(result), duration_ms: deps.now() - started });
  return result;
}
