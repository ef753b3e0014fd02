import { multiplicativeHash } from '../statistics/random.ts';
import type { EpisodeStore, ResolvedRow } from './episode-store.ts';

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
  const isSampled = ({ time }: ResolvedRow): boolean =>
    multiplicativeHash(Math.floor(time / 1000)) % every === 0;
  return {
    async *resolved(...span) {
      for await (const page of events.resolved(...span)) yield page.filter(isSampled);
    },
  };
}
