import type { PatternKey } from '../pattern/pattern-key.ts';
import type { RowSet } from './head.ts';
import type { Override } from './override.ts';
import { OverrideIndex } from './override-index.ts';

/** Overrides kept in memory, some 1 kB each with their index. */
const MAX_OVERRIDES = 100_000;

/**
 * Indexes of generations that look-ups use. A set never changes, so what was read once stays right;
 * the least recently used goes when there are too many. Simultaneous first look-ups share one read.
 */
export class GenerationCache {
  readonly #read: (pattern: PatternKey, set: RowSet) => Promise<Override[]>;
  readonly #indexes = new Map<string, OverrideIndex>();
  readonly #loading = new Map<string, Promise<OverrideIndex>>();
  #overrides = 0;

  constructor(read: (pattern: PatternKey, set: RowSet) => Promise<Override[]>) {
    this.#read = read;
  }

  /** The index of a set, from memory or the store. @throws Fault of the store; a failed read is not remembered */
  async index(pattern: PatternKey, set: RowSet): Promise<OverrideIndex> {
    const key = `${pattern}@${set.id}`;
    const known = this.#indexes.get(key);
    if (known) {
      // Map order is order of use.
      this.#indexes.delete(key);
      this.#indexes.set(key, known);
      return known;
    }
    const loading = this.#loading.get(key) ?? this.#load(key, pattern, set);
    this.#loading.set(key, loading);
    return loading;
  }

  async #load(key: string, pattern: PatternKey, set: RowSet): Promise<OverrideIndex> {
    try {
      const index = new OverrideIndex(await this.#read(pattern, set));
      this.#indexes.set(key, index);
      this.#overrides += index.size;
      this.#evict();
      return index;
    } finally {
      this.#loading.delete(key);
    }
  }

  #evict(): void {
    for (const [key, index] of this.#indexes) {
      if (this.#overrides <= MAX_OVERRIDES || this.#indexes.size === 1) return;
      this.#indexes.delete(key);
      this.#overrides -= index.size;
    }
  }
}
