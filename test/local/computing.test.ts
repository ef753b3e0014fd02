import { afterAll, beforeAll, expect, it } from 'vitest';
import { Computing } from '../../local/computing/computing.ts';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { DAY, eventBody, iso, S1 } from '../support/episodes.ts';

let inThreads: Api;
let inOne: Api;
const AT = Date.now() - DAY;
const events = Array.from({ length: 60 }, (_, i) =>
  eventBody(`e${i}`, {
    timestamp: iso(AT - i * 1000),
    decision: i % 3 === 0 ? 'acted' : 'skipped',
    scope: { chain: i % 2 === 0 ? 'solana' : 'base' },
    factors: { ts_score: 0.5 + i / 200, ts_min: 0.6 },
    outcome: i % 4 === 0 ? 'failure' : 'success',
  }),
);
beforeAll(async () => {
  const environment = { N_MIN: '5' };
  [inThreads, inOne] = await Promise.all([
    openApi({ environment, inThreads: true }),
    openApi({ environment }),
  ]);
  for (const api of [inThreads, inOne]) await api.postEvents(events);
});
afterAll(() => Promise.all([inThreads.close(), inOne.close()]));

it('[X12] A run that mines in a thread publishes what one in the main thread publishes', async () => {
  const [a, b] = [await inThreads.cycle(), await inOne.cycle()];
  expect(a.patterns).toEqual(b.patterns);
  expect(a.patterns).toMatchObject([{ status: 'published', events_read: 60 }]);
  expect(await inThreads.overrides(S1)).toEqual(await inOne.overrides(S1));
  expect(await inThreads.lessons(S1)).toEqual(await inOne.lessons(S1));
});

it.each([
  ['GET', `/v1/patterns/${S1}/nmin?as_of=${iso(AT + 1000)}`],
  ['GET', `/v1/whatif?pattern_key=${S1}&lever=ts_min&from=0.8&to=1.2&as_of=${iso(AT + 1000)}`],
  ['GET', `/v1/whatif?pattern_key=${S1}&lever=tsmin&from=0.8&to=1.2`],
  ['GET', `/v1/patterns/nonsense/nmin`],
])('A thread answers %s %s as the main thread does', async (method, path) => {
  const [a, b] = [await inThreads.send(method, path), await inOne.send(method, path)];
  expect([a.status, await a.json()]).toEqual([b.status, await b.json()]);
  expect(a.headers.get('content-type')).toBe(b.headers.get('content-type'));
});

it('A what-if by POST reaches the thread with its body', async () => {
  const body = { pattern_key: S1, lever: 'ts_min', from: 0.8, to: 1.2, as_of: iso(AT + 1000) };
  const [a, b] = [
    await inThreads.send('POST', '/v1/whatif', body),
    await inOne.send('POST', '/v1/whatif', body),
  ];
  expect([a.status, await a.json()]).toEqual([200, await b.json()]);
});

it('A task whose thread ends fails, the next one starts a thread, and the name of an error is kept', async () => {
  const environment = {
    EVENTS_TABLE: 'e-x',
    LESSONS_TABLE: 'l-x',
    OVERRIDES_TABLE: 'o-x',
    CONTROL_TABLE: 'c-x',
  };
  const computing = new Computing({ environment, endpoint: undefined }, async () => {
    throw new Error('no engine');
  });
  const first = computing.mine({});
  await computing.stop();
  await expect(first).rejects.toThrow('the computing thread ended');
  await expect(computing.mine({})).rejects.toMatchObject({ name: 'invalid_request' });
  await computing.stop();
});
