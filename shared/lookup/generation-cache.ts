import type { RowSetRef } from '../generation/generation.ts';
import { ACTION_CATEGORIES } from '../lever/lever.ts';
import type { Arm } from '../override/arm.ts';
import type { Override } from '../override/override.ts';
import { HIGHEST_MAX_OVERRIDES } from '../override/override-cap.ts';
import { OverrideIndex } from '../override/override-index.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { RowSetCache } from './row-set-cache.ts';

/**
 * Maximum number of overrides in memory; each takes about 1 kB with its index. It is at least what one pattern may have,
 * so no pattern displaces itself.
 */
const MAX_OVERRIDES = HIGHEST_MAX_OVERRIDES;

/** An LRU cache of override indexes. */
export class GenerationCache {
  readonly #cache: RowSetCache<Override, OverrideIndex<Override>>;

  constructor(read: (pattern: PatternKey, set: RowSetRef) => Promise<Override[]>) {
    this.#cache = new RowSetCache({
      read,
      prepare: rows => new OverrideIndex(rows, ACTION_CATEGORIES),
      sizeOf: index => index.size,
      limit: MAX_OVERRIDES,
    });
  }

  /** Returns the index of a set, from memory or the store. @throws Fault of the store; a failed read is not cached */
  index(pattern: PatternKey, set: RowSetRef, arm?: Arm): Promise<OverrideIndex<Override>> {
    return this.#cache.get(pattern, set, arm);
  }
}
