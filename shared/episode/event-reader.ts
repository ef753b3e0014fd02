import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Episode } from './episode.ts';
import type { OutcomeState } from './outcome-state.ts';
import type { Writer } from './writer.ts';

/** A stored event with what outcomes have told about it. */
export interface StoredEvent {
  readonly episode: Episode;
  readonly state: OutcomeState;
  /** Absent in an event that was stored before writers were kept. */
  readonly writer: Writer | undefined;
}

/** Outcomes that one writer sent for an event, and that wait. */
export interface ParkedOutcomes {
  readonly episodeId: string;
  readonly window: string | undefined;
  readonly state: OutcomeState;
  /** Why the event that has arrived refuses them; undefined while it has not arrived. */
  readonly code: string | undefined;
}

/** Selects stored events; both times are inclusive, in milliseconds since 1970. */
export interface EventQuery {
  readonly pattern: PatternKey;
  readonly episodeId?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** The token of a page, as the page before returned it. */
  readonly next?: string | undefined;
}

/** The port that reads stored events. */
export interface EventReader {
  /**
   * Returns one page of stored events in the order of their time, with or without an outcome. An event that came within
   * the last seconds may be missing, unless its episode is asked for.
   * @param take receives each event once, in order; false when it no longer fits on the page
   */
  page(query: EventQuery, take: (event: StoredEvent) => boolean): Promise<{ readonly next?: string }>;
  /**
   * Returns one page of the outcomes that wait for their event, in the order of its id.
   * @param take receives the outcomes of each event and writer once; false when they no longer fit on the page
   */
  parked(
    pattern: PatternKey,
    next: string | undefined,
    take: (parked: ParkedOutcomes) => boolean,
  ): Promise<{ readonly next?: string }>;
  /** Returns the newest events of a pattern, newest first. */
  newest(pattern: PatternKey, limit: number): Promise<StoredEvent[]>;
}
