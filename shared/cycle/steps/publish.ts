import * as z from 'zod';
import type { GenerationStores } from '../../generation/ports.ts';
import { storedPatternKey } from '../../pattern/pattern-key.ts';
import { parse } from '../../validation.ts';
import type { PatternRun } from '../cycle.ts';
import { cycleRunSchema, minedPatternSchema } from '../cycle.ts';
import type { CycleDeps } from '../dependencies.ts';
import { withdrawIfDecided } from '../guard/withdraw.ts';
import { publishPattern } from '../publish.ts';

const inputSchema = z.object({ cycle: cycleRunSchema, mined: minedPatternSchema });

/**
 * Puts a pattern's mined lessons and overrides in force with one conditional write of its head, and records the run and
 * what it computed.
 */
export async function publishStep(
  deps: GenerationStores & Pick<CycleDeps, 'cycles' | 'guards'>,
  input: unknown,
): Promise<PatternRun> {
  const { cycle, mined } = parse(inputSchema, input, 'invalid_request');
  const pattern = storedPatternKey(mined.pattern_key);
  const before = await deps.heads.head(pattern);
  const head = cycle.trial ? before : await withdrawIfDecided(deps, pattern, before);
  // The result was computed against the head before the guard turned the pattern off; runs go on learning.
  const isOwn = head !== before && before?.version === mined.head_version;
  const result = isOwn && head ? { ...mined, head_version: head.version } : mined;
  const run = await publishPattern(deps, pattern, cycle, result, head);
  const { lessons, overrides, near } = mined;
  await deps.cycles.putRun(cycle.cycle_id, run, { lessons, overrides, ...(near !== undefined && { near }) });
  return run;
}
