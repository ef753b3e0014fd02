import type { PatternKey } from '../pattern/pattern-key.ts';

/** Minimum interval between two reports of the same name; must stay below `UNQUERIED_AFTER_MS` (24 h). */
const REPORT_INTERVAL_MS = 3600_000;
/** Bounds of the memory. Beyond them the times are dropped, so names are due again within the interval. */
const MAX_PATTERNS = 1000;
const MAX_NAMES = 256;

/** Lets each name of a pattern pass at most once an hour, so that its reports cost little however often it occurs. */
export class HourlyNames {
  readonly #now: () => number;
  /** Time of the last report of each name, by pattern; milliseconds since 1970. */
  readonly #reportedAt = new Map<PatternKey, Map<string, number>>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Returns the names that were not returned in the last hour, and notes them as reported. */
  due(pattern: PatternKey, names: readonly string[]): string[] {
    const now = this.#now();
    const reportedAt = this.#timesOf(pattern);
    const due = names.filter(name => now - (reportedAt.get(name) ?? 0) >= REPORT_INTERVAL_MS);
    if (reportedAt.size + due.length > MAX_NAMES) reportedAt.clear();
    for (const name of due) reportedAt.set(name, now);
    return due;
  }

  #timesOf(pattern: PatternKey): Map<string, number> {
    const existing = this.#reportedAt.get(pattern);
    if (existing) return existing;
    if (this.#reportedAt.size >= MAX_PATTERNS) this.#reportedAt.clear();
    const times = new Map<string, number>();
    this.#reportedAt.set(pattern, times);
    return times;
  }
}
