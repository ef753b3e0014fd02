import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Episode } from './episode.ts';
import type { OutcomeState } from './outcome-state.ts';

/** A stored event with what outcomes have told about it. */
export interface StoredEvent {
  readonly episode: Episode;
  readonly state: OutcomeState;
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
  /** Returns the newest events of a pattern, newest first. */
  newest(pattern: PatternKey, limit: number): Promise<StoredEvent[]>;
}
