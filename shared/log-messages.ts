/*
 * Messages of the log lines that infrastructure filters by. The code that logs a line and the filter that selects it
 * both import the message from here, so that the two cannot differ.
 */

/** Message of the line that closes a run. Its fields are the metrics of `infra/monitoring/metrics.ts`. */
export const CYCLE_CLOSED_MESSAGE = 'cycle closed';

/** Message of the line that closes a trial. No metric is made of it. */
export const TRIAL_CLOSED_MESSAGE = 'trial closed';

/** Message of the line that lists dimensions of look-ups. A subscription passes it to the function that stores them. */
export const QUERIED_DIMENSIONS_MESSAGE = 'queried dimensions';

/** Message of the error of a look-up that answered neutral. A metric and a subscription count these lines. */
export const DEGRADED_LOOKUP_MESSAGE = 'look-up answered neutral';
