import type { PatternKey } from '../pattern/pattern-key.ts';
import type { DimensionCoverage } from './dimension-coverage.ts';

/** Which scope dimensions lessons use, and which ones look-ups ask with. */
export interface DimensionStore {
  /** Sets what the lessons of the last run use, sorted; what was used before keeps its time. Writes only a change. */
  putUsed(pattern: PatternKey, names: readonly string[]): Promise<void>;
  /** Notes that look-ups have asked with some dimensions by now. */
  recordQueried(pattern: PatternKey, names: readonly string[]): Promise<void>;
  coverage(pattern: PatternKey): Promise<DimensionCoverage>;
}
