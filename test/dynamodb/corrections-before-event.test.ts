import { afterEach, beforeEach, expect, it } from 'vitest';
import { readEpisode, readOutcomeReport } from '../../shared/episode/episode-schema.ts';
import { DAY, eventBody, iso, NOW, S1 } from '../support/episodes.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

let stores: Stores;
beforeEach(async () => {
  stores = await openStores();
});
afterEach(() => stores.close());

/** Sends 16 corrections of event `e`, one more than an outcome takes, each with a later time than the one before. */
async function send16Corrections(): Promise<void> {
  for (let i = 0; i < 16; i++)
    await stores.runtime.episodes.resolve([
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
}

it('an event with its own outcome is accepted although 16 corrections are parked for it', async () => {
  const { episodes, heads } = stores.runtime;
  await send16Corrections();
  // A fault too_many_corrections would fail the whole request of up to 500 events although they are stored.
  expect(await episodes.add([readEpisode(eventBody('e', { outcome: 'failure' }), NOW)])).toEqual([
    'accepted',
  ]);
  expect((await heads.overview())[0]?.counts).toEqual({ total: 1, withOutcome: 1, parked: 0 });
});

it('a repeated event whose outcome would exceed the limit of corrections does not fail the other events of its request', async () => {
  const { episodes } = stores.runtime;
  await episodes.add([readEpisode(eventBody('e'), NOW)]);
  await send16Corrections();
  const results = await episodes.add([
    readEpisode(eventBody('other'), NOW),
    readEpisode(eventBody('e', { outcome: 'failure' }), NOW),
  ]);
  expect(results[0]).toBe('accepted');
});
