import { logged } from '../shared/cycle/log-step.ts';
import { mine } from '../shared/cycle/steps.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';

/** Step 2 of a cycle, per pattern: events of the window to lessons, and what each policy makes of them. */
export const createHandler = (runtime: Runtime) => (input: unknown) =>
  logged(
    runtime,
    'pattern mined',
    input,
    () => mine(runtime, input),
    ({ pattern_key, events_read, lessons }) => ({ pattern_key, events_read, lessons: lessons.rows }),
  );

export const handler = lambdaEntry(createHandler);
