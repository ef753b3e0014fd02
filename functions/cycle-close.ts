import { closeCycle } from '../shared/cycle/steps.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';

/** Step 4 of a cycle: the record of the run. */
export const createHandler = (runtime: Runtime) => (input: unknown) => closeCycle(runtime, input);

export const handler = lambdaEntry(createHandler);
