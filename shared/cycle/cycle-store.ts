import type { PatternKey } from '../pattern/pattern-key.ts';
import type { ComputedSets, CycleOptions, CycleRecord, CycleSummary, PatternRun } from './cycle.ts';

/** The records of runs. */
export interface CycleStore {
  /** Writes or overwrites the summary of a run. */
  put(summary: CycleSummary): Promise<void>;
  /** Returns the finished run over all patterns that was written last, whatever time its clock had. */
  lastFull(): Promise<CycleSummary | undefined>;
  /** Stores the list of the patterns of a run, in their order. */
  putPatterns(cycleId: string, patterns: readonly PatternKey[]): Promise<void>;
  /** Returns the list of the patterns of a run. */
  patterns(cycleId: string): Promise<PatternKey[]>;
  /** Returns the pattern at a position of that list, from 0 on; undefined when there is none. */
  pattern(cycleId: string, item: number): Promise<PatternKey | undefined>;
  /** Writes or overwrites the outcome of one pattern in a run. @param computed absent for a pattern that failed */
  putRun(cycleId: string, run: PatternRun, computed?: ComputedSets): Promise<void>;
  /** Lists the outcomes of the patterns of a run. */
  runs(cycleId: string): Promise<PatternRun[]>;
  /** Returns the outcome of one pattern in a run, and what the run computed; undefined when there is none. */
  computed(
    cycleId: string,
    pattern: PatternKey,
  ): Promise<{ readonly run: PatternRun; readonly sets?: ComputedSets } | undefined>;
  /** Returns the summary of a run; undefined when there is none. */
  summary(cycleId: string): Promise<CycleSummary | undefined>;
  /** Returns the record of a run with the outcome of each pattern; undefined when there is none. */
  get(cycleId: string): Promise<CycleRecord | undefined>;
  /** Lists summaries of runs other than trials, newest first. @param before cycle id to start after */
  list(limit: number, before?: string): Promise<CycleSummary[]>;
  /** Lists summaries, trials included, newest first. @param before cycle id to start after */
  listAll(limit: number, before?: string): Promise<CycleSummary[]>;
}

/** Starts a run of the state machine. */
export interface CycleStarter {
  /**
   * Starts a run. Resolves when the run is under way. `done` settles when the run has ended; it is absent unless the engine runs in
   * the same process as the caller.
   * @param who the caller who starts the run, or `SCHEDULE`
   * @throws Fault `cycle_not_started`
   */
  start(cycleId: string, who: string, options: CycleOptions): Promise<{ readonly done?: Promise<void> }>;
}
