import { afterAll, beforeEach, expect, it } from 'vitest';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import { DAY, eventBody, HOUR, iso, MINUTE, NOW, S1, S2 } from '../support/episodes.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

let stores: Stores | undefined;
const opened = (): Stores => {
  if (!stores)
    throw new Error('the stores are open only while a test runs: call this function inside a test');
  return stores;
};
beforeEach(async () => {
  await stores?.close();
  stores = await openStores();
});
afterAll(() => stores?.close());

it('Degraded look-ups are added up by minute and pattern, and read from a time on', async () => {
  const { runtime, clock, newDb } = opened();
  const { degradedLookups } = runtime;
  await degradedLookups.add([
    { pattern: S1, count: 2 },
    { pattern: S2, count: 1 },
  ]);
  await degradedLookups.add([{ pattern: S1, count: 1 }]);
  clock.now += HOUR;
  await degradedLookups.add([{ pattern: S2, count: 4 }]);
  expect(await degradedLookups.since(NOW)).toEqual([
    { pattern: S2, count: 5 },
    { pattern: S1, count: 3 },
  ]);
  expect(await degradedLookups.since(NOW + MINUTE)).toEqual([{ pattern: S2, count: 4 }]);
  const key = { pk: 'degraded', sk: `2025-01-20T12:00#${S1}` };
  const item = await newDb().get({ TableName: 'control', Key: key });
  expect(item).toMatchObject({ n: 3, expires_at: (NOW + 3 * DAY) / 1000 });
});

it('Samples of the counters are read back beside the current counters, and unreadable ones begin anew', async () => {
  const { runtime, clock, newDb } = opened();
  await runtime.episodes.add([
    readEpisode(eventBody('a'), clock.now),
    readEpisode(eventBody('b', { outcome: 'success' }), clock.now),
  ]);
  const current = { at: NOW, total: 2, withOutcome: 1 };
  expect(await runtime.countSamples.read(S1)).toEqual({ current, samples: [] });
  await runtime.countSamples.put(S1, [current]);
  expect(await runtime.countSamples.read(S1)).toEqual({ current, samples: [current] });
  await newDb().put({ TableName: 'control', Item: { pk: `pattern#${S1}`, sk: 'flow', rows: '{"at":1}' } });
  expect(await runtime.countSamples.read(S1)).toEqual({ current, samples: [] });
});

it('The newest event with an outcome is found over all shards', async () => {
  const { runtime, clock } = opened();
  expect(await runtime.episodes.newestResolved(S1)).toBeUndefined();
  const events = Array.from({ length: 20 }, (_, i) =>
    readEpisode(
      eventBody(`e${i}`, { timestamp: iso(NOW - i * HOUR), ...(i > 2 && { outcome: 'success' }) }),
      clock.now,
    ),
  );
  await runtime.episodes.add(events);
  expect(await runtime.episodes.newestResolved(S1)).toBe(NOW - 3 * HOUR);
});

it('Misspelt factors of events are recorded at most once an hour, and a failed write fails no request', async () => {
  const { runtime, clock, proxy, logged } = opened();
  const record = (name: string) => runtime.misspeltFactors.record([{ pattern: S1, factors: { [name]: 1 } }]);
  await record('ts_scroe');
  expect([...(await runtime.dimensions.coverage(S1)).misspelt]).toEqual([['ts_scroe', NOW]]);
  proxy.start();
  await record('ts_scroe');
  await record('ts_score');
  expect(proxy.writes()).toEqual([]);
  clock.now += HOUR;
  await record('ts_scroe');
  expect(proxy.writes()).toEqual(['BatchWriteItem']);
  expect([...(await runtime.dimensions.coverage(S1)).misspelt]).toEqual([['ts_scroe', NOW + HOUR]]);
  expect(logged).toEqual([]);
});
