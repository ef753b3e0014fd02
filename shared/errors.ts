/** The code of every known failure. `http/problem.ts` maps each code to its HTTP status. */
export type FaultCode =
  // Errors of the caller (4xx).
  | 'invalid_body'
  | 'invalid_request'
  | 'invalid_pattern_key'
  | 'invalid_scope'
  | 'invalid_event'
  | 'invalid_outcome'
  | 'invalid_page_token'
  | 'invalid_encoding'
  | 'as_of_out_of_range'
  | 'reason_required'
  | 'all_rejected'
  | 'event_conflict'
  | 'event_too_large'
  | 'outcome_conflict'
  | 'factor_conflict'
  | 'outcome_before_event'
  | 'not_your_episode'
  | 'too_many_corrections'
  | 'timestamp_out_of_range'
  | 'too_many_items'
  | 'too_many_patterns'
  | 'body_too_large'
  | 'body_timeout'
  | 'answer_too_large'
  | 'unsupported_media_type'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'unknown_cycle'
  | 'unknown_generation'
  | 'unknown_pattern'
  | 'unknown_writer'
  | 'unknown_target'
  | 'trial_expired'
  | 'policy_not_available'
  | 'head_changed'
  | 'no_rollout'
  // Errors of the service (5xx).
  | 'store_unavailable'
  | 'store_throttled'
  | 'damaged_event'
  | 'damaged_generation'
  | 'newer_data'
  | 'cycle_not_started'
  | 'internal';

/**
 * A failure with a code on which callers, the state machine and alarms can act.
 * `name` is the code, because Step Functions and Lambda report an error by its name.
 */
export class Fault extends Error {
  readonly code: FaultCode;
  /** The places in the request that are invalid. They are sent to the caller. */
  readonly issues: readonly FaultIssue[];
  /** Known names that are near to an unknown one. They are sent to the caller. */
  readonly suggestions: readonly string[];

  constructor(
    code: FaultCode,
    message: string,
    options?: { cause?: unknown; issues?: readonly FaultIssue[]; suggestions?: readonly string[] },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.name = code;
    this.issues = options?.issues ?? [];
    this.suggestions = options?.suggestions ?? [];
  }
}

export interface FaultIssue {
  readonly path: string;
  readonly message: string;
}

/** Returns the code of a thrown value; `internal` unless it is a `Fault`. */
export function faultCode(error: unknown): FaultCode {
  return error instanceof Fault ? error.code : 'internal';
}
