/*
 * Messages of the log lines that infrastructure filters by. The code that logs a line and the filter that selects it
 * both import the message from here, so that the two cannot differ.
 */

/** Closes a run; its fields are the metrics of `infra/monitoring/metrics.ts`. */
export const CYCLE_CLOSED_MESSAGE = 'cycle closed';

/** Reports the dimensions that look-ups of a pattern used; a subscription hands the line to the function that stores it. */
export const QUERIED_DIMENSIONS_MESSAGE = 'queried dimensions';
