import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Episode } from './episode.ts';
import type { OutcomeReport } from './outcome.ts';
import type { ChangeResult } from './outcome-state.ts';
import type { Sender } from './writer.ts';

/** The result of storing one event of a request. */
export type AddResult =
  | 'accepted'
  | 'unchanged'
  | 'event_conflict'
  | Exclude<ResolveResult, 'resolved' | 'parked'>;

/** The result of recording one outcome of a request. */
export type ResolveResult = ChangeResult | 'parked' | 'event_too_large' | 'too_many_patterns';

/** A stored event with an outcome, as a run reads it. */
export interface ResolvedRow {
  readonly episodeId: string;
  readonly window: string | undefined;
  /** Event time, milliseconds since 1970. */
  readonly time: number;
  /** See `packed-episode.ts`. */
  readonly packed: Uint8Array;
  /** Stored text of an `OutcomeHistory`, for `parseHistory`. */
  readonly history: string;
}

/** A stored event without an outcome. */
export type PendingRow = Omit<ResolvedRow, 'history'>;

/** The port of the store of events and their outcomes. Every write is idempotent. */
export interface EpisodeStore {
  /**
   * Adds events. A later event with the same id does not replace the first.
   * @param sender the writer; `local` unless given
   * @returns one result per event, in the order of `episodes`
   */
  add(episodes: readonly Episode[], sender?: Sender): Promise<AddResult[]>;
  /**
   * Records outcomes. An outcome without its event is parked.
   * @param sender the writer; `local` unless given
   * @returns one result per outcome, in the order of `reports`
   */
  resolve(reports: readonly OutcomeReport[], sender?: Sender): Promise<ResolveResult[]>;
  /**
   * Yields pages of the stored events that have an outcome. All shards are read at once; only the events of one shard
   * come in the order of their time.
   * @param from first event time, inclusive, milliseconds since 1970
   * @param to last event time, inclusive, milliseconds since 1970
   */
  resolved(pattern: PatternKey, from: number, to: number): AsyncIterable<readonly ResolvedRow[]>;
  /** Yields pages of the stored events that have no outcome yet. The parameters are those of `resolved`. */
  pending(pattern: PatternKey, from: number, to: number): AsyncIterable<readonly PendingRow[]>;
  /**
   * Returns the time of the newest event with an outcome, milliseconds since 1970; undefined when there is none.
   * @param to leaves later events out
   */
  newestResolved(pattern: PatternKey, to?: number): Promise<number | undefined>;
}

/** Outcomes that came without their event, with no other outcome since the first of them. */
interface WaitingOutcomes {
  readonly count: number;
  /** Time of the first one, milliseconds since 1970. */
  readonly since: number;
}

/** Counts of one pattern's events. */
export interface EventCounts {
  readonly total: number;
  readonly withOutcome: number;
  /** Outcomes that wait for their event. */
  readonly parked: number;
  readonly waiting?: WaitingOutcomes | undefined;
}

/** Numbers of rejected events and outcomes whose id already has other content. Each repeat counts. */
export interface ConflictCounts {
  readonly events: number;
  readonly outcomes: number;
}
