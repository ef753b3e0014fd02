import { openStep } from '../shared/cycle/steps/open.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';

/** Step 1 of a cycle: records the run as running and lists the patterns to mine, unless the stored data have a newer format. */
export const createHandler = (runtime: Runtime) => async (input: unknown) => {
  await runtime.storedFormat.open();
  return openStep(runtime, input);
};

export const handler = lambdaEntry(createHandler);
