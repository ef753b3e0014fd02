import { readLogLines } from '../shared/aws/cloudwatch-logs.ts';
import { parseQueriedDimensions } from '../shared/lookup/queried-dimensions.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';
import { countDegradedLines } from '../shared/warning/degraded-lookups.ts';

/**
 * Stores which dimensions look-ups use, and how many look-ups could not read what is in force. It reads the lines that
 * they log, because a look-up itself must not write.
 */
export const createHandler = (runtime: Runtime) => async (event: unknown) => {
  const lines = readLogLines(event);
  for (const { pattern, names, caller } of parseQueriedDimensions(lines))
    await runtime.dimensions.recordQueried(pattern, names, caller);
  await runtime.degradedLookups.add(countDegradedLines(lines));
};

export const handler = lambdaEntry(createHandler);
