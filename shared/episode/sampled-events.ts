import { isSampled } from '../statistics/random.ts';
import type { EpisodeStore } from './episode-store.ts';

/** Events of one second are read together, or none of them is. */
const SECOND_MS = 1000;

/**
 * Returns a reader of about `most` of some events. Which ones depends on their second alone, and not on the order in which
 * they came.
 * @param expected number of the events, about
 */
export function sampleEvents(
  events: Pick<EpisodeStore, 'resolved'>,
  expected: number,
  most: number,
): Pick<EpisodeStore, 'resolved'> {
  const every = Math.ceil(expected / most);
  if (every <= 1) return events;
  return {
    async *resolved(...span) {
      for await (const page of events.resolved(...span))
        yield page.filter(({ time }) => isSampled(time, SECOND_MS, every));
    },
  };
}
