/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;

/** Returns the UTC midnight at or before a moment; both in milliseconds since 1970. */
export function startOfDay(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}
