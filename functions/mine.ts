import { logStep } from '../shared/cycle/log-step.ts';
import { tuneStep } from '../shared/cycle/steps/tune.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';

/** Step 2 of a cycle, per pattern: computes lessons and the overrides that follow, and puts nothing in force. */
export const createHandler = (runtime: Runtime) => (input: unknown) =>
  logStep(
    runtime,
    'pattern mined',
    input,
    () => tuneStep(runtime, input),
    ({ pattern_key, events_read, lessons }) => ({ pattern_key, events_read, lessons: lessons.rows }),
  );

export const handler = lambdaEntry(createHandler);
