import { DAY_MS, startOfDay } from '../../time.ts';

/** Number of scored weeks. The overrides of a week are computed from events before it. */
export const FOLDS = 4;
export const FOLD_DAYS = 7;

/** Returns when the scored weeks begin, at midnight UTC, so that they stay the same for a day. Milliseconds since 1970. */
export function weekStarts(asOf: number): number[] {
  const midnight = startOfDay(asOf);
  return Array.from({ length: FOLDS }, (_, i) => midnight - (FOLDS - i) * FOLD_DAYS * DAY_MS);
}
