import type { ConflictCounts, EventCounts } from '../episode/episode-store.ts';
import type { Lesson, NearLesson } from '../lesson/lesson.ts';
import type { PolicyComparison } from '../override/evaluation/evaluation.ts';
import type { Override } from '../override/override.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Change, Generation, PatternChange, RowSetRef } from './generation.ts';
import type { Head } from './head.ts';

/** Counts and head of one pattern, as `status` shows them. */
export interface PatternOverview {
  readonly pattern: PatternKey;
  /** Time of registration, milliseconds since 1970. */
  readonly since: number;
  readonly head: Head | undefined;
  readonly counts: EventCounts;
  readonly conflicts: ConflictCounts;
}

/** The list of patterns that runs work through. */
interface PatternRegistry {
  /** Lists every registered pattern, sorted. */
  patterns(): Promise<PatternKey[]>;
  /** Adds patterns to the list. Call it before a pattern's first event is stored, or no run finds the event. */
  register(patterns: readonly PatternKey[]): Promise<void>;
}

/** Heads of patterns, their past generations, and what the last run found besides. */
export interface HeadStore extends PatternRegistry {
  /** Returns the head by a strongly consistent read; undefined before its first write. */
  head(pattern: PatternKey): Promise<Head | undefined>;
  /** Writes a head if the stored version is `head.version - 1`. @returns false when another writer came first */
  replaceHead(pattern: PatternKey, head: Head): Promise<boolean>;
  /** Stores a generation that is about to be replaced, for history and rollback. */
  archive(pattern: PatternKey, generation: Generation): Promise<void>;
  /** Lists past generations, newest first, without the one in force. */
  archived(pattern: PatternKey): Promise<Generation[]>;
  /** Lists every pattern with its counts, sorted. */
  overview(): Promise<PatternOverview[]>;
  /** Returns the comparison of policies of the last run; undefined before the first one. */
  evidence(pattern: PatternKey): Promise<PolicyComparison | undefined>;
  /** Writes the comparison only when it differs from the stored one. */
  putEvidence(pattern: PatternKey, evidence: PolicyComparison): Promise<void>;
  /** Returns the near lessons of the last run. */
  near(pattern: PatternKey): Promise<NearLesson[]>;
  /**
   * Writes only when the list differs from the stored one, which stays readable by its hash for a while.
   * @returns the hash of the list
   */
  putNear(pattern: PatternKey, near: readonly NearLesson[]): Promise<string>;
  /** Writes the near lessons of a trial, apart from those of the last run. @returns the hash of the list */
  putTrialNear(pattern: PatternKey, near: readonly NearLesson[]): Promise<string>;
  /** Returns the near lessons of a trial, or of a run of the last two days; undefined when they have expired. */
  nearByHash(pattern: PatternKey, hash: string): Promise<NearLesson[] | undefined>;
}

/** Selects changes; both times are inclusive, in milliseconds since 1970. */
export interface ChangeQuery {
  readonly pattern?: PatternKey | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly limit: number;
  /** The token of a page, as the page before returned it. */
  readonly next?: string | undefined;
}

/** Who changed what: the audit of each pattern, and a list over all patterns. */
export interface ChangeStore {
  /** Adds an operator's change to the audit of its pattern and to the list. */
  audit(pattern: PatternKey, change: Change): Promise<void>;
  /** Lists the audit of a pattern, newest first, at most 100 changes. */
  audits(pattern: PatternKey): Promise<Change[]>;
  /** Adds a change to the list alone: the publications of scheduled runs would crowd the audit. */
  list(pattern: PatternKey, change: Change): Promise<void>;
  /** Returns one page of the list, newest first. */
  page(query: ChangeQuery): Promise<{ readonly changes: PatternChange[]; readonly next?: string }>;
}

/** Immutable sets of rows (lessons, overrides), each in one partition, named by the hash of its content. */
export interface RowSetStore<Row> {
  /**
   * Writes a set unless it is stored already. The rows must be sorted by scope hash, then category.
   * @param expiresAt epoch seconds
   */
  write(pattern: PatternKey, rows: readonly Row[], expiresAt: number): Promise<RowSetRef>;
  /** Returns the reference that `write` would return, without writing. */
  describe(rows: readonly Row[]): RowSetRef;
  /** Reads all rows. @throws Fault `damaged_generation` when the stored rows differ from those that were written */
  read(pattern: PatternKey, set: RowSetRef): Promise<Row[]>;
  /** Reads at most `limit` rows from a key on (`''`: from the first). @returns the rows and the key of the next one */
  page(
    pattern: PatternKey,
    set: RowSetRef,
    from: string,
    limit: number,
  ): Promise<{ rows: Row[]; next?: string }>;
  /** Extends the expiry of a set's rows. @param expiresAt epoch seconds */
  renew(pattern: PatternKey, set: RowSetRef, expiresAt: number): Promise<void>;
}

/** The stores of what is in force, and the clock. */
export interface GenerationStores {
  readonly heads: HeadStore;
  readonly changes: ChangeStore;
  readonly lessons: RowSetStore<Lesson>;
  readonly overrides: RowSetStore<Override>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
