import type { Generation } from '../generation/generation.ts';
import type { ReasonCode } from '../reason.ts';
import { FAILURE_CODES } from '../reason.ts';
import type { PatternRun } from './cycle.ts';

/**
 * Returns the record of a pattern that failed in a run. The generation in force does not change.
 * @param error name of the error that ended its step; missing when the step left no result
 */
export function failedRun(
  pattern: string,
  current: Generation | undefined,
  error = 'no_result',
): PatternRun & { readonly reason: string } {
  return {
    pattern_key: pattern,
    status: 'failed',
    events_read: 0,
    lessons: 0,
    overrides: 0,
    generation: current?.generation ?? 0,
    published: false,
    would_publish: false,
    ...failureReason(error),
    warnings: [],
  };
}

interface FailureReason {
  readonly reason: string;
  readonly reason_code: ReasonCode;
}

/**
 * Returns the reason of a failure that may be shown: the code of a Fault, or `timeout`; any other name of an error
 * becomes `internal`.
 */
export function failureReason(error: string): FailureReason {
  if (error === 'States.Timeout') return { reason: 'failed: timeout', reason_code: 'timeout' };
  return {
    reason: `failed: ${/^[a-z_]{1,40}$/.test(error) ? error : 'internal'}`,
    reason_code: FAILURE_CODES.find(code => code === error) ?? 'internal',
  };
}
