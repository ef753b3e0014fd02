import type { PatternRun } from '../../shared/cycle/cycle.ts';
import { closeStep } from '../../shared/cycle/steps/close.ts';
import { openStep } from '../../shared/cycle/steps/open.ts';
import { publishStep } from '../../shared/cycle/steps/publish.ts';
import { tuneStep } from '../../shared/cycle/steps/tune.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { iso } from './episodes.ts';
import { publishing } from './publishing.ts';

let started = 0;

/** Runs one cycle over every pattern, in the order of the state machine. An error in a step ends the cycle. */
export async function runCycle(runtime: Runtime, options: object = {}): Promise<PatternRun[]> {
  const execution = { name: `run ${started++}`, started_at: iso(runtime.now()) };
  const opened = await openStep(runtime, { execution, options: publishing(options) });
  const { cycle, items } = opened;
  for (const item of items) {
    const mined = await tuneStep(runtime, { cycle, item });
    await publishStep(runtime, { cycle, mined });
  }
  await closeStep(runtime, opened);
  return runtime.cycles.runs(cycle.cycle_id);
}
