import { afterAll, beforeAll, expect, it } from 'vitest';
import { leversOf } from '../../shared/lever/lever.ts';
import type { Override } from '../../shared/override/override.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { openApi } from '../support/api.ts';
import { NOW, S1, S2 } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';
import { putInForce } from '../support/put-in-force.ts';
import { Line, openTestEdge } from './open-test-edge.ts';

let api: Awaited<ReturnType<typeof openApi>>;
let line: Line;
/** The service keeps its list of snapshots for a second. */
let now = NOW;
beforeAll(async () => {
  api = await openApi({ now: () => now });
  line = new Line(api.service.app);
  await api.postEvents([eventOf(S1), eventOf(S2), eventOf(NONE)]);
  await putInForce(api.service.runtime, S1, overridesOf(S1));
  await putInForce(api.service.runtime, S2, overridesOf(S2));
});
afterAll(() => api.close());

const NONE = 'pm.uptrend.S3.retest' as PatternKey;
const DIMENSIONS = { chain: ['solana', 'base'], timeframe: ['1m', '15m'], venue: ['x'] };

const eventOf = (pattern: PatternKey): object => ({
  pattern_key: pattern,
  episode_id: 'seen',
  decision: 'skipped',
  scope: { chain: 'solana' },
  timestamp: '2025-01-10T00:00:00Z',
});

/** Returns every scope over the dimensions, with and without each. */
function scopes(): Record<string, string>[] {
  return Object.entries(DIMENSIONS).reduce<Record<string, string>[]>(
    (all, [name, values]) =>
      all.flatMap(scope => [scope, ...values.map(value => ({ ...scope, [name]: value }))]),
    [{}],
  );
}

function overridesOf(pattern: PatternKey): Override[] {
  return scopes().flatMap((scope, i) =>
    leversOf(pattern)
      .slice(0, 3)
      .map(({ category }, j) => override(category, scope, 0.7 + ((i * 7 + j * 3) % 11) / 20)),
  );
}

const withoutAge = async (response: Response): Promise<object> => {
  const { stale, age_seconds, ...rest } = (await response.json()) as Record<string, unknown>;
  expect(stale).toBe(false);
  expect(age_seconds).toBeGreaterThanOrEqual(0);
  return rest;
};

/** Returns an answer of the service without what a copy does not have. */
function inCopy(answer: unknown): object {
  const { unknown_values: _, explain, ...rest } = answer as Record<string, unknown>;
  return { ...rest, explain: rest.mode === 'shadow' ? [] : explain };
}

/** Lets an edge poll after the service has noticed what changed. */
async function poll(edge: ReturnType<typeof openTestEdge>): Promise<void> {
  now += 2000;
  await edge.core.refresh();
}

/** Compares the answers of the service and of an edge to the same look-ups. */
async function compare(edge: ReturnType<typeof openTestEdge>): Promise<void> {
  const thresholds = { ts_min: 0.6, halo_max: 1, dx_min: 0.4, slope_min: 0, tsmin: 1 };
  for (const pattern_key of [S1, S2])
    for (const scope of [...scopes(), { chain: 'solana', other: 7, yes: true }])
      for (const resolution of [undefined, 'blend', 'most-specific', 'product'] as const) {
        const body = { pattern_key, scope, thresholds, resolution, explain: true };
        const [expected, found] = await Promise.all([
          api.send('POST', '/v1/overrides/lookup', body),
          edge.send('POST', '/v1/overrides/lookup', body),
        ]);
        expect(await withoutAge(found)).toEqual(inCopy(await expected.json()));
      }
}

it.each(['live', 'frozen', 'shadow', 'off'])(
  '[K36] In mode %s an edge answers as the service does',
  async mode => {
    for (const pattern of [S1, S2])
      await api.send('PUT', `/v1/patterns/${pattern}/mode`, { mode, reason: 'a test' });
    const edge = openTestEdge(line);
    await poll(edge);
    await compare(edge);
  },
);

it('While the service is off an edge answers as it does', async () => {
  for (const pattern of [S1, S2])
    await api.send('PUT', `/v1/patterns/${pattern}/mode`, { mode: 'live', reason: 'a test' });
  const edge = openTestEdge(line);
  await poll(edge);
  const off = await api.send('PUT', '/v1/mode', { mode: 'off', reason: 'a test' });
  expect(off.status).toBe(200);
  await poll(edge);
  await compare(edge);
  await api.send('PUT', '/v1/mode', { mode: 'live', reason: 'a test' });
  await poll(edge);
  await compare(edge);
});

it('[K36] An edge behind an edge answers as the service does', async () => {
  const first = openTestEdge(line);
  await poll(first);
  const second = openTestEdge(new Line(first.app));
  await poll(second);
  await compare(second);
});

it('A look-up by query is answered as by the service, also when it is invalid', async () => {
  const edge = openTestEdge(line);
  await poll(edge);
  const query = `pattern_key=${S1}&scope.chain=solana&thresholds.ts_min=0.6`;
  const valid = `/v1/overrides/lookup?${query}`;
  const expected = await api.send('GET', valid);
  expect(await withoutAge(await edge.send('GET', valid))).toEqual(await expected.json());
  for (const path of [`${valid}&scop.x=1`, '/v1/overrides/lookup?pattern_key=x', '/v1/nothing']) {
    const [service, found] = [await api.send('GET', path), await edge.send('GET', path)];
    expect([found.status, await found.json()]).toEqual([service.status, await service.json()]);
  }
});

it('A pattern without a generation is neutral, as at the service', async () => {
  const edge = openTestEdge(line);
  await poll(edge);
  const body = { pattern_key: NONE, scope: {}, thresholds: { dx_min: 0.4 } };
  const answer = await withoutAge(await edge.send('POST', '/v1/overrides/lookup', body));
  const { thresholds, applied, overrides, mode, generation, entries } = await api.lookup(body);
  expect(answer).toMatchObject({ thresholds, applied, overrides, mode, generation, entries });
});

it('An edge hands snapshots on as the service answers them', async () => {
  const edge = openTestEdge(line);
  await poll(edge);
  for (const path of ['/v1/snapshots', `/v1/snapshots/${S1}`, `/v1/snapshots/${S2}?form=compact`]) {
    const [service, found] = [await api.send('GET', path), await edge.send('GET', path)];
    expect(await found.json()).toEqual(await service.json());
    const etag = service.headers.get('etag') ?? '';
    expect(found.headers.get('etag')).toBe(etag);
    expect((await edge.send('GET', path, undefined, { 'if-none-match': etag })).status).toBe(304);
    expect(found.headers.get('age')).toBe('0');
  }
});
