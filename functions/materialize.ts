import { logStep } from '../shared/cycle/log-step.ts';
import { publishStep } from '../shared/cycle/steps/publish.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';

/** Step 3 of a cycle, per pattern: puts the computed lessons and overrides in force. */
export const createHandler = (runtime: Runtime) => (input: unknown) =>
  logStep(
    runtime,
    'pattern materialized',
    input,
    () => publishStep(runtime, input),
    ({ pattern_key, status, overrides, generation }) => ({ pattern_key, status, overrides, generation }),
  );

export const handler = lambdaEntry(createHandler);
