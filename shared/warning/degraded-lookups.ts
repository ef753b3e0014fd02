import * as z from 'zod';
import { parseJsonText } from '../json.ts';
import { DEGRADED_LOOKUP_MESSAGE } from '../log-messages.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { parsePatternKey } from '../pattern/pattern-key.ts';
import type { Warning } from './warning.ts';

/*
 * A look-up that cannot read what is in force answers neutral, and the PM notices nothing. So each one is counted. In
 * AWS a look-up writes nothing to the store: its log line is counted by functions/record-queried-dimensions.ts. The
 * local service counts in its own memory, which works even while its store fails.
 */

/** The number of degraded look-ups of a pattern. */
export interface DegradedCount {
  readonly pattern: PatternKey;
  readonly count: number;
}

/** The port of the counts of degraded look-ups, by minute. */
export interface DegradedLookups {
  /** Adds degraded look-ups to the current minute. */
  add(counts: readonly DegradedCount[]): Promise<void>;
  /** Returns the counts of each pattern since a time, milliseconds since 1970; at most the last three days. */
  since(from: number): Promise<DegradedCount[]>;
}

const MINUTE_MS = 60_000;
/** Maximum number of minutes that are kept in memory: three days. */
const MAX_MINUTES = 3 * 24 * 60;
/** Maximum number of patterns that are counted in one minute. A caller chooses the pattern of a look-up. */
const MAX_PATTERNS = 1000;

/** Counts degraded look-ups in memory: one process serves look-ups and `status`. */
export class DegradedLookupMemory implements DegradedLookups {
  readonly #now: () => number;
  /** Counts by minute since 1970, oldest first. */
  readonly #minutes = new Map<number, Map<PatternKey, number>>();

  constructor(now: () => number) {
    this.#now = now;
  }

  async add(counts: readonly DegradedCount[]): Promise<void> {
    const minute = Math.floor(this.#now() / MINUTE_MS);
    const counted = this.#minutes.get(minute) ?? new Map<PatternKey, number>();
    this.#minutes.set(minute, counted);
    for (const { pattern, count } of counts)
      if (counted.has(pattern) || counted.size < MAX_PATTERNS)
        counted.set(pattern, (counted.get(pattern) ?? 0) + count);
    for (const oldest of this.#minutes.keys()) {
      if (this.#minutes.size <= MAX_MINUTES) break;
      this.#minutes.delete(oldest);
    }
  }

  async since(from: number): Promise<DegradedCount[]> {
    const first = Math.floor(from / MINUTE_MS);
    return sumByPattern(
      [...this.#minutes]
        .filter(([minute]) => minute >= first)
        .flatMap(([, counted]) => [...counted].map(([pattern, count]) => ({ pattern, count }))),
    );
  }
}

/** Adds up the counts of each pattern, most first. */
export function sumByPattern(counts: readonly DegradedCount[]): DegradedCount[] {
  const sums = new Map<PatternKey, number>();
  for (const { pattern, count } of counts) sums.set(pattern, (sums.get(pattern) ?? 0) + count);
  return [...sums].map(([pattern, count]) => ({ pattern, count })).sort((a, b) => b.count - a.count);
}

/** Warns of each pattern with degraded look-ups. @param from time since which they were counted */
export function lookupsDegraded(counts: readonly DegradedCount[], from: number): Warning[] {
  return counts.map(({ pattern, count }) => ({
    code: 'lookups_degraded',
    message:
      `${count} look-ups of ${pattern} were answered neutral since ${new Date(from).toISOString()}, because the ` +
      `overrides in force could not be read: search the log for "${DEGRADED_LOOKUP_MESSAGE}", which has the error`,
    pattern_key: pattern,
  }));
}

const lineSchema = z.object({ message: z.literal(DEGRADED_LOOKUP_MESSAGE), pattern: z.string() });

/** Counts the log lines that report a degraded look-up; other lines are left out. */
export function countDegradedLines(lines: readonly string[]): DegradedCount[] {
  return sumByPattern(
    lines.flatMap(line => {
      const parsed = lineSchema.safeParse(parseJsonText(line));
      return parsed.success ? [{ pattern: parsePatternKey(parsed.data.pattern), count: 1 }] : [];
    }),
  );
}
