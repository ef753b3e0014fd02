import { readLogLines } from '../shared/aws/cloudwatch-logs.ts';
import { readAsked } from '../shared/lookup/queried-dimensions.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';

/** Keeps which dimensions look-ups ask with, from the lines that they log: a look-up itself may write nothing. */
export const createHandler = (runtime: Runtime) => async (event: unknown) => {
  for (const { pattern, names } of readAsked(readLogLines(event)))
    await runtime.dimensions.noteAsked(pattern, names);
};

export const handler = lambdaEntry(createHandler);
