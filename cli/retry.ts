const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 20_000;
const MAX_RETRY_AFTER_MS = 60_000;

/** Statuses after which the same call may well succeed. */
export const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/**
 * How long to wait before the next attempt, in milliseconds: doubling from 250 up to 20,000, of which a
 * random half is taken off so that clients do not come back together. Never less than the service asked for
 * (up to a minute).
 * @param attempt how many attempts have failed, from 1
 * @param random in [0, 1)
 */
export function backoffMs(attempt: number, random: number, askedMs = 0): number {
  const full = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
  return Math.max(Math.round(full * (0.5 + random / 2)), Math.min(askedMs, MAX_RETRY_AFTER_MS));
}

/** A `Retry-After` header, seconds or an HTTP date, in milliseconds from `now`; 0 when absent or unreadable. */
export function retryAfterMs(header: string | null, now: number): number {
  if (header === null) return 0;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
