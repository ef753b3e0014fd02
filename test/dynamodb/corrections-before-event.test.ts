// copy to test/store/
import { expect, it } from 'vitest';
import { readEpisode, readOutcomeReport } from '../../shared/episode/episode-schema.ts';
import { DAY, eventBody, iso, NOW, S1 } from '../support/episodes.ts';
import { openStores } from '../support/stores.ts';

it('16 corrections parked before an event that carries its own outcome: the event is taken and the request answered', async () => {
  const stores = await openStores();
  const { episodes, heads } = stores.runtime;
  for (let i = 0; i < 16; i++)
    await episodes.resolve([
      readOutcomeReport(
        {
          pattern_key: S1,
          episode_id: 'e',
          outcome: 'success',
          correction: true,
          resolved_at: iso(NOW - DAY + i),
        },
        NOW,
      ),
    ]);
  // Fault too_many_corrections: the whole request (up to 500 events) answers 400 although they are stored.
  expect(await episodes.add([readEpisode(eventBody('e', { outcome: 'failure' }), NOW)])).toEqual([
    'accepted',
  ]);
  expect((await heads.overview())[0]?.counts).toEqual({ total: 1, withOutcome: 1, parked: 0 });
});
it('16 corrections of a stored event, then its first word inside the repeated event: the others of the request are answered', async () => {
  const stores = await openStores();
  const { episodes } = stores.runtime;
  await episodes.add([readEpisode(eventBody('e'), NOW)]);
  for (let i = 0; i < 16; i++)
    await episodes.resolve([
      readOutcomeReport(
        {
          pattern_key: S1,
          episode_id: 'e',
          outcome: 'success',
          correction: true,
          resolved_at: iso(NOW - DAY + i),
        },
        NOW,
      ),
    ]);
  const results = await episodes.add([
    readEpisode(eventBody('other'), NOW),
    readEpisode(eventBody('e', { outcome: 'failure' }), NOW),
  ]);
  expect(results[0]).toBe('accepted');
});
