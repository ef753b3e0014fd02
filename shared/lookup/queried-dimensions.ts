import * as z from 'zod';
import { QUERIED_DIMENSIONS_MESSAGE } from '../log-messages.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { parsePatternKey } from '../pattern/pattern-key.ts';
import type { Scope } from '../pattern/scope.ts';

/*
 * Which dimensions look-ups ask with. A lesson's slice that no look-up can match moves nothing, and nobody would see
 * it. Names only, never a value; and a look-up writes nothing: it says what it was asked with on a line of the log,
 * and whoever reads the log keeps it.
 */

/** A name is said again after so long; well under the day after which `status` misses it. */
const REPORT_INTERVAL_MS = 3600_000;
/** More patterns or names than these are forgotten and said again: memory stays bounded whatever is asked. */
const MAX_PATTERNS = 1000;
const MAX_NAMES = 256;

export interface QueriedDimensions {
  readonly pattern: PatternKey;
  readonly names: readonly string[];
}

/** Says each dimension of a pattern once an hour, whoever asks how often. */
export class QueriedDimensionReporter {
  readonly #say: (asked: QueriedDimensions) => void;
  readonly #now: () => number;
  /** When each name was last said, by pattern; milliseconds since 1970. */
  readonly #said = new Map<PatternKey, Map<string, number>>();

  constructor(say: (asked: QueriedDimensions) => void, now: () => number) {
    this.#say = say;
    this.#now = now;
  }

  /** Notes a look-up of a pattern that has something to serve. */
  note(pattern: PatternKey, scope: Scope): void {
    const now = this.#now();
    const said = this.#saidOf(pattern);
    const names = Object.keys(scope).filter(name => now - (said.get(name) ?? 0) >= REPORT_INTERVAL_MS);
    if (names.length === 0) return;
    if (said.size + names.length > MAX_NAMES) said.clear();
    for (const name of names) said.set(name, now);
    this.#say({ pattern, names });
  }

  #saidOf(pattern: PatternKey): Map<string, number> {
    const known = this.#said.get(pattern);
    if (known) return known;
    if (this.#said.size >= MAX_PATTERNS) this.#said.clear();
    const said = new Map<string, number>();
    this.#said.set(pattern, said);
    return said;
  }
}

const lineSchema = z.object({
  message: z.literal(QUERIED_DIMENSIONS_MESSAGE),
  pattern: z.string(),
  /** Names hold no comma. */
  dimensions: z.string().regex(/^[A-Za-z]\w{0,63}(,[A-Za-z]\w{0,63}){0,63}$/),
});

/** Reads lines of the log; those that say something else are left out. */
export function parseQueriedDimensions(lines: readonly string[]): QueriedDimensions[] {
  return lines.flatMap(line => {
    const read = lineSchema.safeParse(parsed(line));
    if (!read.success) return [];
    return [{ pattern: parsePatternKey(read.data.pattern), names: read.data.dimensions.split(',') }];
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
