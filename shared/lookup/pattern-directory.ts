import type { HeadStore } from '../generation/ports.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { nearestName } from '../suggestion.ts';
import type { UnknownNames } from './unknown-names.ts';

/** Age at which the list of patterns is read again, milliseconds. */
const MAX_AGE_MS = 60_000;
/** Maximum number of patterns that are compared with an unknown one. */
const MAX_COMPARED = 5000;

/** Finds out whether an event has named a pattern, and which known pattern is nearest. */
export class PatternDirectory {
  readonly #heads: Pick<HeadStore, 'isRegistered' | 'patterns'>;
  readonly #now: () => number;
  #list: { readonly readAt: number; readonly patterns: readonly PatternKey[] } | undefined;

  constructor(heads: Pick<HeadStore, 'isRegistered' | 'patterns'>, now: () => number) {
    this.#heads = heads;
    this.#now = now;
  }

  /** Returns an empty object for a pattern that an event has named. @throws Fault of the store */
  async unknownPattern(pattern: PatternKey): Promise<UnknownNames> {
    if (await this.#heads.isRegistered(pattern)) return {};
    const nearest = nearestName(pattern, await this.#patterns());
    return { pattern_known: false, ...(nearest !== undefined && { pattern_suggestion: nearest }) };
  }

  /** Returns the known patterns, at most a minute old. */
  async #patterns(): Promise<readonly PatternKey[]> {
    const now = this.#now();
    if (!this.#list || now - this.#list.readAt >= MAX_AGE_MS)
      this.#list = { readAt: now, patterns: (await this.#heads.patterns()).slice(0, MAX_COMPARED) };
    return this.#list.patterns;
  }
}
