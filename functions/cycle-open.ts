import { openCycle } from '../shared/cycle/steps.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';

/** Step 1 of a cycle: records it as running and lists the patterns to tune, unless the stored data have a newer format. */
export const createHandler = (runtime: Runtime) => async (input: unknown) => {
  await runtime.storedFormat.open();
  return openCycle(runtime, input);
};

export const handler = lambdaEntry(createHandler);
