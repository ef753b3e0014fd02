import { deflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { setPartition } from '../../shared/dynamodb/keys.ts';
import { readEpisode, readOutcomeReport } from '../../shared/episode/episode-schema.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { DAY, eventBody, NOW, S1 } from '../support/episodes.ts';
import { faultOf, faultOfAsync } from '../support/fault-of.ts';
import { override } from '../support/overrides.ts';
import { openStores } from '../support/stores.ts';

it.each(['module=pm.uptrend|pattern_key=S1.entry', 'module=pm.uptrend.S1|pattern_key=entry'])(
  '%s is not a valid pattern key',
  text => {
    expect(faultOf(() => parsePatternKey(text)).code).toBe('invalid_pattern_key');
  },
);

it('reading a page of a row set whose chunk is not JSON throws damaged_generation', async () => {
  const stores = await openStores();
  const { overrides } = stores.runtime;
  const set = await overrides.write(S1, [override('tuning_ts_min', {}, 0.9)], 2e9);
  const [chunk] = await stores.db.query({
    TableName: 'overrides',
    KeyConditionExpression: 'pk = :p',
    ExpressionAttributeValues: { ':p': setPartition(S1, set.id) },
  });
  await stores.db.put({ TableName: 'overrides', Item: { ...chunk, z: deflateRawSync('{') } });
  expect((await faultOfAsync(overrides.page(S1, set, '', () => true))).code).toBe('damaged_generation');
});

it('reading the first page of a row set whose chunk is missing throws damaged_generation and does not return an empty list', async () => {
  const stores = await openStores();
  const { overrides } = stores.runtime;
  const set = await overrides.write(S1, [override('tuning_ts_min', {}, 0.9)], 2e9);
  const [chunk] = await stores.db.query({
    TableName: 'overrides',
    KeyConditionExpression: 'pk = :p',
    ExpressionAttributeValues: { ':p': setPartition(S1, set.id) },
  });
  await stores.db.delete({ TableName: 'overrides', Key: { pk: chunk?.pk, sk: chunk?.sk } });
  expect((await faultOfAsync(overrides.page(S1, set, '', () => true))).code).toBe('damaged_generation');
});

it('[W4] [O2] a parked outcome that has expired is not applied', async () => {
  const stores = await openStores();
  const { episodes, heads } = stores.runtime;
  await episodes.resolve([readOutcomeReport({ pattern_key: S1, episode_id: 'e', outcome: 'success' }, NOW)]);
  stores.clock.now += 91 * DAY;
  await episodes.add([readEpisode(eventBody('e'), stores.clock.now)]);
  expect((await heads.overview())[0]?.counts).toMatchObject({ withOutcome: 0 });
});
