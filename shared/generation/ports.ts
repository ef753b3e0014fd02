import type { ConflictCounts, EventCounts } from '../episode/episode-store.ts';
import type { Lesson, NearLesson } from '../lesson/lesson.ts';
import type { PolicyComparison } from '../override/evaluation/evaluation.ts';
import type { BaseDay } from '../override/halt/base-days.ts';
import type { Override } from '../override/override.ts';
import type { ScorePart } from '../override/score/score-parts.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Change, Generation, PatternChange, RetainedRowSetRef, RowSetRef } from './generation.ts';
import type { Head } from './head.ts';
import type { ServiceMode, ServiceSwitch } from './service-mode.ts';

/** Counts and head of one pattern, as `status` shows them. */
export interface PatternOverview {
  readonly pattern: PatternKey;
  /** Time of registration, milliseconds since 1970. */
  readonly since: number;
  /** Undefined before its first write, and when it is damaged. */
  readonly head: Head | undefined;
  readonly isHeadDamaged?: boolean;
  readonly counts: EventCounts;
  readonly conflicts: ConflictCounts;
}

/** A pattern that runs work through. */
interface ActivePattern {
  readonly pattern: PatternKey;
  /** True when an event ended its retirement, and the stored head still says retired. */
  readonly isBack: boolean;
}

/** Numbers of events of one pattern that are stored, or were. */
export interface WriterCounts {
  readonly total: number;
  /** By the number of the writer; events that were stored before writers were kept are in none. */
  readonly byWriter: ReadonlyMap<number, number>;
}

/** The list of patterns that runs work through. */
interface PatternRegistry {
  /** Lists every registered pattern, sorted. */
  patterns(): Promise<PatternKey[]>;
  /**
   * Lists the registered patterns that are not retired, sorted. A pattern whose head is unreadable counts as active: its
   * own run reports the damage.
   */
  activePatterns(): Promise<ActivePattern[]>;
  /** Reports whether a pattern is registered: an event has named it. */
  isRegistered(pattern: PatternKey): Promise<boolean>;
  /** Adds patterns to the list. Call it before a pattern's first event is stored, or no run finds the event. */
  register(patterns: readonly PatternKey[], namedBy?: 'event' | 'outcome'): Promise<void>;
  /**
   * Returns the patterns that are not registered. Of a pattern that only outcomes without their events have named, runs and
   * lists know nothing; `overview` has it with its parked outcomes.
   * @param namedBy `outcome`: leaves out those that outcomes have named
   */
  unregistered(patterns: readonly PatternKey[], namedBy: 'event' | 'outcome'): Promise<readonly PatternKey[]>;
}

/** Results of the base gates by day, of which those older than the window stay as they were last counted. */
export interface StoredDays {
  /** Day of the run that wrote them, days since 1970; 0 before the first. */
  readonly writtenOn: number;
  readonly days: readonly BaseDay[];
}

/** Heads of patterns, their past generations, and what the last run found besides. */
export interface HeadStore extends PatternRegistry {
  /**
   * Returns the head by a strongly consistent read; undefined before its first write. A retired pattern that has had an
   * event since is in the mode before.
   */
  head(pattern: PatternKey): Promise<Head | undefined>;
  /** Returns the same head, and the mode of the service, by one request. */
  headAndService(
    pattern: PatternKey,
  ): Promise<{ readonly head: Head | undefined; readonly service: ServiceMode }>;
  /** Returns the switch for everything by a strongly consistent read; undefined before its first use. */
  serviceSwitch(): Promise<ServiceSwitch | undefined>;
  /** Writes the switch if the stored version is one less. @returns false when another writer came first */
  replaceServiceSwitch(next: ServiceSwitch): Promise<boolean>;
  /** Writes a head if the stored version is `head.version - 1`. @returns false when another writer came first */
  replaceHead(pattern: PatternKey, head: Head): Promise<boolean>;
  /** Stores a generation that is about to be replaced, for history and rollback. */
  archive(pattern: PatternKey, generation: Generation): Promise<void>;
  /** Lists past generations, newest first, without the one in force. */
  archived(pattern: PatternKey): Promise<Generation[]>;
  /** Returns the counts of one pattern's events. */
  counts(pattern: PatternKey): Promise<EventCounts>;
  /** Returns the counts of each pattern with events, or of one pattern, by writer. */
  writerCounts(pattern?: PatternKey): Promise<WriterCounts[]>;
  /** Lists every pattern with its counts, sorted. */
  overview(): Promise<PatternOverview[]>;
  /** Returns the comparison of policies of the last run; undefined before the first one. */
  evidence(pattern: PatternKey): Promise<PolicyComparison | undefined>;
  /** Writes the comparison only when it differs from the stored one. */
  putEvidence(pattern: PatternKey, evidence: PolicyComparison): Promise<void>;
  /** Returns the daily results of the base gates that the last run stored. */
  storedDays(pattern: PatternKey): Promise<StoredDays>;
  putStoredDays(pattern: PatternKey, days: StoredDays): Promise<void>;
  /** Returns the near lessons of the last run. */
  near(pattern: PatternKey): Promise<NearLesson[]>;
  /** Stores the near lessons as those of the last run. @returns the reference by which they can be read */
  putNear(pattern: PatternKey, near: readonly NearLesson[]): Promise<RetainedRowSetRef>;
  /** Stores the near lessons of a trial; those of the last run stay as they are. */
  storeNear(pattern: PatternKey, near: readonly NearLesson[]): Promise<RetainedRowSetRef>;
  /** Reads stored near lessons, fewest missing events first. @throws Fault `damaged_generation` */
  nearOf(pattern: PatternKey, set: RetainedRowSetRef): Promise<NearLesson[]>;
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
  /**
   * Adds a change to the audit of its pattern and to the list.
   * @param id names the change, so that a repeat of it at the same time is the same entry; by default each is its own
   */
  audit(pattern: PatternKey, change: Change, id?: string): Promise<void>;
  /** Lists the audit of a pattern, newest first, at most 100 changes. */
  audits(pattern: PatternKey): Promise<Change[]>;
  /** Adds a change to the list alone: the publications of scheduled runs would crowd the audit. */
  list(pattern: PatternKey, change: Change): Promise<void>;
  /** Adds a change of the whole service to the list over all patterns. */
  listOfService(change: Change): Promise<void>;
  /**
   * Returns one page of the list, newest first.
   * @param fits called with each change once, in order
   */
  page(
    query: ChangeQuery,
    fits: (change: PatternChange) => boolean,
  ): Promise<{ readonly changes: PatternChange[]; readonly next?: string }>;
}

/** Immutable sets of rows (lessons, overrides, parts of models), each in one partition, named by the hash of its content. */
export interface RowSetStore<Row> {
  /**
   * Writes a set unless it is stored already. The rows must be sorted: lessons and overrides by scope hash, then category.
   * @param expiresAt epoch seconds
   */
  write(pattern: PatternKey, rows: readonly Row[], expiresAt: number): Promise<RowSetRef>;
  /** Returns the reference that `write` would return, without writing. */
  describe(rows: readonly Row[]): RowSetRef;
  /** Returns whether all rows are stored as they were written. @throws Fault of the store */
  isIntact(pattern: PatternKey, set: RowSetRef): Promise<boolean>;
  /** Reads all rows. @throws Fault `damaged_generation` when the stored rows differ from those that were written */
  read(pattern: PatternKey, set: RowSetRef): Promise<Row[]>;
  /**
   * Reads rows from a key on (`''`: from the first), until one does not fit.
   * @param fits is called with each row once, in order
   * @returns the rows and the key of the row that did not fit
   */
  page(
    pattern: PatternKey,
    set: RowSetRef,
    from: string,
    fits: (row: Row) => boolean,
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
  /** Models of generations, in parts. */
  readonly scores: RowSetStore<ScorePart>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
