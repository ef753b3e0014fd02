import type { RowSetRef } from '../generation/generation.ts';
import { ACTION_CATEGORIES } from '../lever/lever.ts';
import type { Arm } from '../override/arm.ts';
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
 * An LRU cache of override indexes: the latest requested row set of each pattern and arm. A set is immutable, so an entry never
 * becomes stale. The least recently used one is evicted when there are more than `MAX_OVERRIDES` overrides.
 * Simultaneous first look-ups share one read.
 */
export class GenerationCache {
  readonly #read: (pattern: PatternKey, set: RowSetRef) => Promise<Override[]>;
  readonly #indexes = new Map<string, { readonly id: string; readonly index: OverrideIndex<Override> }>();
  readonly #loading = new Map<string, Promise<OverrideIndex<Override>>>();
  #overrideCount = 0;

  constructor(read: (pattern: PatternKey, set: RowSetRef) => Promise<Override[]>) {
    this.#read = read;
  }

  /** Returns the index of a set, from memory or the store. @throws Fault of the store; a failed read is not cached */
  async index(pattern: PatternKey, set: RowSetRef, arm: Arm = 'control'): Promise<OverrideIndex<Override>> {
    const place = `${pattern} ${arm}`;
    const cached = this.#indexes.get(place);
    if (cached?.id === set.id) {
      // A Map keeps insertion order, so the first entry is the least recently used one.
      this.#indexes.delete(place);
      this.#indexes.set(place, cached);
      return cached.index;
    }
    const key = `${place}@${set.id}`;
    const loading = this.#loading.get(key) ?? this.#load(key, place, pattern, set);
    this.#loading.set(key, loading);
    return loading;
  }

  async #load(
    key: string,
    place: string,
    pattern: PatternKey,
    set: RowSetRef,
  ): Promise<OverrideIndex<Override>> {
    try {
      const index = new OverrideIndex(await this.#read(pattern, set), ACTION_CATEGORIES);
      this.#evict(place);
      this.#indexes.set(place, { id: set.id, index });
      this.#overrideCount += index.size;
      for (const other of this.#indexes.keys()) {
        if (this.#overrideCount <= MAX_OVERRIDES || other === place) break;
        this.#evict(other);
      }
      return index;
    } finally {
      this.#loading.delete(key);
    }
  }

  #evict(place: string): void {
    this.#overrideCount -= this.#indexes.get(place)?.index.size ?? 0;
    this.#indexes.delete(place);
  }
}
