import { mine } from '../shared/cycle/steps.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';

/** Step 2 of a cycle, per pattern: events of the window to lessons. */
export const createHandler = (runtime: Runtime) => (input: unknown) => mine(runtime, input);

export const handler = lambdaEntry(createHandler);
