import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Episode } from './episode.ts';
import type { OutcomeReport } from './outcome.ts';

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
