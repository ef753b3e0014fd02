import * as z from 'zod';
import { keepModeBack } from '../../generation/change-head.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
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
  deps: Pick<CycleDeps, 'heads' | 'cycles' | 'writers' | 'changes' | 'now'>,
  input: unknown,
): Promise<{ cycle: CycleRun; items: number[] }> {
  const { execution, options: given } = parse(inputSchema, input, 'invalid_request');
  const { cycle_id, who, ...rest } = given ?? {};
  const started_at = new Date(execution.started_at).toISOString();
  const options = readRunOptions(rest, Date.parse(started_at));
  const { publish = false, ...settings } = options;
  const excluded = (await deps.writers.writers()).filter(writer => writer.excluded).map(({ name }) => name);
  const cycle: CycleRun = {
    ...settings,
    ...(excluded.length > 0 && { excluded_writers: excluded }),
    cycle_id: typeof cycle_id === 'string' ? cycle_id : cycleId(started_at, execution.name),
    as_of: new Date(settings.as_of ?? started_at).toISOString(),
    started_at,
    trial: isTrial(options),
    publish,
    who: typeof who === 'string' ? who : SCHEDULE,
  };
  const { pattern_key } = settings;
  const patterns = pattern_key === undefined ? await patternsToTune(deps, cycle.trial) : [pattern_key];
  await deps.cycles.putPatterns(cycle.cycle_id, patterns);
  await deps.cycles.put({
    ...runRecord(cycle),
    status: 'running',
    patterns_total: patterns.length,
    patterns_failed: 0,
    warnings: [],
  });
  return { cycle, items: [...patterns.keys()] };
}

/**
 * Returns the patterns of a run over all of them, without the retired ones. A pattern whose event ended its retirement
 * gets its mode back in the stored head too, with an entry in the audit; not in a trial, which changes nothing.
 */
async function patternsToTune(
  deps: Pick<CycleDeps, 'heads' | 'changes' | 'now'>,
  isTrial: boolean,
): Promise<PatternKey[]> {
  const active = await deps.heads.activePatterns();
  if (!isTrial)
    for (const { pattern, isBack } of active)
      if (isBack)
        await keepModeBack(deps, pattern, { who: SCHEDULE, why: 'an event arrived after retirement' });
  return active.map(({ pattern }) => pattern);
}
