import type { CycleOptions, CycleRecord, CycleSummary, PatternRun } from './cycle.ts';

/** The records of runs. */
export interface CycleStore {
  /** Writes or overwrites the summary of a run. */
  put(summary: CycleSummary): Promise<void>;
  /** Writes or overwrites the outcome of one pattern in a run. */
  putRun(cycleId: string, run: PatternRun): Promise<void>;
  runs(cycleId: string): Promise<PatternRun[]>;
  get(cycleId: string): Promise<CycleRecord | undefined>;
  /** Lists summaries, newest first. @param before cycle id to start after */
  list(limit: number, before?: string): Promise<CycleSummary[]>;
  /** Lists whole records with the outcome of each pattern, newest first. @param before cycle id to start after */
  records(limit: number, before?: string): Promise<CycleRecord[]>;
}

/** Starts a run of the state machine. */
export interface CycleStarter {
  /**
   * @returns when the run is under way; `done`, where the engine is in this process, settles when it has ended
   * @throws Fault `cycle_not_started`
   */
  start(cycleId: string, options: CycleOptions): Promise<{ readonly done?: Promise<void> }>;
}
