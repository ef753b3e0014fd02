import type { FaultCode } from '../errors.ts';
import { Fault } from '../errors.ts';
import type { Problem } from './schemas/problem.ts';

/** The HTTP status and the title of every fault code. A code without a row does not compile. */
const STATUS: Readonly<Record<FaultCode, { readonly status: number; readonly title: string }>> = {
  invalid_body: { status: 400, title: 'Invalid body' },
  invalid_request: { status: 400, title: 'Invalid request' },
  invalid_pattern_key: { status: 400, title: 'Invalid pattern key' },
  invalid_scope: { status: 400, title: 'Invalid scope' },
  invalid_event: { status: 400, title: 'Invalid episode event' },
  invalid_outcome: { status: 400, title: 'Invalid outcome' },
  invalid_page_token: { status: 400, title: 'Invalid page token' },
  invalid_encoding: { status: 400, title: 'Text is not UTF-8' },
  as_of_out_of_range: { status: 400, title: 'as_of is out of range' },
  reason_required: { status: 400, title: 'A reason is required' },
  all_rejected: { status: 400, title: 'All items rejected' },
  event_too_large: { status: 400, title: 'Event too large' },
  timestamp_out_of_range: { status: 400, title: 'Timestamp out of range' },
  too_many_patterns: { status: 400, title: 'Too many patterns' },
  not_your_episode: { status: 400, title: 'The event of another caller' },
  too_many_corrections: { status: 400, title: 'Too many corrections' },
  event_conflict: { status: 400, title: 'Another event has this id' },
  outcome_before_event: { status: 400, title: 'Outcome before its event' },
  factor_conflict: { status: 400, title: 'The event has another value of a factor' },
  outcome_conflict: { status: 400, title: 'Another outcome is recorded' },
  policy_not_available: { status: 400, title: 'No such policy' },
  unauthorized: { status: 401, title: 'Authentication required' },
  forbidden: { status: 403, title: 'Forbidden' },
  not_found: { status: 404, title: 'No such resource' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  unknown_cycle: { status: 404, title: 'No such cycle' },
  unknown_generation: { status: 404, title: 'No such generation' },
  unknown_pattern: { status: 404, title: 'No event names this pattern' },
  unknown_writer: { status: 404, title: 'No such writer' },
  unknown_target: { status: 404, title: 'No such target of notifications' },
  trial_expired: { status: 404, title: 'The results of this run have expired' },
  head_changed: { status: 409, title: 'Concurrent change' },
  no_rollout: { status: 409, title: 'No rollout' },
  body_timeout: { status: 408, title: 'Body did not arrive in time' },
  body_too_large: { status: 413, title: 'Body too large' },
  too_many_items: { status: 413, title: 'Too many items' },
  answer_too_large: { status: 413, title: 'Answer too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  store_throttled: { status: 503, title: 'Storage is throttled' },
  store_unavailable: { status: 503, title: 'Storage is unavailable' },
  cycle_not_started: { status: 503, title: 'The cycle could not be started' },
  damaged_event: { status: 500, title: 'A stored event is damaged' },
  damaged_generation: { status: 500, title: 'A stored generation is damaged' },
  newer_data: { status: 500, title: 'The stored data are newer than this service' },
  internal: { status: 500, title: 'Internal error' },
};

/** Returns the HTTP status of a code. */
export function statusOf(code: FaultCode): number {
  return STATUS[code].status;
}

/** Value of the Retry-After header of a 503 response, in seconds. */
export const RETRY_AFTER_SECONDS = 1;

/** Returns the problem details (RFC 9457) of an error. Messages of server errors (5xx) stay in the log. */
export function problemOf(error: unknown): Problem {
  const code = error instanceof Fault ? error.code : 'internal';
  const { status, title } = STATUS[code];
  const isCallersFault = error instanceof Fault && status < 500;
  return {
    type: `urn:pm-tuning:problem:${code}`,
    title,
    status,
    detail: isCallersFault
      ? error.message
      : status === 503
        ? 'the service is temporarily unavailable: try again; acknowledged requests are not lost'
        : title,
    code,
    ...(isCallersFault && error.issues.length > 0 && { errors: [...error.issues] }),
    ...(isCallersFault && error.suggestions.length > 0 && { suggestions: [...error.suggestions] }),
  };
}
