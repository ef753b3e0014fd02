/** One day in milliseconds. */
export const DAY_MS = 86_400_000;

/** Returns the UTC day of a moment, in days since 1970. @param ms milliseconds since 1970 */
export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** Returns the latest UTC midnight that is not after a moment; both in milliseconds since 1970. */
export function startOfDay(ms: number): number {
  return dayOf(ms) * DAY_MS;
}

/** Returns the UTC date of a moment, for example `2025-01-20`. @param ms milliseconds since 1970 */
export function isoDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/**
 * Returns the epoch second at which an item expires, rounded up.
 * @param now milliseconds since 1970
 */
export function expiryAfter(now: number, days: number): number {
  return Math.ceil((now + days * DAY_MS) / 1000);
}
