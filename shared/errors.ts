/** Everything that can go wrong, in one vocabulary. `http/problem.ts` alone knows the status of a code. */
export type FaultCode =
  // the caller's
  | 'invalid_body'
  | 'invalid_request'
  | 'invalid_pattern_key'
  | 'invalid_scope'
  | 'invalid_event'
  | 'invalid_outcome'
  | 'invalid_page_token'
  | 'all_rejected'
  | 'event_conflict'
  | 'event_too_large'
  | 'outcome_conflict'
  | 'too_many_corrections'
  | 'timestamp_out_of_range'
  | 'too_many_items'
  | 'body_too_large'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'unknown_cycle'
  | 'unknown_generation'
  | 'policy_not_available'
  | 'head_changed'
  // ours
  | 'store_unavailable'
  | 'store_throttled'
  | 'damaged_event'
  | 'damaged_generation'
  | 'newer_data'
  | 'cycle_not_started'
  | 'internal';

/**
 * A failure with a code that callers, state machine and logs can act on.
 * `name` is the code, because Step Functions and Lambda report an error by its name.
 */
export class Fault extends Error {
  readonly code: FaultCode;
  /** Safe to show to a caller: where in the request it is wrong. */
  readonly issues: readonly FaultIssue[];

  constructor(
    code: FaultCode,
    message: string,
    options?: { cause?: unknown; issues?: readonly FaultIssue[] },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.name = code;
    this.issues = options?.issues ?? [];
  }
}

export interface FaultIssue {
  readonly path: string;
  readonly message: string;
}

/** The code of anything thrown; what is not a `Fault` is ours and unexpected. */
export function faultCode(error: unknown): FaultCode {
  return error instanceof Fault ? error.code : 'internal';
}
