import type { FactorColumns } from '../episode/columns/columns.ts';
import { neighbourScore } from '../override/replay/block-hours.ts';

/** Lengths of a block, hours. */
const LENGTHS = [6, 12, 24, 72] as const;
/** Shorter lengths, for busy patterns. */
const SHORT_LENGTHS = [3, 1] as const;
/** Mean number of events with an outcome in a block, from which a pattern is busy enough for a shorter length. */
const BUSY = 50;
/** z-score from which neighbouring blocks count as correlated. */
const CORRELATED = 2;
const HOUR_MS = 3_600_000;

/**
 * Returns the length of the blocks of a test: the shortest at which outcomes of neighbouring blocks are not correlated. A
 * length below 6 hours is for busy patterns. It requires that no longer one up to 6 hours shows a correlation, which short
 * blocks could miss.
 * @param columns events before the start of the test, with known outcomes
 */
export function guardBlockHours(columns: FactorColumns): number {
  const isCorrelated = (hours: number): boolean => neighbourScore(columns, hours) > CORRELATED;
  let hours: number = LENGTHS.find(length => !isCorrelated(length)) ?? 72;
  if (hours > LENGTHS[0]) return hours;
  for (const shorter of SHORT_LENGTHS) {
    if (eventsPerHour(columns) * shorter < BUSY || isCorrelated(shorter)) break;
    hours = shorter;
  }
  return hours;
}

/** Returns the mean number of events of an hour, from the first to the last event; 0 for fewer than two. */
function eventsPerHour({ size, time }: FactorColumns): number {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const at of time.subarray(0, size)) {
    first = Math.min(first, at);
    last = Math.max(last, at);
  }
  return size < 2 || last === first ? 0 : (size * HOUR_MS) / (last - first);
}
