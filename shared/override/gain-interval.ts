/**
 * Number of standard errors from the middle to an end of a 90 % interval of a gain, under the normal approximation. Do
 * not change the rounded number: stored comparisons of policies depend on it.
 */
export const INTERVAL_ERRORS = 1.645;
