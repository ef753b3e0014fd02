/**
 * Standard errors from the middle to an end of a 90 % interval of a gain, under the normal approximation. Rounded, and
 * never to be changed: stored comparisons of policies were made with it.
 */
export const INTERVAL_ERRORS = 1.645;
