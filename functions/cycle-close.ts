import { closeStep } from '../shared/cycle/steps/close.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';

/** Step 4 of a cycle: completes the record of the run and logs the line of its metrics. */
export const createHandler = (runtime: Runtime) => (input: unknown) => closeStep(runtime, input);

export const handler = lambdaEntry(createHandler);
