import type { EpisodeStore } from '../episode/episode-store.ts';
import { Fault } from '../errors.ts';

type EventReader = Pick<EpisodeStore, 'resolved'>;

/**
 * Limits the number of events that one request reads while its caller waits for the answer.
 * @returns a reader of the same events, which throws Fault `invalid_request` after `maxEvents` events
 */
export function limitEvents(episodes: EventReader, maxEvents: number): EventReader {
  return {
    async *resolved(pattern, from, to) {
      let read = 0;
      for await (const page of episodes.resolved(pattern, from, to)) {
        read += page.length;
        if (read > maxEvents) throw tooManyEvents(maxEvents);
        yield page;
      }
    },
  };
}

function tooManyEvents(maxEvents: number): Fault {
  const message = `the window holds more than ${maxEvents} events with an outcome: reduce lookback_days`;
  return new Fault('invalid_request', message, { issues: [{ path: 'lookback_days', message }] });
}
