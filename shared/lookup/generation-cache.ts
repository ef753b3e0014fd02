import type { RowSetRef } from '../generation/generation.ts';
import { ACTION_CATEGORIES } from '../lever/lever.ts';
import type { Override } from '../override/override.ts';
import { HIGHEST_MAX_OVERRIDES } from '../override/override-cap.ts';
import { OverrideIndex } from '../override/override-index.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';

/**
 * Maximum number of overrides in memory; each takes about 1 kB with its index. It is at least what one pattern may have,
 * so no pattern displaces itself.
 */
const MAX_OVERRIDES = HIGHEST_MAX_OVERRIDES;

/**
 * An LRU cache of override indexes: the latest requested row set of each pattern. A set is immutable, so an entry never
 * becomes stale. The least recently used pattern is evicted when there are more than `MAX_OVERRIDES` overrides.
 * Simultaneous first look-ups share one read.
 */
export class GenerationCache {
  readonly #read: (pattern: PatternKey, set: RowSetRef) => Promise<Override[]>;
  readonly #indexes = new Map<PatternKey, { readonly id: string; readonly index: OverrideIndex<Override> }>();
  readonly #loading = new Map<string, Promise<OverrideIndex<Override>>>();
  #overrideCount = 0;

  constructor(read: (pattern: PatternKey, set: RowSetRef) => Promise<Override[]>) {
    this.#read = read;
  }

  /** Returns the index of a set, from memory or the store. @throws Fault of the store; a failed read is not cached */
  async index(pattern: PatternKey, set: RowSetRef): Promise<OverrideIndex<Override>> {
    const cached = this.#indexes.get(pattern);
    if (cached?.id === set.id) {
      // A Map keeps insertion order, so the first entry is the least recently used one.
      this.#indexes.delete(pattern);
      this.#indexes.set(pattern, cached);
      return cached.index;
    }
    const key = `${pattern}@${set.id}`;
    const loading = this.#loading.get(key) ?? this.#load(key, pattern, set);
    this.#loading.set(key, loading);
    return loading;
  }

  async #load(key: string, pattern: PatternKey, set: RowSetRef): Promise<OverrideIndex<Override>> {
    try {
      const index = new OverrideIndex(await this.#read(pattern, set), ACTION_CATEGORIES);
      this.#evict(pattern);
      this.#indexes.set(pattern, { id: set.id, index });
      this.#overrideCount += index.size;
      for (const other of this.#indexes.keys()) {
        if (this.#overrideCount <= MAX_OVERRIDES || other === pattern) break;
        this.#evict(other);
      }
      return index;
    } finally {
      this.#loading.delete(key);
    }
  }

  #evict(pattern: PatternKey): void {
    this.#overrideCount -= this.#indexes.get(pattern)?.index.size ?? 0;
    this.#indexes.delete(pattern);
  }
}
