import type { StoredFold } from '../override/evaluation/fold-memory.ts';
import type { YearFit } from '../override/model/year-fit.ts';
import type { Policy } from '../override/override.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';

/**
 * The store of results that later runs take over: the model of a day, and overrides of past weeks. It can only save work.
 * A run computes anew what is missing, damaged or too large to be stored.
 */
export interface FitStore {
  /** @param key names everything that the model depends on; a fit under another key is not returned */
  yearFit(pattern: PatternKey, key: string): Promise<YearFit | undefined>;
  putYearFit(pattern: PatternKey, key: string, fit: YearFit): Promise<void>;
  folds(pattern: PatternKey, policy: Policy): Promise<readonly StoredFold[]>;
  putFolds(pattern: PatternKey, policy: Policy, folds: readonly StoredFold[]): Promise<void>;
}
