const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 20_000;
const MAX_RETRY_AFTER_MS = 60_000;

/** Statuses after which a retry of the same call may succeed. */
export const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/**
 * Returns the wait before the next attempt, in milliseconds: exponential back-off with jitter. The wait doubles
 * from 250 to 20,000, less a random share of at most one half, so that clients do not retry at the same moment. It is
 * never shorter than `retryAfter`, of which at most one minute counts.
 * @param attempt number of failed attempts, from 1
 * @param random in [0, 1)
 * @param retryAfter the wait that the service requires, in milliseconds
 */
export function backoffMs(attempt: number, random: number, retryAfter = 0): number {
  const full = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
  return Math.max(Math.round(full * (0.5 + random / 2)), Math.min(retryAfter, MAX_RETRY_AFTER_MS));
}

/**
 * Returns a `Retry-After` header as milliseconds from `now`; 0 when it is absent or unreadable.
 * @param header seconds, or an HTTP date
 */
export function retryAfterMs(header: string | null, now: number): number {
  if (header === null) return 0;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
