import { readLogLines } from '../shared/aws/cloudwatch-logs.ts';
import { parseQueriedDimensions } from '../shared/lookup/queried-dimensions.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';

/** Stores which dimensions look-ups use. It reads the lines that they log, because a look-up itself must not write. */
export const createHandler = (runtime: Runtime) => async (event: unknown) => {
  for (const { pattern, names } of parseQueriedDimensions(readLogLines(event)))
    await runtime.dimensions.recordQueried(pattern, names);
};

export const handler = lambdaEntry(createHandler);
