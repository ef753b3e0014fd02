import { afterAll, beforeAll, expect, it } from 'vitest';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import { runCycle } from '../support/cycles.ts';
import { DAY, eventBody, HOUR, iso, NOW, S1 } from '../support/episodes.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

let stores: Stores;
beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());

it('[D11] a run warns of a damaged seal, has the same result, and the next run is at peace', async () => {
  const day = NOW - 8 * DAY;
  stores.clock.now = day + 2 * HOUR;
  const events = Array.from({ length: 120 }, (_, i) =>
    readEpisode(
      eventBody(`e${i}`, {
        // Two days, so that one is not compared with its events anyway.
        timestamp: iso(day + i * 1000 - (i % 2) * DAY),
        outcome: i % 4 === 0 ? 'failure' : 'success',
        resolved_at: iso(day + HOUR),
      }),
      stores.clock.now,
    ),
  );
  await stores.runtime.episodes.add(events);
  stores.clock.now = NOW;
  const run = async () => (await runCycle(stores.runtime, { publish: undefined, reason: undefined }))[0];
  expect(await run()).toMatchObject({ status: 'published', warnings: [] });
  const parts = await stores.db.query({
    TableName: 'control',
    KeyConditionExpression: 'pk = :p',
    ExpressionAttributeValues: { ':p': `sealed#${S1}` },
  });
  expect(parts).toHaveLength(2);
  for (const part of parts)
    await stores.db.put({ TableName: 'control', Item: { ...part, z: Buffer.from('broken') } });
  const damaged = await run();
  expect(damaged).toMatchObject({ status: 'unchanged', events_read: 120 });
  expect(damaged?.warnings).toEqual([
    {
      code: 'sealed_day_differed',
      pattern_key: S1,
      message: expect.stringContaining('the seal of 2025-01-1'),
    },
  ]);
  expect(await run()).toMatchObject({ status: 'unchanged', warnings: [] });
});
