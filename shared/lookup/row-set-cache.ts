import type { RowSetRef } from '../generation/generation.ts';
import type { Arm } from '../override/arm.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';

interface CacheSettings<Row, Value> {
  readonly read: (pattern: PatternKey, set: RowSetRef) => Promise<Row[]>;
  /** Makes what look-ups use of the rows of a set. */
  readonly prepare: (rows: Row[]) => Value;
  readonly sizeOf: (value: Value) => number;
  /** Largest size of all values; the one that was requested last stays even if it is larger. */
  readonly limit: number;
}

interface Entry<Value> {
  readonly id: string;
  readonly value: Value;
}

/**
 * An LRU cache of what row sets hold: the latest requested set of each pattern and arm. A set is immutable, so an entry never
 * becomes stale. The least recently used one is evicted when the values are larger than the limit. Simultaneous first
 * requests share one read.
 */
export class RowSetCache<Row, Value> {
  readonly #settings: CacheSettings<Row, Value>;
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #loading = new Map<string, Promise<Value>>();
  #size = 0;

  constructor(settings: CacheSettings<Row, Value>) {
    this.#settings = settings;
  }

  /** Returns the value of a set, from memory or the store. @throws Fault of the store; a failed read is not cached */
  async get(pattern: PatternKey, set: RowSetRef, arm: Arm = 'control'): Promise<Value> {
    const place = `${pattern} ${arm}`;
    const cached = this.#entries.get(place);
    if (cached?.id === set.id) {
      // A Map keeps insertion order, so the first entry is the least recently used one.
      this.#entries.delete(place);
      this.#entries.set(place, cached);
      return cached.value;
    }
    const key = `${place}@${set.id}`;
    const loading = this.#loading.get(key) ?? this.#load(key, place, pattern, set);
    this.#loading.set(key, loading);
    return loading;
  }

  async #load(key: string, place: string, pattern: PatternKey, set: RowSetRef): Promise<Value> {
    const { read, prepare, sizeOf, limit } = this.#settings;
    try {
      const value = prepare(await read(pattern, set));
      this.#evict(place);
      this.#entries.set(place, { id: set.id, value });
      this.#size += sizeOf(value);
      for (const other of this.#entries.keys()) {
        if (this.#size <= limit || other === place) break;
        this.#evict(other);
      }
      return value;
    } finally {
      this.#loading.delete(key);
    }
  }

  #evict(place: string): void {
    const entry = this.#entries.get(place);
    if (entry) this.#size -= this.#settings.sizeOf(entry.value);
    this.#entries.delete(place);
  }
}
