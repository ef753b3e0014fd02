import type { FaultCode } from '../errors.ts';
import { Fault } from '../errors.ts';
import type { Problem } from './schemas.ts';

/** The one place that knows the status of a fault. A code without a row does not compile. */
const STATUS: Readonly<Record<FaultCode, { readonly status: number; readonly title: string }>> = {
  invalid_body: { status: 400, title: 'The body is not readable' },
  invalid_request: { status: 400, title: 'The request does not fit' },
  invalid_pattern_key: { status: 400, title: 'Not a pattern key' },
  invalid_scope: { status: 400, title: 'Not a scope' },
  invalid_event: { status: 400, title: 'Not an episode event' },
  invalid_outcome: { status: 400, title: 'Not an outcome' },
  invalid_page_token: { status: 400, title: 'Not a page token' },
  all_rejected: { status: 400, title: 'Nothing was accepted' },
  event_too_large: { status: 400, title: 'The event is too large' },
  timestamp_out_of_range: { status: 400, title: 'The time is out of range' },
  too_many_corrections: { status: 400, title: 'Too many corrections' },
  event_conflict: { status: 400, title: 'Another event has this id' },
  outcome_conflict: { status: 400, title: 'Another outcome is recorded' },
  policy_not_available: { status: 400, title: 'No such policy' },
  unauthorized: { status: 401, title: 'Not known' },
  forbidden: { status: 403, title: 'Not allowed' },
  not_found: { status: 404, title: 'No such resource' },
  method_not_allowed: { status: 405, title: 'Not that method' },
  unknown_cycle: { status: 404, title: 'No such cycle' },
  unknown_generation: { status: 404, title: 'No such generation' },
  head_changed: { status: 409, title: 'Changed by others meanwhile' },
  body_too_large: { status: 413, title: 'The body is too large' },
  too_many_items: { status: 413, title: 'Too many items' },
  store_throttled: { status: 503, title: 'Busy' },
  store_unavailable: { status: 503, title: 'Storage is unavailable' },
  cycle_not_started: { status: 503, title: 'The cycle could not be started' },
  damaged_event: { status: 500, title: 'A stored event is damaged' },
  damaged_generation: { status: 500, title: 'A stored generation is damaged' },
  newer_data: { status: 500, title: 'The stored data are newer than this service' },
  internal: { status: 500, title: 'An error of ours' },
};

/** Seconds after which a caller may try again what failed with 503. */
export const RETRY_AFTER_SECONDS = 1;

/** A fault as RFC 9457 says it. Details of our own faults stay in the log. */
export function problemOf(error: unknown): Problem {
  const code = error instanceof Fault ? error.code : 'internal';
  const { status, title } = STATUS[code];
  const shown = error instanceof Fault && status < 500;
  return {
    type: `urn:pm-tuning:problem:${code}`,
    title,
    status,
    detail: shown
      ? error.message
      : status === 503
        ? 'try again; nothing that was acknowledged is lost'
        : title,
    code,
    ...(shown && error.issues.length > 0 && { errors: [...error.issues] }),
  };
}
