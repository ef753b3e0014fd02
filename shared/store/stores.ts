import type { CycleOptions, CycleRecord, CycleSummary, PatternRun } from '../cycle/cycle.ts';
import type { Episode, OutcomeReport } from '../episode/episode.ts';
import type { NearLesson } from '../lesson/lesson.ts';
import type { Coverage } from '../override/coverage.ts';
import type { Evidence } from '../override/evidence.ts';
import type { Change, Generation, Head, RowSet } from '../override/head.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';

/** What became of one event of a request. */
export type AddResult = 'accepted' | 'unchanged' | 'event_conflict' | 'outcome_conflict';
/** What became of one outcome of a request. */
export type ResolveResult = 'resolved' | 'unchanged' | 'parked' | 'outcome_conflict' | 'too_many_corrections';

/** An event with an outcome, as a run reads it. */
export interface ResolvedRow {
  readonly episodeId: string;
  /** Event time, milliseconds since 1970. */
  readonly time: number;
  readonly packed: Uint8Array;
  /** Text of an `OutcomeHistory`. */
  readonly history: string;
}

/** Events and their outcomes; every write may be repeated without harm. */
export interface EpisodeStore {
  /** Adds events; one result each, in their order. The first body under an id stays. */
  add(episodes: readonly Episode[]): Promise<AddResult[]>;
  /** Records outcomes; one result each, in their order. One without its event is parked. */
  resolve(reports: readonly OutcomeReport[]): Promise<ResolveResult[]>;
  /**
   * Pages of events that have an outcome and are kept, by event time, all shards read at once.
   * @param from first event time, milliseconds since 1970
   * @param to last event time, both inclusive
   */
  resolved(pattern: PatternKey, from: number, to: number): AsyncIterable<readonly ResolvedRow[]>;
}

export interface EventCounts {
  readonly total: number;
  readonly withOutcome: number;
  readonly parked: number;
}

/** Refused because something else is recorded under the same id; each time it is sent counts. */
export interface ConflictCounts {
  readonly events: number;
  readonly outcomes: number;
}

/** One pattern at a glance. */
export interface PatternOverview {
  readonly pattern: PatternKey;
  /** When it was first seen, milliseconds since 1970. */
  readonly since: number;
  readonly head: Head | undefined;
  readonly counts: EventCounts;
  readonly conflicts: ConflictCounts;
}

/** What is in force per pattern, its past, and who changed it. */
export interface HeadStore {
  /** Every pattern that ever had an event, sorted. */
  patterns(): Promise<PatternKey[]>;
  /** Makes patterns known; must happen before their first event is stored, or no run would find it. */
  register(patterns: readonly PatternKey[]): Promise<void>;
  /** Consistent read. */
  head(pattern: PatternKey): Promise<Head | undefined>;
  /** Writes a head if the stored one still has the version before it; false: somebody else was faster. */
  replaceHead(pattern: PatternKey, head: Head): Promise<boolean>;
  /** Keeps a generation that is about to be superseded for history and rollback. */
  archive(pattern: PatternKey, generation: Generation): Promise<void>;
  /** Past generations, newest first, without the one in force. */
  archived(pattern: PatternKey): Promise<Generation[]>;
  audit(pattern: PatternKey, change: Change): Promise<void>;
  /** Newest first, at most 100. */
  audits(pattern: PatternKey): Promise<Change[]>;
  /** Every pattern at a glance, sorted. */
  overview(): Promise<PatternOverview[]>;
  /** What the last run found of the pattern's policies, if one has run. */
  evidence(pattern: PatternKey): Promise<Evidence | undefined>;
  /** Writes only when it differs from the stored one. */
  putEvidence(pattern: PatternKey, evidence: Evidence): Promise<void>;
  near(pattern: PatternKey): Promise<NearLesson[]>;
  /** Writes only when the list differs from the stored one. */
  putNear(pattern: PatternKey, near: readonly NearLesson[]): Promise<void>;
}

/** Which scope dimensions lessons use, and which ones look-ups ask with. */
export interface DimensionStore {
  /** Sets what the lessons of the last run use, sorted; what was used before keeps its time. Writes only a change. */
  putUsed(pattern: PatternKey, names: readonly string[]): Promise<void>;
  /** Notes that look-ups have asked with some dimensions by now. */
  noteAsked(pattern: PatternKey, names: readonly string[]): Promise<void>;
  coverage(pattern: PatternKey): Promise<Coverage>;
}

/** Immutable sets of rows (lessons, overrides), each in one partition, named by the hash of its content. */
export interface RowSetStore<Row> {
  /** Writes a set, or finds it written; the rows must be sorted by scope hash, then category. */
  write(pattern: PatternKey, rows: readonly Row[], expiresAt: number): Promise<RowSet>;
  /** The set that `write` would make, without writing. */
  describe(rows: readonly Row[]): RowSet;
  /** All rows. @throws Fault `damaged_generation` when the stored rows are not those that were written */
  read(pattern: PatternKey, set: RowSet): Promise<Row[]>;
  /** Rows from a key on (`''`: from the first), at most `limit`, and the key of the next one. */
  page(
    pattern: PatternKey,
    set: RowSet,
    from: string,
    limit: number,
  ): Promise<{ rows: Row[]; next?: string }>;
  /** Keeps a set longer. @param expiresAt epoch seconds */
  renew(pattern: PatternKey, set: RowSet, expiresAt: number): Promise<void>;
}

/** The record of every run. */
export interface CycleStore {
  /** Writes or overwrites the summary of a run. */
  put(summary: CycleSummary): Promise<void>;
  putRun(cycleId: string, run: PatternRun): Promise<void>;
  runs(cycleId: string): Promise<PatternRun[]>;
  get(cycleId: string): Promise<CycleRecord | undefined>;
  /** Newest first. @param before cycle id to start after */
  list(limit: number, before?: string): Promise<CycleSummary[]>;
  /** The same with what became of each pattern. */
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
