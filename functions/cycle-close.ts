import { closeStep } from '../shared/cycle/steps/close.ts';
import { failStep, isFailure } from '../shared/cycle/steps/fail.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';

/**
 * Step 4 of a cycle: completes the record of the run and logs the line of its metrics. During the run it records each
 * pattern that failed.
 */
export const createHandler = (runtime: Runtime) => (input: unknown) =>
  isFailure(input) ? failStep(runtime, input) : closeStep(runtime, input);

export const handler = lambdaEntry(createHandler);
