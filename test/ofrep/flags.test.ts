import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { callersOf } from '../../local/token-auth.ts';
import { flagErrorSchema, flagSchema, flagsSchema } from '../../shared/http/schemas/ofrep.ts';
import { leversOf } from '../../shared/lever/lever.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { Line, openTestEdge } from '../edge/open-test-edge.ts';
import { openApi } from '../support/api.ts';
import { DynamoDbProxy, errorAnswer } from '../support/dynamodb-proxy.ts';
import { NOW, S1, S2 } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';
import { putInForce } from '../support/put-in-force.ts';

/* These tests check the routes of the OpenFeature Remote Evaluation Protocol against the look-ups of the service. */

const S3 = 'pm.uptrend.S3.retest' as PatternKey;
const PATTERNS = [S1, S2, S3] as const;
const PATH = '/ofrep/v1/evaluate/flags';
const MATCHED = { chain: 'solana' };
const NEUTRAL = { chain: 'base' };

/** Every lever of every state, with the first name of its threshold. */
const LEVERS = PATTERNS.flatMap(pattern =>
  leversOf(pattern).map(({ category, thresholds: [threshold = ''], effect }) => ({
    pattern,
    category,
    threshold,
    effect,
  })),
);

const proxy = new DynamoDbProxy();
let api: Awaited<ReturnType<typeof openApi>>;
/** The service keeps its list of snapshots for half a second. */
let now = NOW;
beforeAll(async () => {
  api = await openApi({ now: () => now, changeClientSettings: proxy.settings });
  for (const pattern of PATTERNS) await publish(pattern, 0.9);
});
afterEach(() => {
  proxy.around = (_, forward) => forward();
});
afterAll(() => api.close());

function publish(pattern: PatternKey, multiplier: number): Promise<void> {
  const rows = leversOf(pattern).map(({ category, effect }, i) =>
    effect === 'delta'
      ? { ...override(category, MATCHED, 1), multiplier: undefined, delta: 0.0001 * (i + 1) }
      : override(category, MATCHED, multiplier + i / 100),
  );
  return putInForce(api.service.runtime, pattern, rows as never, 'product');
}

type Send = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Response | Promise<Response>;
const direct: Send = (method, path, body, headers = {}) =>
  api.service.app.request(`http://localhost${path}`, {
    method,
    headers,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });

async function flag(key: string, context: object, send = direct) {
  const response = await send('POST', `${PATH}/${encodeURIComponent(key)}`, { context });
  const text = await response.text();
  expect([key, response.status, response.headers.get('content-type')]).toEqual([
    key,
    200,
    'application/json',
  ]);
  return { ...flagSchema.strict().parse(JSON.parse(text)), text };
}

/** Sets what serves nothing, and gives back what undoes it. */
const SITUATIONS: Readonly<Record<string, readonly [reason: string, set: () => unknown]>> = {
  live: ['TARGETING_MATCH', async () => undefined],
  frozen: ['TARGETING_MATCH', () => modeOfAll('frozen')],
  shadow: ['DISABLED', () => modeOfAll('shadow')],
  off: ['DISABLED', () => modeOfAll('off')],
  retired: ['DISABLED', () => modeOfAll('retired')],
  'service off': ['DISABLED', () => api.send('PUT', '/v1/mode', { mode: 'off', reason: 'a test' })],
  degraded: [
    'UNKNOWN',
    async () => {
      proxy.around = async () => errorAnswer('ServiceUnavailable');
    },
  ],
};

async function modeOfAll(mode: string): Promise<void> {
  for (const pattern of PATTERNS)
    expect((await api.send('PUT', `/v1/patterns/${pattern}/mode`, { mode, reason: 'a test' })).status).toBe(
      200,
    );
}

describe('flags', () => {
  it.each(Object.entries(SITUATIONS))(
    '[V14] In the situation "%s" every lever has the value of the look-up, as a float',
    async (situation, [matchedReason, set]) => {
      await set();
      for (const { pattern, category, threshold, effect } of LEVERS)
        for (const scope of [MATCHED, NEUTRAL]) {
          const answer = await api.lookup({ pattern_key: pattern, scope });
          const found = answer.overrides.find(o => o.action_category === category);
          const isMatched = scope === MATCHED && matchedReason === 'TARGETING_MATCH';
          expect([threshold, found !== undefined]).toEqual([threshold, isMatched]);
          for (const kind of ['multiplier', 'delta'] as const) {
            const key = `${pattern}.${threshold}${kind === 'delta' ? '.delta' : ''}`;
            const { value, reason, variant, metadata, text } = await flag(key, scope);
            const moves = isMatched && effect === kind;
            const expected = found?.[kind] ?? (kind === 'delta' ? 0 : 1);
            expect(Math.abs((value as number) - expected)).toBeLessThanOrEqual(1e-12);
            expect(text).toMatch(/"value":-?\d+(\.\d+(e-?\d+)?|e-?\d+),/);
            const still = matchedReason === 'TARGETING_MATCH' ? 'STATIC' : matchedReason;
            expect([key, reason, variant]).toEqual([
              key,
              moves ? 'TARGETING_MATCH' : still,
              moves ? `g${answer.generation}` : 'neutral',
            ]);
            expect(metadata).toMatchObject({
              generation: answer.generation,
              mode: answer.mode,
              matched: moves ? 1 : 0,
              scope_hash: answer.scope_hash,
              entries: 'open',
              stale: false,
              degraded: situation === 'degraded',
            });
          }
        }
      for (const pattern of PATTERNS) {
        const { applied } = await api.lookup({ pattern_key: pattern, scope: MATCHED });
        const { value } = await flag(pattern, MATCHED);
        const { multipliers = {}, deltas = {} } = applied as Record<string, object>;
        expect(value).toEqual({ multipliers, deltas, entries: 'open' });
      }
      proxy.around = (_, forward) => forward();
      await api.send('PUT', '/v1/mode', { mode: 'live', reason: 'a test' });
      await modeOfAll('live');
    },
  );

  it('[V14] A pattern that no event named, a state without levers and other forms of a key are answered', async () => {
    expect(await flag('pm.never.S1.seen.ts_min', {})).toMatchObject({ value: 1, reason: 'STATIC' });
    expect(await flag('pm.never.S9.seen', {})).toMatchObject({
      value: { multipliers: {}, deltas: {}, entries: 'open' },
      variant: 'neutral',
    });
    for (const key of ['pm.s1_entry.halo_mult', 'module=pm|pattern_key=uptrend.s1.entry.halo_max'])
      expect(await flag(key, MATCHED)).toMatchObject({ key, reason: 'TARGETING_MATCH' });
  });

  it('[V14] An edge answers flags as the service does', async () => {
    const edge = openTestEdge(new Line(api.service.app));
    const early = await flag(`${S1}.ts_min`, MATCHED, edge.send);
    expect(early).toMatchObject({ value: 1, reason: 'UNKNOWN', metadata: { degraded: true } });
    expect((await edge.send('POST', PATH)).status).toBe(503);
    now += 2000;
    await edge.core.refresh();
    for (const { pattern, threshold } of LEVERS)
      for (const key of [`${pattern}.${threshold}`, `${pattern}.${threshold}.delta`, pattern]) {
        const { text: _, ...there } = await flag(key, MATCHED, edge.send);
        const { text: __, ...here } = await flag(key, MATCHED);
        const { age_seconds } = there.metadata;
        expect(there).toEqual({ ...here, metadata: { ...here.metadata, age_seconds } });
      }
    const [here, there] = await Promise.all([direct('POST', PATH, {}), edge.send('POST', PATH, {})]);
    const keys = async (response: Response) =>
      flagsSchema.parse(await response.json()).flags.map(({ key }) => key);
    expect(await keys(there)).toEqual(await keys(here));
  });
});

describe('all flags', () => {
  const ask = (context: object, tag?: string, send = direct) =>
    send('POST', PATH, { context }, tag === undefined ? {} : { 'if-none-match': tag });

  it('[V14] The flag of each pattern with a generation is listed, and the tag stands for context and heads', async () => {
    await api.service.runtime.heads.register(['pm.without.S1.generation' as PatternKey]);
    const first = await ask(MATCHED);
    const { flags } = flagsSchema.strict().parse(await first.json());
    expect(flags.map(({ key }) => key)).toEqual([...PATTERNS].sort());
    for (const { key, value, metadata } of flags) {
      const single = await flag(key, MATCHED);
      expect([value, metadata]).toEqual([single.value, single.metadata]);
    }
    let tag = first.headers.get('etag') ?? '';
    expect((await ask(MATCHED, tag)).status).toBe(304);
    expect((await ask({ ...MATCHED }, `W/${tag}`)).status).toBe(304);
    expect((await ask(NEUTRAL, tag)).status).toBe(200);
    expect((await ask({ ...MATCHED, targetingKey: 'e-1' }, tag)).status).toBe(200);
    const changes: readonly (readonly [string, () => unknown])[] = [
      ['mode', () => api.send('PUT', `/v1/patterns/${S2}/mode`, { mode: 'off', reason: 'a test' })],
      ['mode back', () => api.send('PUT', `/v1/patterns/${S2}/mode`, { mode: 'live', reason: 'a test' })],
      [
        'publish',
        async () => {
          const { heads } = api.service.runtime;
          const current = (await heads.head(S1))?.current;
          if (current) await heads.archive(S1, current);
          await publish(S1, 0.8);
        },
      ],
      [
        'rollback',
        () => api.send('POST', `/v1/patterns/${S1}/rollback`, { generation: 1, reason: 'a test' }),
      ],
      ['service off', () => api.send('PUT', '/v1/mode', { mode: 'off', reason: 'a test' })],
      ['service live', () => api.send('PUT', '/v1/mode', { mode: 'live', reason: 'a test' })],
    ];
    for (const [what, change] of changes) {
      await change();
      const next = await ask(MATCHED, tag);
      expect([what, next.status]).toEqual([what, 200]);
      expect(next.headers.get('etag')).not.toBe(tag);
      tag = next.headers.get('etag') ?? '';
      expect([what, (await ask(MATCHED, tag)).status]).toEqual([what, 304]);
    }
  });

  it('While the store fails the list is 503, so that a provider keeps what it has', async () => {
    proxy.around = async () => errorAnswer('ServiceUnavailable');
    const response = await ask({});
    proxy.around = (_, forward) => forward();
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(flagErrorSchema.strict().parse(await response.json())).toMatchObject({ errorCode: 'GENERAL' });
  });
});

describe('hostile requests', () => {
  const odd = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`odd-${i}`, i]));

  it.each([
    ['no body', undefined, ''],
    ['an empty object', {}, ''],
    ['no context', { context: null }, ''],
    ['an empty targeting key', { context: { targetingKey: '' } }, ''],
    ['64 odd attributes', { context: { ...odd, chain: 'solana' } }, Object.keys(odd).join(', ')],
    ['nested objects and lists', { context: { chain: 'solana', a: { b: 1 }, c: [1], d: null } }, 'a, c'],
    [
      'names of prototypes',
      '{"context":{"__proto__":{"x":1},"constructor":"x","chain":"solana"}}',
      '__proto__',
    ],
    ['values that no dimension may have', { context: { a: 'x'.repeat(129), b: 2 ** 60, c: 'y' } }, 'a, b'],
    [
      'more dimensions than a scope may have',
      { context: Object.fromEntries(Array.from({ length: 66 }, (_, i) => [`d${i}`, i])) },
      'd64, d65',
    ],
  ])('[V14] A request with %s is answered, and what is no dimension is named', async (_, body, ignored) => {
    const response = await direct('POST', `${PATH}/${S1}.ts_min`, body);
    const { metadata } = flagSchema.strict().parse(await response.json());
    expect([response.status, metadata.ignored ?? '']).toEqual([200, ignored]);
  });

  it.each([
    ['no JSON', '{', 'PARSE_ERROR'],
    ['a list', [], 'PARSE_ERROR'],
    ['null', 'null', 'PARSE_ERROR'],
    ['a context that is a list', { context: [] }, 'INVALID_CONTEXT'],
    ['a context that is text', { context: 'x' }, 'INVALID_CONTEXT'],
    ['a targeting key that is a number', { context: { targetingKey: 7 } }, 'INVALID_CONTEXT'],
  ])('[V14] A body that is %s is 400 with a code, and without a value', async (_, body, errorCode) => {
    for (const [path, key] of [
      [`${PATH}/${S1}.ts_min`, `${S1}.ts_min`],
      [PATH, undefined],
    ] as const) {
      const response = await direct('POST', path, body);
      const error = flagErrorSchema.strict().parse(await response.json());
      expect([response.status, error.key, error.errorCode]).toEqual([400, key, errorCode]);
      expect(error.errorDetails).not.toBe('');
    }
  });

  it.each([
    'nothing',
    'pm.uptrend.S1',
    'pm.uptrend.S1.entry.ts_mn',
    'pm.uptrend.S1.entry.dx_min',
    'pm.uptrend.S1.entry.ts_min.deltas',
    'pm.uptrend.S1.entry.constructor',
    'pm.uptrend.S1.entry.__proto__',
    'pm/uptrend',
    '../../v1/status',
    'x'.repeat(10_000),
    'ключ',
  ])('[V14] The key %.40s is 404 FLAG_NOT_FOUND', async key => {
    for (const send of [direct, openTestEdge(new Line(api.service.app)).send]) {
      const response = await send('POST', `${PATH}/${encodeURIComponent(key)}`, {});
      const error = flagErrorSchema.strict().parse(await response.json());
      expect([response.status, error.errorCode, error.key]).toEqual([
        404,
        'FLAG_NOT_FOUND',
        key.slice(0, 512),
      ]);
    }
  });

  it.each([
    ['..', 404],
    ['a/b', 404],
    ['%ff', 400],
    ['%2e%2e', 404],
    ['', 404],
  ])('[V14] The raw path /%s is %i in the form of the protocol', async (rest, status) => {
    const response = await direct('POST', `${PATH}/${rest}`, {});
    expect(flagErrorSchema.strict().safeParse(await response.json()).success).toBe(true);
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/json']);
  });

  it('[V14] An unknown threshold is named with the nearest one', async () => {
    const response = await direct('POST', `${PATH}/${S1}.ts_mn`, {});
    const { errorDetails } = flagErrorSchema.parse(await response.json());
    expect(errorDetails).toBe('ts_mn is no threshold of pm.uptrend.S1.entry: did you mean ts_min?');
  });

  it('[V14] A page of another origin is 403, and other methods are 405, in the form of the protocol', async () => {
    const page = await direct('POST', PATH, {}, { origin: 'https://other.example' });
    expect([page.status, flagErrorSchema.parse(await page.json()).errorCode]).toEqual([403, 'GENERAL']);
    const get = await direct('GET', `${PATH}/${S1}`);
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    expect(flagErrorSchema.parse(await get.json()).errorCode).toBe('GENERAL');
  });
});

describe('access', () => {
  it('[V14] A token is read from X-API-Key on these routes only, and from Authorization', async () => {
    const token = 'token-of-the-bot-1';
    const guarded = await openApi({ callers: callersOf({ [token]: { role: 'pm', name: 'bot 1' } }, 'test') });
    const edge = openTestEdge(new Line(api.service.app), { token });
    const service: Send = (method, path, body, headers = {}) =>
      guarded.service.app.request(`http://localhost${path}`, { method, headers, body: JSON.stringify(body) });
    for (const send of [service, edge.send]) {
      const statusOf = async (path: string, headers: Record<string, string>) =>
        (await send('POST', path, { pattern_key: S1, scope: {} }, headers)).status;
      for (const headers of [{ 'x-api-key': token }, { authorization: `Bearer ${token}` }])
        expect(await statusOf(`${PATH}/${S1}`, headers)).toBe(200);
      for (const headers of [{}, { 'x-api-key': 'wrong-token-of-nobody' }, { 'x-api-key': '' }])
        expect(await statusOf(`${PATH}/${S1}`, headers)).toBe(401);
      expect(await statusOf('/v1/overrides/lookup', { 'x-api-key': token })).toBe(401);
    }
    const refused = await service('POST', PATH, {});
    expect(flagErrorSchema.strict().parse(await refused.json()).errorCode).toBe('GENERAL');
    await guarded.close();
  });
});
