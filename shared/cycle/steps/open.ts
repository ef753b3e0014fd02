import * as z from 'zod';
import { parse } from '../../validation.ts';
import type { CycleRun } from '../cycle.ts';
import { cycleId, SCHEDULE } from '../cycle.ts';
import type { CycleDeps } from '../dependencies.ts';
import { isTrial, readRunOptions, runRecord } from '../run-options.ts';

const inputSchema = z.object({
  execution: z.object({ name: z.string(), started_at: z.string() }),
  options: z.record(z.string(), z.unknown()).nullish(),
});

/**
 * Opens a run: records it as running and stores the list of the patterns to mine. A run without `who` was started by
 * the schedule.
 * @returns the positions of the patterns in that list, because a state machine passes on at most 256 kB
 * @throws Fault of `readRunOptions`
 */
export async function openStep(
  { heads, cycles }: Pick<CycleDeps, 'heads' | 'cycles'>,
  input: unknown,
): Promise<{ cycle: CycleRun; items: number[] }> {
  const { execution, options: given } = parse(inputSchema, input, 'invalid_request');
  const { cycle_id, who, ...rest } = given ?? {};
  const started_at = new Date(execution.started_at).toISOString();
  const options = readRunOptions(rest, Date.parse(started_at));
  const { publish = false, ...settings } = options;
  const cycle: CycleRun = {
    ...settings,
    cycle_id: typeof cycle_id === 'string' ? cycle_id : cycleId(started_at, execution.name),
    as_of: new Date(settings.as_of ?? started_at).toISOString(),
    started_at,
    trial: isTrial(options),
    publish,
    who: typeof who === 'string' ? who : SCHEDULE,
  };
  const { pattern_key } = settings;
  const patterns = pattern_key === undefined ? await heads.patterns() : [pattern_key];
  await cycles.putPatterns(cycle.cycle_id, patterns);
  await cycles.put({
    ...runRecord(cycle),
    status: 'running',
    patterns_total: patterns.length,
    patterns_failed: 0,
    warnings: [],
  });
  return { cycle, items: [...patterns.keys()] };
}
