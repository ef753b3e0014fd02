import type { Generation } from '../generation/generation.ts';
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
    reason: failureReason(error),
    warnings: [],
  };
}

/** Returns a reason that may be shown: the code of a Fault, or `timeout`; any other error name becomes `internal`. */
export function failureReason(error: string): string {
  if (error === 'States.Timeout') return 'failed: timeout';
  return `failed: ${/^[a-z_]{1,40}$/.test(error) ? error : 'internal'}`;
}
