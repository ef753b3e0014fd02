import type { RowSetRef } from '../generation/head.ts';
import type { Override } from '../override/override.ts';
import { OverrideIndex } from '../override/override-index.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';

/** Overrides kept in memory, some 1 kB each with their index. */
const MAX_OVERRIDES = 100_000;

/**
 * Indexes of the generations that look-ups use, the latest one asked for of each pattern. A set never changes, so what was
 * read once stays right; the least recently used pattern goes when there are too many overrides. Simultaneous first
 * look-ups share one read.
 */
export class GenerationCache {
  readonly #read: (pattern: PatternKey, set: RowSetRef) => Promise<Override[]>;
  readonly #indexes = new Map<PatternKey, { readonly id: string; readonly index: OverrideIndex }>();
  readonly #loading = new Map<string, Promise<OverrideIndex>>();
  #overrides = 0;

  constructor(read: (pattern: PatternKey, set: RowSetRef) => Promise<Override[]>) {
    this.#read = read;
  }

  /** The index of a set, from memory or the store. @throws Fault of the store; a failed read is not remembered */
  async index(pattern: PatternKey, set: RowSetRef): Promise<OverrideIndex> {
    const known = this.#indexes.get(pattern);
    if (known?.id === set.id) {
      // Map order is order of use.
      this.#indexes.delete(pattern);
      this.#indexes.set(pattern, known);
      return known.index;
    }
    const key = `${pattern}@${set.id}`;
    const loading = this.#loading.get(key) ?? this.#load(key, pattern, set);
    this.#loading.set(key, loading);
    return loading;
  }

  async #load(key: string, pattern: PatternKey, set: RowSetRef): Promise<OverrideIndex> {
    try {
      const index = new OverrideIndex(await this.#read(pattern, set));
      this.#forget(pattern);
      this.#indexes.set(pattern, { id: set.id, index });
      this.#overrides += index.size;
      for (const other of this.#indexes.keys()) {
        if (this.#overrides <= MAX_OVERRIDES || other === pattern) break;
        this.#forget(other);
      }
      return index;
    } finally {
      this.#loading.delete(key);
    }
  }

  #forget(pattern: PatternKey): void {
    this.#overrides -= this.#indexes.get(pattern)?.index.size ?? 0;
    this.#indexes.delete(pattern);
  }
}
