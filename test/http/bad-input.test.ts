import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemSchema } from '../../shared/http/schemas/problem.ts';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { eventBody, iso, NOW, S1 } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';

/*
 * Every wrong request has its precise answer: status, code and where it is wrong, as problem+json, and nothing of what
 * is inside.
 */

let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => NOW });
});
afterAll(() => api.close());

const INTERNALS =
  /pm-tuning-|node_modules|\.ts\b|\bat \w+ \(|Exception|DynamoDB|dynalite|Zod|ECONN|undefined is not/;

/** The problem that a request is answered with. */
async function problem(method: string, path: string, body?: unknown) {
  const response = await api.send(method, path, body);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const text = await response.text();
  expect(text).not.toMatch(INTERNALS);
  const found = problemSchema.loose().parse(JSON.parse(text));
  expect(found.status).toBe(response.status);
  expect(found.type).toBe(`urn:pm-tuning:problem:${found.code}`);
  expect(text.length).toBeLessThan(70_000);
  return found;
}

const fromJson = (text: string): unknown => JSON.parse(text);
const dims = (n: number): object => Object.fromEntries(Array.from({ length: n }, (_, i) => [`d${i}`, i]));

describe('a body that cannot be read', () => {
  it.each([
    ['broken JSON', '{"events":['],
    ['half a text', '"half'],
    ['no JSON', 'hello'],
    ['NUL', '\u0000'],
    ['two documents', '{}{}'],
    ['a comment', '{} // x'],
    ['NaN', '{"a":NaN}'],
  ])('%s is 400 invalid_body, wherever it is sent', async (_, body) => {
    for (const [method, path] of [
      ['POST', '/v1/events'],
      ['POST', '/v1/outcomes'],
      ['POST', '/v1/overrides/lookup'],
      ['POST', '/v1/cycles'],
      ['POST', '/v1/whatif'],
      ['PUT', `/v1/patterns/${S1}/mode`],
      ['PUT', `/v1/patterns/${S1}/settings`],
      ['POST', `/v1/patterns/${S1}/rollback`],
    ] as const)
      expect(await problem(method, path, body)).toMatchObject({ status: 400, code: 'invalid_body' });
  });

  it.each([['{}'], ['[]'], ['null'], ['{"outcomes":{}}'], ['{"outcomes":null}'], ['{"events":[]}']])(
    'outcomes that are no list: %s',
    async body => {
      expect(await problem('POST', '/v1/outcomes', body)).toMatchObject({
        status: 400,
        code: 'invalid_body',
        errors: [{ path: 'outcomes', message: 'must be a list' }],
      });
    },
  );

  it.each([['{"events":{}}'], ['{"events":null}'], ['{"events":"x"}']])(
    'events that are no list: %s',
    async body => {
      expect(await problem('POST', '/v1/events', body)).toMatchObject({
        status: 400,
        code: 'invalid_body',
        errors: [{ path: 'events' }],
      });
    },
  );
});

describe('one event that does not fit', () => {
  it.each<[string, unknown, string, string | undefined]>([
    ['nothing', '', 'invalid_event', 'pattern_key'],
    ['null', 'null', 'invalid_event', ''],
    ['a list', '[]', 'invalid_event', ''],
    ['an unknown decision', eventBody('e', { decision: 'hesitated' }), 'invalid_event', 'decision'],
    ['a time that is none', eventBody('e', { timestamp: 'yesterday' }), 'invalid_event', 'timestamp'],
    [
      'a day that is none',
      eventBody('e', { timestamp: '2025-02-30T00:00:00Z' }),
      'invalid_event',
      'timestamp',
    ],
    ['a number as time', eventBody('e', { timestamp: 1737331200 }), 'invalid_event', 'timestamp'],
    ['1970', eventBody('e', { timestamp: '1970-01-01T00:00:00Z' }), 'timestamp_out_of_range', 'timestamp'],
    ['2100', eventBody('e', { timestamp: '2100-01-01T00:00:00Z' }), 'timestamp_out_of_range', 'timestamp'],
    ['an outcome that is none', eventBody('e', { outcome: 'won' }), 'invalid_event', 'outcome'],
    ['no pattern', eventBody('e', { pattern_key: 'pm' }), 'invalid_pattern_key', undefined],
    [
      'a pattern of 10 kB',
      eventBody('e', { pattern_key: 'p'.repeat(10_000) }),
      'invalid_event',
      'pattern_key',
    ],
    ['65 dimensions', eventBody('e', { scope: dims(65) }), 'invalid_scope', 'scope'],
    ['a scope that is a list', eventBody('e', { scope: [] }), 'invalid_scope', 'scope'],
    [
      'a dimension __proto__',
      eventBody('e', { scope: fromJson('{"__proto__":1}') }),
      'invalid_scope',
      'scope.__proto__',
    ],
    ['a dimension #pk', eventBody('e', { scope: { '#pk': 1 } }), 'invalid_scope', 'scope.#pk'],
    ['a dimension with NUL', eventBody('e', { scope: { 'a\u0000': 1 } }), 'invalid_scope', 'scope.a\u0000'],
    [
      'a dimension of 10 kB',
      eventBody('e', { scope: { ['n'.repeat(10_000)]: 1 } }),
      'invalid_scope',
      `scope.${'n'.repeat(64)}`,
    ],
    ['a value of 129', eventBody('e', { scope: { d: 'x'.repeat(129) } }), 'invalid_scope', 'scope.d'],
    ['a nested value', eventBody('e', { scope: { d: {} } }), 'invalid_scope', 'scope.d'],
    ['an id of 10 kB', eventBody('x'.repeat(10_000)), 'invalid_event', 'episode_id'],
    ['an id with NUL', eventBody('a\u0000'), 'invalid_event', 'episode_id'],
    [
      'a factor __proto__',
      eventBody('e', { factors: fromJson('{"__proto__":{}}') }),
      'invalid_event',
      'factors.__proto__',
    ],
    [
      'a factor of 10 kB',
      eventBody('e', { factors: { ['f'.repeat(10_000)]: 1 } }),
      'invalid_event',
      `factors.${'f'.repeat(192)}`,
    ],
  ])('%s', async (_, body, code, path) => {
    const found = await problem('POST', '/v1/events', body);
    expect(found).toMatchObject({
      status: 400,
      code,
      accepted: 0,
      unchanged: 0,
      rejected: [{ index: 0, code }],
    });
    expect(found.errors?.[0]?.path).toBe(path);
  });

  it('too large is event_too_large', async () => {
    const factors = Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`f${i}`, 'x'.repeat(1024)]));
    expect(await problem('POST', '/v1/events', eventBody('e', { factors }))).toMatchObject({
      code: 'event_too_large',
    });
  });

  it('[I2] of another content is event_conflict', async () => {
    await api.send('POST', '/v1/events', eventBody('taken'));
    const before = await api.status();
    expect(await problem('POST', '/v1/events', eventBody('taken', { decision: 'acted' }))).toMatchObject({
      status: 400,
      code: 'event_conflict',
      rejected: [{ index: 0, episode_id: 'taken', code: 'event_conflict' }],
    });
    const after = await api.status();
    expect(after.conflicts).toEqual({ ...before.conflicts, events: before.conflicts.events + 1 });
    expect(after.patterns.find(row => row.pattern_key === S1)?.conflicts.events).toBeGreaterThan(0);
    expect(after.events).toEqual(before.events);
    measurement(
      2,
      'status: conflicts.events counts it, in total and for its pattern; the events stay as they were',
    );
  });
});

describe('some of many', () => {
  it('that do not fit are named with their place; the others are taken: 207', async () => {
    const events = [
      eventBody('m0'),
      eventBody('m1', { decision: 1 }),
      eventBody('m2'),
      7,
      eventBody('m4', { scope: { '#': 1 } }),
    ];
    const response = await api.send('POST', '/v1/events', { events });
    expect(response.status).toBe(207);
    expect(await response.json()).toEqual({
      accepted: 2,
      unchanged: 0,
      rejected: [
        { index: 1, episode_id: 'm1', code: 'invalid_event', detail: expect.any(String) },
        { index: 3, code: 'invalid_event', detail: expect.any(String) },
        { index: 4, episode_id: 'm4', code: 'invalid_scope', detail: expect.any(String) },
      ],
    });
  });

  it('[V1] 1 bad event in 100 costs itself only; 100 of 100 are all_rejected', async () => {
    const good = Array.from({ length: 99 }, (_, i) => eventBody(`h${i}`));
    const response = await api.send('POST', '/v1/events', {
      events: [...good, { ...eventBody('h99'), decision: 'x' }],
    });
    expect([response.status, await response.json()]).toMatchObject([
      207,
      { accepted: 99, rejected: [{ index: 99 }] },
    ]);
    const bad = Array.from({ length: 100 }, (_, i) => eventBody(`b${i}`, { timestamp: 'x' }));
    const found = await problem('POST', '/v1/events', { events: bad });
    expect(found).toMatchObject({ status: 400, code: 'all_rejected', accepted: 0 });
    expect(found.rejected).toHaveLength(100);
    expect(found.errors?.[0]?.path).toBe('events.0.timestamp');
    measurement(
      7,
      '1 bad event in 100: 99 taken, 1 rejected with its place and reason (207); 100 of 100: 400',
    );
  });

  it('none at all is 200', async () => {
    const response = await api.send('POST', '/v1/events', { events: [] });
    expect([response.status, await response.json()]).toEqual([
      200,
      { accepted: 0, unchanged: 0, rejected: [] },
    ]);
  });

  it('500 are taken, 501 are 413 too_many_items', async () => {
    const events = (n: number) => Array.from({ length: n }, (_, i) => eventBody(`n${i}`));
    expect((await api.send('POST', '/v1/events', { events: events(500) })).status).toBe(200);
    expect(await problem('POST', '/v1/events', { events: events(501) })).toMatchObject({
      status: 413,
      code: 'too_many_items',
    });
    const outcomes = events(501).map(({ episode_id }) => ({
      pattern_key: S1,
      episode_id,
      outcome: 'success',
    }));
    expect(await problem('POST', '/v1/outcomes', { outcomes })).toMatchObject({
      status: 413,
      code: 'too_many_items',
    });
  });
});

describe('outcomes', () => {
  const outcome = (fields: object) => ({
    outcomes: [{ pattern_key: S1, episode_id: 'o', outcome: 'success', ...fields }],
  });

  it.each<[string, object, string]>([
    ['an unknown outcome', { outcome: 'dodge' }, 'invalid_outcome'],
    ['no id', { episode_id: '' }, 'invalid_outcome'],
    ['no pattern', { pattern_key: 'pm.s9' }, 'invalid_pattern_key'],
    ['a time that is none', { resolved_at: 'x' }, 'invalid_outcome'],
    ['2100', { resolved_at: '2100-01-01T00:00:00Z' }, 'timestamp_out_of_range'],
    ['a text as correction', { correction: 'yes' }, 'invalid_outcome'],
  ])('%s', async (_, fields, code) => {
    expect(await problem('POST', '/v1/outcomes', outcome(fields))).toMatchObject({
      status: 400,
      code,
      resolved: 0,
      parked: 0,
    });
  });

  it('of an unknown episode is parked, counted, and applied when the event comes', async () => {
    const before = (await api.status()).parked_outcomes;
    const response = await api.send('POST', '/v1/outcomes', outcome({ episode_id: 'later' }));
    expect([response.status, await response.json()]).toEqual([
      200,
      { resolved: 0, unchanged: 0, parked: 1, rejected: [] },
    ]);
    expect((await api.status()).parked_outcomes).toBe(before + 1);
    await api.postEvents([eventBody('later')]);
    expect((await api.status()).parked_outcomes).toBe(before);
    const again = await api.send('POST', '/v1/outcomes', outcome({ episode_id: 'later' }));
    expect(await again.json()).toMatchObject({ unchanged: 1 });
    expect(
      await problem('POST', '/v1/outcomes', outcome({ episode_id: 'later', outcome: 'failure' })),
    ).toMatchObject({
      status: 400,
      code: 'outcome_conflict',
    });
  });
});

describe('size and depth', () => {
  const MIB = 1024 * 1024;
  const filled = (bytes: number): string => `{"x":"${'a'.repeat(bytes - 8)}"}`;

  it('1 MiB is read, one byte more is 413 body_too_large', async () => {
    expect(filled(MIB)).toHaveLength(MIB);
    expect(await problem('POST', '/v1/events', filled(MIB))).toMatchObject({
      status: 400,
      code: 'invalid_event',
    });
    for (const path of ['/v1/events', '/v1/outcomes', '/v1/overrides/lookup', '/v1/cycles'])
      expect(await problem('POST', path, filled(MIB + 1))).toMatchObject({
        status: 413,
        code: 'body_too_large',
      });
  });

  it('bytes count, not characters', async () => {
    const text = `{"x":"${'é'.repeat(MIB / 2)}"}`;
    expect(await problem('POST', '/v1/events', text)).toMatchObject({ status: 413, code: 'body_too_large' });
  });

  it('10 MiB is 413', async () => {
    expect(await problem('POST', '/v1/events', filled(10 * MIB))).toMatchObject({
      status: 413,
      code: 'body_too_large',
    });
  });

  const nested = (open: string, close: string): string => open.repeat(10_000) + close.repeat(10_000);
  const at = (place: string, deep: string): string =>
    JSON.stringify(eventBody('deep', { [place]: '?' })).replace('"?"', () => deep);

  it.each<[string, string, string]>([
    ['a list of lists', '/v1/events', nested('[', ']')],
    ['an object of objects', '/v1/events', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['events', '/v1/events', `{"events":${nested('[', ']')}}`],
    ['a scope', '/v1/events', at('scope', `{"d":${nested('[', ']')}}`)],
    ['a factor', '/v1/events', at('factors', `{"dx":${nested('[', ']')}}`)],
    ['an id', '/v1/events', at('episode_id', nested('[', ']'))],
    ['outcomes', '/v1/outcomes', `{"outcomes":${nested('[', ']')}}`],
    [
      'a look-up’s scope',
      '/v1/overrides/lookup',
      `{"pattern_key":"${S1}","scope":{"a":${nested('[', ']')}}}`,
    ],
    [
      'a look-up’s thresholds',
      '/v1/overrides/lookup',
      `{"pattern_key":"${S1}","scope":{},"thresholds":{"a":${nested('[', ']')}}}`,
    ],
    ['a run’s options', '/v1/cycles', `{"n_min":${nested('[', ']')}}`],
  ])('10,000 levels in %s are 400', async (_, path, body) => {
    expect(await problem('POST', path, body)).toMatchObject({ status: 400 });
  });

  it('10,000 levels in an unknown field are ignored with it', async () => {
    const body = at('note', nested('[', ']'));
    expect((await api.send('POST', '/v1/events', body)).status).toBe(200);
  });
});

describe('a look-up', () => {
  const question = (fields: object) => ({ pattern_key: S1, scope: {}, ...fields });

  it.each<[string, unknown, string]>([
    ['no scope', { pattern_key: S1 }, 'invalid_request'],
    ['no pattern', { scope: {} }, 'invalid_request'],
    ['no such pattern form', question({ pattern_key: 'x' }), 'invalid_pattern_key'],
    ['an unknown field', question({ threshold: {} }), 'invalid_request'],
    ['a text as threshold', question({ thresholds: { ts_min: '0.6' } }), 'invalid_request'],
    ['null as threshold', question({ thresholds: { ts_min: null } }), 'invalid_request'],
    ['65 thresholds', question({ thresholds: dims(65) }), 'invalid_request'],
    ['an unknown resolution', question({ resolution: 'best' }), 'invalid_request'],
    ['65 dimensions', question({ scope: dims(65) }), 'invalid_scope'],
    ['a dimension __proto__', question({ scope: fromJson('{"__proto__":1}') }), 'invalid_scope'],
    ['a list', [], 'invalid_request'],
    ['nothing', '', 'invalid_request'],
  ])('with %s', async (_, body, code) => {
    expect(await problem('POST', '/v1/overrides/lookup', body)).toMatchObject({ status: 400, code });
  });

  it.each([
    ['', 'invalid_request'],
    ['?pattern_key=x', 'invalid_pattern_key'],
    [`?pattern_key=${S1}&scope.=x`, 'invalid_scope'],
    [`?pattern_key=${S1}&scope.__proto__=x`, 'invalid_scope'],
    [`?pattern_key=${S1}&scope.%23pk=x`, 'invalid_scope'],
    [`?pattern_key=${S1}&scope.a=1&scope.a=2`, 'invalid_request'],
    [`?pattern_key=${S1}&pattern_key=${S1}`, 'invalid_request'],
    [`?pattern_key=${S1}&thresholds.ts_min=abc`, 'invalid_request'],
    [`?pattern_key=${S1}&thresholds.ts_min=`, 'invalid_request'],
    [`?pattern_key=${S1}&thresholds.ts_min=Infinity`, 'invalid_request'],
    [`?pattern_key=${S1}&chain=solana`, 'invalid_request'],
    [`?pattern_key=${S1}&explain=yes`, 'invalid_request'],
    [`?pattern_key=${S1}&resolution=best`, 'invalid_request'],
  ])('by parameters %s is %s', async (query, code) => {
    expect(await problem('GET', `/v1/overrides/lookup${query}`)).toMatchObject({ status: 400, code });
  });

  it('by parameters answers as with a body', async () => {
    const path = `/v1/overrides/lookup?pattern_key=pm.s1_entry&scope.chain=%20solana%20&scope.rank=1&thresholds.ts_min=0.6&explain=true`;
    const asked = await (await api.send('GET', path)).json();
    const body = question({
      scope: { chain: 'solana', rank: 1 },
      thresholds: { ts_min: 0.6 },
      explain: true,
    });
    expect(asked).toEqual(await (await api.send('POST', '/v1/overrides/lookup', body)).json());
  });
});

describe('lists, runs and patterns', () => {
  const mode = `/v1/patterns/${S1}/mode`;
  const settings = `/v1/patterns/${S1}/settings`;
  const rollback = `/v1/patterns/${S1}/rollback`;

  it.each<[string, string, unknown, number, string]>([
    ['GET', '/v1/overrides', undefined, 400, 'invalid_request'],
    ['GET', '/v1/overrides?pattern_key=x', undefined, 400, 'invalid_pattern_key'],
    ['GET', `/v1/overrides?pattern_key=${S1}&limit=0`, undefined, 400, 'invalid_request'],
    ['GET', `/v1/overrides?pattern_key=${S1}&limit=1001`, undefined, 400, 'invalid_request'],
    ['GET', `/v1/overrides?pattern_key=${S1}&limit=1.5`, undefined, 400, 'invalid_request'],
    ['GET', `/v1/overrides?pattern_key=${S1}&limit=ten`, undefined, 400, 'invalid_request'],
    ['GET', `/v1/overrides?pattern_key=${S1}&limit=`, undefined, 400, 'invalid_request'],
    ['GET', `/v1/overrides?pattern_key=${S1}&next=x`, undefined, 400, 'invalid_page_token'],
    ['GET', `/v1/overrides?pattern_key=${S1}&next=`, undefined, 400, 'invalid_page_token'],
    ['GET', `/v1/overrides?pattern_key=${S1}&near=true`, undefined, 400, 'invalid_request'],
    ['GET', `/v1/lessons?pattern_key=${S1}&near=1`, undefined, 400, 'invalid_request'],
    ['GET', `/v1/lessons?pattern_key=${S1}&next=1.${'0'.repeat(32)}.x`, undefined, 400, 'invalid_page_token'],
    ['GET', '/v1/snapshots/x', undefined, 400, 'invalid_pattern_key'],
    ['GET', '/v1/snapshots/%E0%A4%A', undefined, 400, 'invalid_pattern_key'],
    ['GET', '/v1/cycles?limit=-1', undefined, 400, 'invalid_request'],
    ['GET', '/v1/cycles?page=2', undefined, 400, 'invalid_request'],
    ['GET', '/v1/cycles/none', undefined, 404, 'unknown_cycle'],
    ['GET', '/v1/cycles/%00', undefined, 404, 'unknown_cycle'],
    ['GET', `/v1/cycles/${'x'.repeat(5000)}`, undefined, 404, 'unknown_cycle'],
    ['POST', '/v1/cycles', { as_of: 'now' }, 400, 'invalid_request'],
    ['POST', '/v1/cycles', { n_min: 0 }, 400, 'invalid_request'],
    ['POST', '/v1/cycles', { n_min: '33' }, 400, 'invalid_request'],
    ['POST', '/v1/cycles', { lookback_days: 367 }, 400, 'invalid_request'],
    ['POST', '/v1/cycles', { policy: 'best' }, 400, 'policy_not_available'],
    ['POST', '/v1/cycles', { pattern_key: 'x' }, 400, 'invalid_pattern_key'],
    ['POST', '/v1/cycles', { cycle_id: 'mine' }, 400, 'invalid_request'],
    ['POST', '/v1/cycles?wait=yes', {}, 400, 'invalid_request'],
    ['POST', '/v1/cycles', [], 400, 'invalid_request'],
    ['GET', '/v1/patterns/x/generations', undefined, 400, 'invalid_pattern_key'],
    ['GET', `/v1/patterns/${S1}/generations?diff=1`, undefined, 400, 'invalid_request'],
    ['GET', `/v1/patterns/${S1}/generations?diff=a,b`, undefined, 400, 'invalid_request'],
    ['GET', `/v1/patterns/${S1}/generations?diff=7,8`, undefined, 404, 'unknown_generation'],
    ['PUT', mode, {}, 400, 'invalid_request'],
    ['PUT', mode, { mode: 'on', reason: 'x' }, 400, 'invalid_request'],
    ['PUT', mode, { mode: 'off' }, 400, 'invalid_request'],
    ['PUT', mode, { mode: 'off', reason: '  ' }, 400, 'invalid_request'],
    ['PUT', mode, { mode: 'off', reason: 'x'.repeat(1001) }, 400, 'invalid_request'],
    ['PUT', mode, { mode: 'off', reason: 'x', who: 'me' }, 400, 'invalid_request'],
    ['PUT', '/v1/patterns/x/mode', { mode: 'off', reason: 'x' }, 400, 'invalid_pattern_key'],
    ['PUT', settings, { reason: 'x', n_min: 0 }, 400, 'invalid_request'],
    ['PUT', settings, { reason: 'x', policy: 'best' }, 400, 'policy_not_available'],
    ['PUT', settings, { reason: 'x', payoff: { win: 0, loss: 1 } }, 400, 'invalid_request'],
    ['PUT', settings, { reason: 'x', payoff: { win: 1 } }, 400, 'invalid_request'],
    ['PUT', settings, { n_min: 10 }, 400, 'invalid_request'],
    ['POST', rollback, { generation: 0, reason: 'x' }, 400, 'invalid_request'],
    ['POST', rollback, { generation: 1.5, reason: 'x' }, 400, 'invalid_request'],
    ['POST', rollback, { generation: 99, reason: 'x' }, 404, 'unknown_generation'],
    ['POST', rollback, { generation: 1 }, 400, 'invalid_request'],
    ['GET', '/', undefined, 404, 'not_found'],
    ['GET', '/v1', undefined, 404, 'not_found'],
    ['GET', '/v1/events', undefined, 405, 'method_not_allowed'],
    ['DELETE', '/v1/overrides', undefined, 405, 'method_not_allowed'],
    ['GET', '/v2/status', undefined, 404, 'not_found'],
    ['GET', '/v1/../etc/passwd', undefined, 404, 'not_found'],
    ['GET', '/constructor', undefined, 404, 'not_found'],
  ])('%s %s %j is %d %s', async (method, path, body, status, code) => {
    expect(await problem(method, path, body)).toMatchObject({ status, code });
  });
});

it('[S2] a failing store is 503 with Retry-After, and a look-up is neutral and says so', async () => {
  let down = false;
  const cut = await openApi({
    now: () => NOW,
    settings: settings => {
      const { handle } = settings.requestHandler as { handle(request: unknown): Promise<unknown> };
      const answer = (request: unknown) =>
        down ? Promise.reject(new Error('secret-host:8000')) : handle(request);
      return { ...settings, maxAttempts: 1, requestHandler: { handle: answer } as never };
    },
  });
  down = true;
  for (const [method, path, body] of [
    ['POST', '/v1/events', eventBody('e')],
    ['POST', '/v1/outcomes', { outcomes: [{ pattern_key: S1, episode_id: 'e', outcome: 'success' }] }],
    ['GET', '/v1/status', undefined],
    ['GET', `/v1/overrides?pattern_key=${S1}`, undefined],
    ['GET', `/v1/snapshots/${S1}`, undefined],
    ['GET', '/v1/cycles', undefined],
    ['PUT', `/v1/patterns/${S1}/mode`, { mode: 'off', reason: 'x' }],
  ] as const) {
    const response = await cut.send(method, path, body);
    expect([path, response.status, response.headers.get('retry-after')]).toEqual([path, 503, '1']);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ code: 'store_unavailable' });
    expect(text).not.toContain('secret');
  }
  const neutral = await cut.lookup({
    pattern_key: S1,
    scope: { chain: 'solana' },
    thresholds: { ts_min: 0.6 },
  });
  expect(neutral).toMatchObject({
    thresholds: { ts_min: 0.6 },
    overrides: [],
    degraded: { code: 'store_unavailable' },
  });
  expect((await cut.send('GET', '/healthz')).status).toBe(200);
  down = false;
  await cut.close();
});

it('times of an event five minutes to either side are taken', async () => {
  for (const ms of [NOW - 5 * 60_000, NOW + 5 * 60_000])
    expect((await api.send('POST', '/v1/events', eventBody(`at ${ms}`, { timestamp: iso(ms) }))).status).toBe(
      200,
    );
});
