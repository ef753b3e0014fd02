import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changesPageSchema } from '../../shared/http/schemas/changes.ts';
import type { Api } from '../support/api.ts';
import { events, openApi } from '../support/api.ts';
import { iso, NOW, S1, S2 } from '../support/episodes.ts';
import { requestProblem } from '../support/problems.ts';

let api: Api;
let now = NOW;
beforeAll(async () => {
  api = await openApi({ now: () => now, environment: { N_MIN: '10' } });
  await api.postEvents([...events(20, 'a'), ...events(20, 'b', { pattern: S2 })]);
  const { stateMachine } = api.service;
  await (await stateMachine.start('20250120T120000000Z-00000000', 'system:cycle', {})).done;
  const steps = [
    ['PUT', `/v1/patterns/${S1}/mode`, { mode: 'shadow', reason: 'look' }],
    ['PUT', `/v1/patterns/${S2}/settings`, { n_min: 20, reason: 'thin' }],
    ['POST', '/v1/cycles?wait=true', { pattern_key: S1, n_min: 61, publish: true, reason: 'more' }],
    ['POST', `/v1/patterns/${S1}/rollback`, { generation: 1, reason: 'back' }],
  ] as const;
  for (const [method, path, body] of steps) {
    now += 1000;
    expect((await api.send(method, path, body)).status).toBe(200);
  }
});
afterAll(() => api.close());

const changes = async (query = '') => {
  const response = await api.send('GET', `/v1/changes${query}`);
  expect(response.status).toBe(200);
  return changesPageSchema.parse(await response.json());
};
const short = ({ changes: list }: Awaited<ReturnType<typeof changes>>) =>
  list.map(change => [(Date.parse(change.at) - NOW) / 1000, change.what, change.pattern_key, change.who]);

const ALL = [
  [4, 'rollback', S1, 'local'],
  [3, 'publish', S1, 'local'],
  [2, 'settings', S2, 'local'],
  [1, 'mode', S1, 'local'],
];

describe('[T4] the list of changes', () => {
  it('Changes by operators and publications by runs of all patterns are listed newest first', async () => {
    const page = await changes();
    expect(short(page).slice(0, 4)).toEqual(ALL);
    expect(short(page).slice(4).toSorted()).toEqual([
      [0, 'publish', S1, 'system:cycle'],
      [0, 'publish', S2, 'system:cycle'],
    ]);
    expect(page.next).toBeUndefined();
    expect(page.changes[1]).toMatchObject({
      why: expect.stringMatching(/^cycle \S+: more$/),
      generation: 2,
      settings: { n_min: 61, lookback_days: 90, policy: 'drift' },
    });
  });

  it('Pages of one change make up the whole list', async () => {
    const whole = (await changes()).changes;
    const paged = [];
    let next: string | undefined;
    do {
      const page = await changes(`?limit=1${next === undefined ? '' : `&next=${encodeURIComponent(next)}`}`);
      expect(page.changes).toHaveLength(1);
      paged.push(...page.changes);
      next = page.next;
    } while (next !== undefined);
    expect(paged).toEqual(whole);
  });

  it('The list of one pattern, also by another spelling of its key, contains its changes alone', async () => {
    expect(short(await changes('?pattern_key=pm.s2_entry'))).toEqual([
      [2, 'settings', S2, 'local'],
      [0, 'publish', S2, 'system:cycle'],
    ]);
    const first = await changes(`?pattern_key=${S1}&limit=2`);
    expect(short(first)).toEqual([ALL[0], ALL[1]]);
    const rest = await changes(`?pattern_key=${S1}&next=${encodeURIComponent(first.next ?? '')}`);
    expect(short(rest)).toEqual([ALL[3], [0, 'publish', S1, 'system:cycle']]);
  });

  it('from and to are inclusive, in any offset', async () => {
    expect(short(await changes(`?from=${iso(NOW + 2000)}&to=${iso(NOW + 3000)}`))).toEqual([ALL[1], ALL[2]]);
    const withOffset = encodeURIComponent('2025-01-20T13:00:03.001+01:00');
    expect(short(await changes(`?from=${withOffset}`))).toEqual([ALL[0]]);
    expect(short(await changes(`?pattern_key=${S2}&from=${iso(NOW + 1)}`))).toEqual([ALL[2]]);
    expect(short(await changes(`?to=${iso(NOW - 1)}`))).toEqual([]);
    const { next = '' } = await changes('?limit=1');
    expect(short(await changes(`?from=${iso(NOW + 3500)}&next=${encodeURIComponent(next)}`))).toEqual([]);
  });

  it.each([
    ['?next=x', 'invalid_page_token'],
    ['?from=yesterday', 'invalid_request'],
    ['?pattern_key=x', 'invalid_pattern_key'],
    ['?limit=0', 'invalid_request'],
    ['?who=local', 'invalid_request'],
    [`?from=${iso(NOW + 1)}&to=${iso(NOW)}`, 'invalid_request'],
  ])('The query %s is refused with %s', async (query, code) => {
    expect(await requestProblem(api, 'GET', `/v1/changes${query}`)).toMatchObject({ status: 400, code });
  });
});
