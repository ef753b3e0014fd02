import * as z from 'zod';
import { requirePolicy } from '../../generation/effective-settings.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { parsePatternKey } from '../../pattern/pattern-key.ts';
import { parse } from '../../validation.ts';
import type { CycleRun } from '../cycle.ts';
import { cycleId, cycleOptionsSchema } from '../cycle.ts';
import type { CycleDeps } from '../dependencies.ts';

const inputSchema = z.object({
  execution: z.object({ name: z.string(), started_at: z.string() }),
  options: z.record(z.string(), z.unknown()).nullish(),
});

/**
 * Opens a run: records it as running and lists the patterns to mine.
 * @throws Fault `invalid_request`, `invalid_pattern_key`, `policy_not_available`
 */
export async function openStep(
  { heads, cycles }: Pick<CycleDeps, 'heads' | 'cycles'>,
  input: unknown,
): Promise<{ cycle: CycleRun; patterns: PatternKey[] }> {
  const { execution, options } = parse(inputSchema, input, 'invalid_request');
  const { cycle_id, ...rest } = options ?? {};
  const { pattern_key, ...settings } = parse(cycleOptionsSchema, rest, 'invalid_request');
  if (settings.policy !== undefined) requirePolicy(settings.policy);
  const started_at = new Date(execution.started_at).toISOString();
  const cycle: CycleRun = {
    ...settings,
    ...(pattern_key !== undefined && { pattern_key }),
    cycle_id: typeof cycle_id === 'string' ? cycle_id : cycleId(started_at, execution.name),
    as_of: new Date(settings.as_of ?? started_at).toISOString(),
    started_at,
  };
  const patterns = pattern_key === undefined ? await heads.patterns() : [parsePatternKey(pattern_key)];
  await cycles.put({
    cycle_id: cycle.cycle_id,
    as_of: cycle.as_of,
    started_at,
    status: 'running',
    patterns_total: patterns.length,
    patterns_failed: 0,
    settings: pattern_key === undefined ? {} : { pattern_key },
  });
  return { cycle, patterns };
}
