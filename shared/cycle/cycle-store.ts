import type { CycleOptions, CycleRecord, CycleSummary, PatternRun } from './cycle.ts';

/** The records of runs. */
export interface CycleStore {
  /** Writes or overwrites the summary of a run. */
  put(summary: CycleSummary): Promise<void>;
  /** Returns the finished run over all patterns that was written last, whatever time its clock had. */
  lastFull(): Promise<CycleSummary | undefined>;
  /** Writes or overwrites the outcome of one pattern in a run. */
  putRun(cycleId: string, run: PatternRun): Promise<void>;
  /** Lists the outcomes of the patterns of a run. */
  runs(cycleId: string): Promise<PatternRun[]>;
  /** Returns the record of a run with the outcome of each pattern; undefined when there is none. */
  get(cycleId: string): Promise<CycleRecord | undefined>;
  /** Lists summaries, newest first. @param before cycle id to start after */
  list(limit: number, before?: string): Promise<CycleSummary[]>;
  /** Lists whole records with the outcome of each pattern, newest first. @param before cycle id to start after */
  records(limit: number, before?: string): Promise<CycleRecord[]>;
}

/** Starts a run of the state machine. */
export interface CycleStarter {
  /**
   * Resolves when the run is under way. `done` settles when the run has ended; it is absent unless the engine runs in
   * the same process as the caller.
   * @throws Fault `cycle_not_started`
   */
  start(cycleId: string, options: CycleOptions): Promise<{ readonly done?: Promise<void> }>;
}
