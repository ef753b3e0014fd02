/** One day in milliseconds. */
export const DAY_MS = 86_400_000;

/** Returns the latest UTC midnight that is not after a moment; both in milliseconds since 1970. */
export function startOfDay(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}

/**
 * Returns the epoch second at which an item expires, rounded up.
 * @param now milliseconds since 1970
 */
export function expiryAfter(now: number, days: number): number {
  return Math.ceil((now + days * DAY_MS) / 1000);
}
