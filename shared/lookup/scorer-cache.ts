import type { RowSetRef } from '../generation/generation.ts';
import type { Arm } from '../override/arm.ts';
import type { ScorePart } from '../override/score/score-parts.ts';
import { scoreOfParts } from '../override/score/score-parts.ts';
import type { Scorer } from '../override/score/scorer.ts';
import { readScorer } from '../override/score/scorer.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { RowSetCache } from './row-set-cache.ts';

/** Maximum number of models in memory. One of 100 columns takes 21 kB, the largest one 400 kB. */
const MAX_MODELS = 100;

/** An LRU cache of models that are ready to evaluate. */
export class ScorerCache {
  readonly #cache: RowSetCache<ScorePart, Scorer | undefined>;

  constructor(read: (pattern: PatternKey, set: RowSetRef) => Promise<ScorePart[]>) {
    this.#cache = new RowSetCache({
      read,
      prepare: parts => readScorer(scoreOfParts(parts)),
      sizeOf: () => 1,
      limit: MAX_MODELS,
    });
  }

  /**
   * Returns the model of a set, from memory or the store; undefined for a form that this version does not know.
   * @throws Fault of the store; a failed read is not kept
   */
  scorer(pattern: PatternKey, set: RowSetRef, arm?: Arm): Promise<Scorer | undefined> {
    return this.#cache.get(pattern, set, arm);
  }
}
