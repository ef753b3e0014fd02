import type { SeenValues } from '../generation/seen-values.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';

/** Age at which a copy is read again, because a run may leave the generation and still see new values; milliseconds. */
const MAX_AGE_MS = 30_000;
/** Maximum number of patterns in memory; beyond it all copies are dropped. Each takes about 100 kB at most. */
const MAX_PATTERNS = 200;

interface Copy {
  readonly generation: number;
  readonly readAt: number;
  readonly values: Promise<SeenValues>;
}

/** Keeps the values that events had, so that a look-up reads them once for a generation and half a minute. */
export class SeenValuesCache {
  readonly #read: (pattern: PatternKey) => Promise<SeenValues>;
  readonly #now: () => number;
  readonly #copies = new Map<PatternKey, Copy>();

  constructor(read: (pattern: PatternKey) => Promise<SeenValues>, now: () => number) {
    this.#read = read;
    this.#now = now;
  }

  /** Returns the values that are current for a generation. @throws Fault of the store; a failed read is not kept */
  async of(pattern: PatternKey, generation: number): Promise<SeenValues> {
    const now = this.#now();
    const known = this.#copies.get(pattern);
    if (known?.generation === generation && now - known.readAt < MAX_AGE_MS) return known.values;
    if (this.#copies.size >= MAX_PATTERNS) this.#copies.clear();
    const copy = { generation, readAt: now, values: this.#read(pattern) };
    this.#copies.set(pattern, copy);
    try {
      return await copy.values;
    } catch (error) {
      if (this.#copies.get(pattern) === copy) this.#copies.delete(pattern);
      throw error;
    }
  }
}
