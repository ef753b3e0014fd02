/** Pauses before the second and each further attempt, milliseconds. */
export const RETRY_MS = [5000, 5 * 60_000, 30 * 60_000, 2 * 3_600_000, 5 * 3_600_000] as const;

/** Result of one attempt to deliver an event. */
export type Delivery =
  | { readonly outcome: 'delivered' }
  /** The target answered 410: it gets nothing until its configuration changes. */
  | { readonly outcome: 'ended'; readonly reason: string }
  /** @member retryAfterMs pause that the target requested */
  | { readonly outcome: 'failed'; readonly reason: string; readonly retryAfterMs?: number };

/** Longest pause that a target can request, milliseconds. */
const MAX_PAUSE_MS = 5 * 3_600_000;

/**
 * Returns the pause before the next attempt, milliseconds; undefined after the last one.
 * @param attempts attempts so far, at least 1
 * @param askedMs pause that the target requested
 */
export function retryPause(attempts: number, askedMs = 0): number | undefined {
  const pause = RETRY_MS[attempts - 1];
  return pause === undefined ? undefined : Math.min(MAX_PAUSE_MS, Math.max(pause, askedMs));
}

/**
 * Returns what an answer means. A redirect is a failure: its address was not checked.
 * @param status HTTP status
 * @param retryAfter the header of that name, seconds or a date
 */
export function deliveryOf(status: number, retryAfter: string | undefined, now: number): Delivery {
  if (status >= 200 && status < 300) return { outcome: 'delivered' };
  const reason = `http_${status}`;
  if (status === 410) return { outcome: 'ended', reason };
  if (retryAfter === undefined) return { outcome: 'failed', reason };
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - now;
  return { outcome: 'failed', reason, ...(ms > 0 && { retryAfterMs: ms }) };
}
