import type { EpisodeStore } from '../episode/episode-store.ts';
import { Fault } from '../errors.ts';

type Events = Pick<EpisodeStore, 'resolved'>;

/**
 * The same events, as long as a window holds at most `most` of them: what is counted while a caller waits.
 * Reading further throws Fault `invalid_request`.
 */
export function boundedEvents(episodes: Events, most: number): Events {
  return {
    async *resolved(pattern, from, to) {
      let read = 0;
      for await (const page of episodes.resolved(pattern, from, to)) {
        read += page.length;
        if (read > most) throw tooMany(most);
        yield page;
      }
    },
  };
}

function tooMany(most: number): Fault {
  const message = `the window holds more than ${most} events with an outcome: take fewer days`;
  return new Fault('invalid_request', message, { issues: [{ path: 'lookback_days', message }] });
}
