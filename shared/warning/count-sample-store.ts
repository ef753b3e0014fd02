import type { PatternKey } from '../pattern/pattern-key.ts';
import type { CountSample } from './outcomes-missing.ts';

/** The counters of a pattern and their values at earlier runs. */
export interface CountSampleStore {
  /** Returns the counters as they are now, and the earlier samples, oldest first. */
  read(
    pattern: PatternKey,
  ): Promise<{ readonly current: CountSample; readonly samples: readonly CountSample[] }>;
  put(pattern: PatternKey, samples: readonly CountSample[]): Promise<void>;
}
