import * as z from 'zod';
import { QUERIED_DIMENSIONS_MESSAGE } from '../log-messages.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { parsePatternKey } from '../pattern/pattern-key.ts';
import type { Scope } from '../pattern/scope.ts';

/*
 * A lesson on a dimension that no look-up sends has no effect, and no answer shows that. So look-ups report the names
 * of their dimensions, never a value. A look-up writes nothing to the store: it logs a line, and
 * functions/record-queried-dimensions.ts stores what the line lists.
 */

/** Minimum interval between two reports of the same dimension; must stay below `UNQUERIED_AFTER_MS` (24 h). */
const REPORT_INTERVAL_MS = 3600_000;
/** Bounds of the reporter's memory. Beyond them it drops its times, so names are reported again within the interval. */
const MAX_PATTERNS = 1000;
const MAX_NAMES = 256;

export interface QueriedDimensions {
  readonly pattern: PatternKey;
  readonly names: readonly string[];
}

/** Reports each dimension of a pattern at most once an hour, however many look-ups use it. */
export class QueriedDimensionReporter {
  readonly #report: (queried: QueriedDimensions) => void;
  readonly #now: () => number;
  /** Time of the last report of each name, by pattern; milliseconds since 1970. */
  readonly #reportedAt = new Map<PatternKey, Map<string, number>>();

  constructor(report: (queried: QueriedDimensions) => void, now: () => number) {
    this.#report = report;
    this.#now = now;
  }

  /** Records the dimensions of a look-up. Call it for patterns that have a generation to serve. */
  record(pattern: PatternKey, scope: Scope): void {
    const now = this.#now();
    const reportedAt = this.#timesOf(pattern);
    const names = Object.keys(scope).filter(name => now - (reportedAt.get(name) ?? 0) >= REPORT_INTERVAL_MS);
    if (names.length === 0) return;
    if (reportedAt.size + names.length > MAX_NAMES) reportedAt.clear();
    for (const name of names) reportedAt.set(name, now);
    this.#report({ pattern, names });
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

const lineSchema = z.object({
  message: z.literal(QUERIED_DIMENSIONS_MESSAGE),
  pattern: z.string(),
  /** Comma-separated; a name contains no comma. */
  dimensions: z.string().regex(/^[A-Za-z]\w{0,63}(,[A-Za-z]\w{0,63}){0,63}$/),
});

/** Parses the log lines that report dimensions; other lines are left out. */
export function parseQueriedDimensions(lines: readonly string[]): QueriedDimensions[] {
  return lines.flatMap(line => {
    const parsed = lineSchema.safeParse(parseJson(line));
    if (!parsed.success) return [];
    return [{ pattern: parsePatternKey(parsed.data.pattern), names: parsed.data.dimensions.split(',') }];
  });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
