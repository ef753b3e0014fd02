import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { eventBody, NOW, S1 } from '../support/episodes.ts';
import { requestProblem } from '../support/problems.ts';

/* What is unknown is refused by its name, with the near known name: members, parameters, values and patterns. */

let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => NOW });
  await api.postEvents([eventBody('known')]);
});
afterAll(() => api.close());

const problem = (method: string, path: string, body?: unknown) => requestProblem(api, method, path, body);
const settings = `/v1/patterns/${S1}/settings`;
const report = { pattern_key: S1, episode_id: 'known', outcome: 'success' };

describe('an unknown member or parameter', () => {
  it.each<[string, string, unknown, string, string]>([
    ['POST', '/v1/events', eventBody('a', { factor: {} }), 'factor', 'factors'],
    ['POST', '/v1/events', eventBody('a', { outcomes: 'success' }), 'outcomes', 'outcome'],
    ['POST', '/v1/events', eventBody('a', { episod_id: 'b' }), 'episod_id', 'episode_id'],
    ['POST', '/v1/events', { event: [eventBody('a')] }, 'event', 'events'],
    ['POST', '/v1/outcomes', { outcome: [report] }, 'outcome', 'outcomes'],
    ['POST', '/v1/outcomes', { outcomes: [report], outcome: [] }, 'outcome', 'outcomes'],
    [
      'POST',
      '/v1/outcomes',
      { outcomes: [{ ...report, corection: true }] },
      'outcomes.0.corection',
      'correction',
    ],
    ['POST', '/v1/overrides/lookup', { pattern_key: S1, scopes: {} }, 'scopes', 'scope'],
    ['GET', `/v1/overrides/lookup?pattern_key=${S1}&explian=true`, undefined, 'explian', 'explain'],
    ['GET', `/v1/overrides/lookup?pattern_key=${S1}&scop.chain=x`, undefined, 'scop.chain', 'scope.chain'],
    [
      'GET',
      `/v1/overrides/lookup?pattern_key=${S1}&threshold.dx=1`,
      undefined,
      'threshold.dx',
      'thresholds.dx',
    ],
    ['POST', '/v1/cycles', { lookback_day: 90 }, 'lookback_day', 'lookback_days'],
    ['GET', `/v1/lessons?pattern_key=${S1}&nears=true`, undefined, 'nears', 'near'],
    ['PUT', settings, { n_mins: 3, reason: 'x' }, 'n_mins', 'n_min'],
    ['PUT', settings, { payoff: { win: 1, los: 1 }, reason: 'x' }, 'payoff.los', 'loss'],
    ['PUT', `/v1/patterns/${S1}/mode`, { mode: 'live', reasons: 'x' }, 'reasons', 'reason'],
    ['POST', `/v1/patterns/${S1}/rollback`, { generations: 1, reason: 'x' }, 'generations', 'generation'],
  ])(
    '%s %s with %j is refused with the place %s and the near name %s',
    async (method, path, body, place, near) => {
      const { status, errors } = await problem(method, path, body);
      expect(status).toBe(400);
      expect(errors?.[0]?.path).toBe(place);
      expect(errors?.[0]?.message).toContain(`is unknown; did you mean \`${near}\`?`);
    },
  );

  it('A misspelt event of a batch is refused alone, with the code and the place of its members', async () => {
    const [line = ''] = readFileSync(
      new URL('../data/cases/misspelt-member.jsonl', import.meta.url),
      'utf8',
    ).split('\n');
    const response = await api.send('POST', '/v1/events', {
      events: [eventBody('good'), JSON.parse(line), eventBody('good-2')],
    });
    expect(response.status).toBe(207);
    expect(await response.json()).toEqual({
      accepted: 2,
      unchanged: 0,
      rejected: [
        {
          index: 1,
          episode_id: 'm1',
          code: 'invalid_event',
          detail:
            '`factor` is unknown; did you mean `factors`? `outcomes` is unknown; did you mean `outcome`?',
        },
      ],
    });
    expect(await problem('POST', '/v1/events', { events: [JSON.parse(line)] })).toMatchObject({
      code: 'invalid_event',
      errors: [{ path: 'events.0.factor' }, { path: 'events.0.outcomes' }],
    });
  });

  it('A factor that is no known name is kept', async () => {
    const { accepted } = await api.postEvents([eventBody('own-factor', { factors: { ts_scor: 0.5 } })]);
    expect(accepted).toBe(1);
  });
});

it.each<[string, string, unknown, string]>([
  ['POST', '/v1/events', eventBody('a', { decision: 'act' }), 'must be one of: acted, skipped'],
  ['POST', '/v1/events', eventBody('a', { decision: 'skiped' }), 'did you mean `skipped`?'],
  ['POST', '/v1/events', eventBody('a', { outcome: 'sucess' }), 'did you mean `success`?'],
  ['PUT', `/v1/patterns/${S1}/mode`, { mode: 'frosen', reason: 'x' }, 'did you mean `frozen`?'],
  [
    'POST',
    '/v1/overrides/lookup',
    { pattern_key: S1, scope: {}, resolution: 'blendd' },
    'did you mean `blend`?',
  ],
  ['PUT', settings, { policy: 'repaly', reason: 'x' }, 'did you mean "replay"?'],
])('%s %s with the misspelt value of %j is refused with the values', async (method, path, body, message) => {
  const { status, detail } = await problem(method, path, body);
  expect([status, detail]).toEqual([400, expect.stringContaining(message)]);
});

const MISSPELT = 'pm.uptrnd.S1.entry';
const WHAT_IF = { pattern_key: MISSPELT, lever: 'ts_min', from: 0.8, to: 1.2 };
const REQUESTS: readonly [string, string, unknown][] = [
  ['GET', `/v1/overrides?pattern_key=${MISSPELT}`, undefined],
  ['GET', `/v1/lessons?pattern_key=${MISSPELT}`, undefined],
  ['GET', `/v1/lessons?pattern_key=${MISSPELT}&near=true`, undefined],
  ['GET', `/v1/patterns/${MISSPELT}/generations`, undefined],
  ['GET', `/v1/patterns/${MISSPELT}/evidence`, undefined],
  ['GET', `/v1/patterns/${MISSPELT}/nmin`, undefined],
  ['GET', `/v1/patterns/${MISSPELT}/guard`, undefined],
  ['POST', '/v1/whatif', WHAT_IF],
  ['GET', `/v1/whatif?pattern_key=${MISSPELT}&lever=ts_min&from=0.8&to=1.2`, undefined],
  ['PUT', `/v1/patterns/${MISSPELT}/mode`, { mode: 'off', reason: 'x' }],
  ['PUT', `/v1/patterns/${MISSPELT}/settings`, { n_min: 20, reason: 'x' }],
  ['POST', `/v1/patterns/${MISSPELT}/rollback`, { generation: 1, reason: 'x' }],
  ['POST', '/v1/cycles', { pattern_key: MISSPELT }],
];

describe('a pattern that no event named', () => {
  it.each(REQUESTS)('[V6] %s %s is 404 unknown_pattern with the near pattern', async (method, path, body) => {
    expect(await problem(method, path, body)).toMatchObject({
      status: 404,
      code: 'unknown_pattern',
      detail: `no event named ${MISSPELT}; did you mean ${S1}?`,
      suggestions: [S1],
    });
  });

  it('[V6] An operator and a reader found no pattern, and a look-up and a snapshot of one stay neutral', async () => {
    expect((await api.status()).patterns.map(row => row.pattern_key)).toEqual([S1]);
    expect(await api.lookup({ pattern_key: MISSPELT, scope: {}, thresholds: { ts_min: 0.6 } })).toMatchObject(
      {
        overrides: [],
        thresholds: { ts_min: 0.6 },
      },
    );
    expect((await api.send('GET', `/v1/snapshots/${MISSPELT}`)).status).toBe(200);
  });

  it('[V6] A pattern that is near to none is answered with the route that lists patterns', async () => {
    const unlike = await problem('GET', '/v1/overrides?pattern_key=zz.sideways.S9.exit');
    expect(unlike).toMatchObject({
      code: 'unknown_pattern',
      detail: 'no event named zz.sideways.S9.exit; list patterns with GET /v1/status',
    });
    expect(unlike).not.toHaveProperty('suggestions');
  });
});

it('The setting null gives a setting back to the stage and leaves the others', async () => {
  const put = async (body: object) => (await api.send('PUT', settings, { ...body, reason: 'test' })).json();
  expect(
    await put({ n_min: 20, lookback_days: 30, payoff: { win: 5, loss: 1 }, policy: 'replay' }),
  ).toMatchObject({
    n_min: 20,
    policy: 'replay',
  });
  expect(await put({ n_min: null, payoff: null, policy: null, challengers: null })).toMatchObject({
    n_min: 33,
    lookback_days: 30,
    payoff: { win: 2, loss: 1 },
    policy: 'drift',
    last_change: { why: expect.stringContaining('n_min back to the stage') },
  });
});

it.each<[string, string]>([
  ['pm.split.S01.entry', 'pm.split.S1.entry'],
  ['pm.split.s007.entry', 'pm.split.S7.entry'],
  ['pm.split.S00.entry', 'pm.split.S0.entry'],
  ['module=pm|pattern_key=split.S01.entry', 'module=pm|pattern_key=split.S1.entry'],
])('An event of the padded pattern %s is refused, and the message has the form %s', async (key, right) => {
  expect(await problem('POST', '/v1/events', eventBody('s', { pattern_key: key }))).toMatchObject({
    status: 400,
    code: 'invalid_pattern_key',
    detail: `the number of a state has no leading zeros: send ${right}`,
  });
});

describe('text that is not UTF-8', () => {
  const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

  it.each([
    ['one byte of latin1', bytes('{"pattern_key":"\xe9"}')],
    ['half a character', bytes('{"pattern_key":"\xc3"}')],
    ['an overlong form', bytes('{"pattern_key":"\xc0\xaf"}')],
    ['an encoded surrogate', bytes('{"pattern_key":"\xed\xa0\x80"}')],
    ['UTF-16', Buffer.from('\ufeff{"pattern_key":"a"}', 'utf16le')],
    ['gzip', Buffer.from('H4sIAAAAAAAAA6tWqlSyqgUA', 'base64')],
  ])('[V7] A body with %s is rejected as invalid_encoding on every route', async (_, body) => {
    for (const [method, path] of [
      ['POST', '/v1/events'],
      ['POST', '/v1/outcomes'],
      ['POST', '/v1/overrides/lookup'],
      ['POST', '/v1/cycles'],
      ['PUT', settings],
    ] as const) {
      const response = await api.service.app.request(path, { method, body });
      expect([path, response.status, await response.json()]).toEqual([
        path,
        400,
        expect.objectContaining({ code: 'invalid_encoding' }),
      ]);
    }
  });

  it.each([
    `/v1/overrides/lookup?pattern_key=${S1}&scope.venue=BM-%FFrse`,
    `/v1/overrides/lookup?pattern_key=${S1}&scope.venue=%C3`,
    `/v1/overrides/lookup?pattern_key=${S1}&scope.venue=%ED%A0%80`,
    `/v1/overrides/lookup?pattern_key=${S1}&%FF=1`,
    '/v1/snapshots/pm.uptrend.S1.entry%FF',
    '/v1/cycles/%80',
    '/v1/patterns/%C0%AF/evidence',
  ])('[V7] The address %s is rejected as invalid_encoding', async path => {
    expect(await problem('GET', path)).toMatchObject({ status: 400, code: 'invalid_encoding' });
  });

  it('Percent-encoded UTF-8 and a percent sign by itself are read', async () => {
    for (const value of ['%C3%A9', '%F0%9F%9A%80', '100%'])
      expect(
        (await api.send('GET', `/v1/overrides/lookup?pattern_key=${S1}&scope.venue=${value}`)).status,
      ).toBe(200);
  });

  it('[V7] Half a surrogate pair in an id, a scope or a reason is rejected', async () => {
    const half = '\\ud800';
    const put = `{"mode":"live","reason":"${half}"}`;
    expect(await problem('PUT', `/v1/patterns/${S1}/mode`, put)).toMatchObject({ code: 'invalid_request' });
    for (const [member, code] of [
      ['episode_id', 'invalid_event'],
      ['scope', 'invalid_scope'],
    ] as const) {
      const wrong = member === 'scope' ? { chain: '?' } : '?';
      const body = JSON.stringify(eventBody('h', { [member]: wrong })).replace('"?"', `"${half}"`);
      expect(await problem('POST', '/v1/events', body)).toMatchObject({ status: 400, code });
    }
  });
});
