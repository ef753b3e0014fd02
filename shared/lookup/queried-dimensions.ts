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
  /** Who looked up, when that is due to be recorded. */
  readonly caller?: string;
}

/** Marks a caller among the names; no dimension begins with it. */
const CALLER = '@';
/** Stands for every dimension among the names: a client that has the snapshot resolves any scope itself. */
export const EVERY_DIMENSION = '*';

/** Reports each dimension and each caller of a pattern at most once an hour, however many look-ups there are. */
export class QueriedDimensionReporter {
  readonly #report: (queried: QueriedDimensions) => void;
  readonly #hourly: HourlyNames;

  constructor(report: (queried: QueriedDimensions) => void, now: () => number) {
    this.#report = report;
    this.#hourly = new HourlyNames(now);
  }

  /**
   * Records a look-up: its dimensions, for patterns that have a generation to serve, and its caller.
   * @param caller absent for the service's own page, which is no bot
   */
  record(pattern: PatternKey, scope: Scope, caller?: string): void {
    this.#recordNames(pattern, Object.keys(scope), caller);
  }

  /** Records that a bot reads the snapshot, so it may send any dimension. The service's own page reads nothing from it. */
  recordSnapshot(pattern: PatternKey, caller?: string): void {
    this.#recordNames(pattern, caller === undefined ? [] : [EVERY_DIMENSION], caller);
  }

  #recordNames(pattern: PatternKey, dimensions: readonly string[], caller: string | undefined): void {
    const callers = caller === undefined ? [] : [`${CALLER}${caller}`];
    const due = this.#hourly.due(pattern, [...dimensions, ...callers]);
    if (due.length === 0) return;
    const names = due.filter(name => !name.startsWith(CALLER));
    this.#report({ pattern, names, ...(caller !== undefined && names.length < due.length && { caller }) });
  }
}

const lineSchema = z.object({
  message: z.literal(QUERIED_DIMENSIONS_MESSAGE),
  pattern: z.string(),
  /** Comma-separated, or `*` for every one; a name contains no comma. */
  dimensions: z.string().regex(/^(?:\*|[A-Za-z]\w{0,63}(,[A-Za-z]\w{0,63}){0,63})?$/),
  caller: z.string().min(1).max(256).optional(),
});

/** Parses the log lines that report dimensions; other lines are left out. */
export function parseQueriedDimensions(lines: readonly string[]): QueriedDimensions[] {
  return lines.flatMap(line => {
    const parsed = lineSchema.safeParse(parseJsonText(line));
    if (!parsed.success) return [];
    const { pattern, dimensions, caller } = parsed.data;
    const names = dimensions === '' ? [] : dimensions.split(',');
    if (names.length === 0 && caller === undefined) return [];
    return [{ pattern: parsePatternKey(pattern), names, ...(caller !== undefined && { caller }) }];
  });
}
