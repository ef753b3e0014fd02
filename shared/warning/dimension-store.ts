import type { PatternKey } from '../pattern/pattern-key.ts';
import type { DimensionCoverage } from './dimension-coverage.ts';

/** The scope dimensions that lessons use, those that look-ups contain, and misspelt factors of events. */
export interface DimensionStore {
  /**
   * Sets the dimensions that the lessons of the last run use, those with most events first; at most a hundred are
   * recorded. A dimension that was used before keeps the time since which it is used. Writes only when the list differs from the stored one.
   */
  putUsed(pattern: PatternKey, names: readonly string[]): Promise<void>;
  /**
   * Records the current time as the last one at which look-ups contained the given dimensions. Names that no lesson uses
   * are left out, because callers may invent any number of them. `*` stands for every one that a lesson uses.
   * @param caller who looked up; the current time is recorded for it too
   */
  recordQueried(pattern: PatternKey, names: readonly string[], caller?: string): Promise<void>;
  /** Records the current time as the last one at which events contained factors that are near misses of known names. */
  recordFactors(pattern: PatternKey, names: readonly string[]): Promise<void>;
  coverage(pattern: PatternKey): Promise<DimensionCoverage>;
}
