import * as z from 'zod';
import type { Head } from '../../generation/head.ts';
import type { GenerationStores } from '../../generation/ports.ts';
import { servedGeneration } from '../../generation/served.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { storedPatternKey } from '../../pattern/pattern-key.ts';
import { parse } from '../../validation.ts';
import type { MinedPattern, PatternRun } from '../cycle.ts';
import { cycleRunSchema, minedPatternSchema } from '../cycle.ts';
import type { CycleDeps } from '../dependencies.ts';
import { withdrawIfDecided } from '../guard/withdraw.ts';
import { publishPattern } from '../publish.ts';
import { carryOutRollout } from '../rollout/carry-out.ts';

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
  const head = cycle.trial ? before : await carryOutDecisions(deps, pattern, before);
  const result = head && head !== before ? resultAfter(mined, before, head) : mined;
  const run = await publishPattern(deps, pattern, cycle, result, head);
  const { lessons, overrides, near } = mined;
  await deps.cycles.putRun(cycle.cycle_id, run, { lessons, overrides, ...(near !== undefined && { near }) });
  return run;
}

/**
 * Returns a result as it counts after the decisions of its own run, because runs go on learning. It was computed against the
 * head before. After a promotion it is compared with the candidate, which is now in force.
 */
function resultAfter(mined: MinedPattern, before: Head | undefined, head: Head): MinedPattern {
  if (before?.version !== mined.head_version) return mined;
  const result = { ...mined, head_version: head.version };
  const { candidate } = before;
  const isPromoted = candidate && head.current?.generation === candidate.generation.generation;
  if (!isPromoted || !mined.guarded) return result;
  const { moves } = mined.guarded;
  return { ...result, guarded: { moves, differs: moves !== candidate.moves } };
}

/** Carries out what the guard has decided: on what is in force, then on the candidate. @returns the head now stored */
async function carryOutDecisions(
  deps: GenerationStores & Pick<CycleDeps, 'guards'>,
  pattern: PatternKey,
  head: Head | undefined,
): Promise<Head | undefined> {
  if (!head || !(head.candidate || servedGeneration(head) > 0)) return head;
  const state = await deps.guards.guard(pattern);
  return carryOutRollout(deps, pattern, await withdrawIfDecided(deps, pattern, head, state), state);
}
