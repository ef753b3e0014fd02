import { openCycle } from '../shared/cycle/steps.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';

/** Step 1 of a cycle: records it as running and lists the patterns to tune. */
export const createHandler = (runtime: Runtime) => (input: unknown) => openCycle(runtime, input);

export const handler = lambdaEntry(createHandler);
