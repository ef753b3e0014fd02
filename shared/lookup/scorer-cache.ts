import type { RowSetRef } from '../generation/generation.ts';
import type { Arm } from '../override/arm.ts';
import type { ScorePart } from '../override/score/score-parts.ts';
import { scoreOfParts } from '../override/score/score-parts.ts';
import type { Scorer } from '../override/score/scorer.ts';
import { readScorer } from '../override/score/scorer.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';

/** Maximum number of models in memory. One of 100 columns takes 21 kB, the largest one 400 kB. */
const MAX_MODELS = 100;

interface Entry {
  readonly id: string;
  readonly scorer: Promise<Scorer | undefined>;
}

/** An LRU cache of models that are ready to evaluate: the latest of each pattern and arm. A model is immutable. */
export class ScorerCache {
  readonly #read: (pattern: PatternKey, set: RowSetRef) => Promise<ScorePart[]>;
  readonly #entries = new Map<string, Entry>();

  constructor(read: (pattern: PatternKey, set: RowSetRef) => Promise<ScorePart[]>) {
    this.#read = read;
  }

  /**
   * Returns the model of a set, from memory or the store; undefined for a form that this version does not know.
   * @throws Fault of the store; a failed read is not kept
   */
  async scorer(pattern: PatternKey, set: RowSetRef, arm: Arm = 'control'): Promise<Scorer | undefined> {
    const place = `${pattern} ${arm}`;
    const known = this.#entries.get(place);
    const entry = known?.id === set.id ? known : { id: set.id, scorer: this.#load(pattern, set) };
    // A Map keeps insertion order, so the first entry is the least recently used one.
    this.#entries.delete(place);
    this.#entries.set(place, entry);
    for (const other of this.#entries.keys()) {
      if (this.#entries.size <= MAX_MODELS) break;
      this.#entries.delete(other);
    }
    try {
      return await entry.scorer;
    } catch (error) {
      if (this.#entries.get(place) === entry) this.#entries.delete(place);
      throw error;
    }
  }

  async #load(pattern: PatternKey, set: RowSetRef): Promise<Scorer | undefined> {
    return readScorer(scoreOfParts(await this.#read(pattern, set)));
  }
}
