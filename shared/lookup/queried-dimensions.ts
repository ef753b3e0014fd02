import * as z from 'zod';
import { parseJsonText } from '../json.ts';
import { QUERIED_DIMENSIONS_MESSAGE } from '../log-messages.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { parsePatternKey } from '../pattern/pattern-key.ts';
import type { Scope } from '../pattern/scope.ts';
import { HourlyNames } from '../warning/hourly-names.ts';

/*
 * A lesson on a dimension that no look-up sends has no effect, and no answer shows that. So look-ups report the names
 * of their dimensions, never a value. A look-up writes nothing to the store: it logs a line, and
 * functions/record-queried-dimensions.ts stores what the line lists.
 */

export interface QueriedDimensions {
  readonly pattern: PatternKey;
  readonly names: readonly string[];
}

/** Reports each dimension of a pattern at most once an hour, however many look-ups use it. */
export class QueriedDimensionReporter {
  readonly #report: (queried: QueriedDimensions) => void;
  readonly #hourly: HourlyNames;

  constructor(report: (queried: QueriedDimensions) => void, now: () => number) {
    this.#report = report;
    this.#hourly = new HourlyNames(now);
  }

  /** Records the dimensions of a look-up. Call it for patterns that have a generation to serve. */
  record(pattern: PatternKey, scope: Scope): void {
    const names = this.#hourly.due(pattern, Object.keys(scope));
    if (names.length > 0) this.#report({ pattern, names });
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
    const parsed = lineSchema.safeParse(parseJsonText(line));
    if (!parsed.success) return [];
    return [{ pattern: parsePatternKey(parsed.data.pattern), names: parsed.data.dimensions.split(',') }];
  });
}
