import type { ConflictCounts, EventCounts } from '../episode/episode-store.ts';
import type { Lesson, NearLesson } from '../lesson/lesson.ts';
import type { PolicyComparison } from '../override/evaluation/evaluation.ts';
import type { Override } from '../override/override.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Change, Generation, Head, RowSetRef } from './head.ts';

/** One pattern at a glance. */
export interface PatternOverview {
  readonly pattern: PatternKey;
  /** When it was first seen, milliseconds since 1970. */
  readonly since: number;
  readonly head: Head | undefined;
  readonly counts: EventCounts;
  readonly conflicts: ConflictCounts;
}

/** The patterns that a run finds. */
export interface PatternRegistry {
  /** Every pattern that ever had an event, sorted. */
  patterns(): Promise<PatternKey[]>;
  /** Makes patterns known; must happen before their first event is stored, or no run would find it. */
  register(patterns: readonly PatternKey[]): Promise<void>;
}

/** What is in force per pattern, its past, and who changed it. */
export interface HeadStore extends PatternRegistry {
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
  evidence(pattern: PatternKey): Promise<PolicyComparison | undefined>;
  /** Writes only when it differs from the stored one. */
  putEvidence(pattern: PatternKey, evidence: PolicyComparison): Promise<void>;
  near(pattern: PatternKey): Promise<NearLesson[]>;
  /** Writes only when the list differs from the stored one. */
  putNear(pattern: PatternKey, near: readonly NearLesson[]): Promise<void>;
}

/** Immutable sets of rows (lessons, overrides), each in one partition, named by the hash of its content. */
export interface RowSetStore<Row> {
  /** Writes a set, or finds it written; the rows must be sorted by scope hash, then category. */
  write(pattern: PatternKey, rows: readonly Row[], expiresAt: number): Promise<RowSetRef>;
  /** The set that `write` would make, without writing. */
  describe(rows: readonly Row[]): RowSetRef;
  /** All rows. @throws Fault `damaged_generation` when the stored rows are not those that were written */
  read(pattern: PatternKey, set: RowSetRef): Promise<Row[]>;
  /** Rows from a key on (`''`: from the first), at most `limit`, and the key of the next one. */
  page(
    pattern: PatternKey,
    set: RowSetRef,
    from: string,
    limit: number,
  ): Promise<{ rows: Row[]; next?: string }>;
  /** Keeps a set longer. @param expiresAt epoch seconds */
  renew(pattern: PatternKey, set: RowSetRef, expiresAt: number): Promise<void>;
}

/** The stores that keep what a pattern has in force. */
export interface GenerationStores {
  readonly heads: HeadStore;
  readonly lessons: RowSetStore<Lesson>;
  readonly overrides: RowSetStore<Override>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
