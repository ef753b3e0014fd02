import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { snapshotSchema, snapshotsPageSchema } from '../../shared/http/schemas/lookup-answer.ts';
import { leversOf } from '../../shared/lever/lever.ts';
import type { Override } from '../../shared/override/override.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { openApi } from '../support/api.ts';
import { NOW, S1, S2 } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';
import { override } from '../support/overrides.ts';
import { putInForce } from '../support/put-in-force.ts';

let now = NOW;
let api: Awaited<ReturnType<typeof openApi>>;
beforeAll(async () => {
  api = await openApi({ now: () => now });
});
afterAll(() => api.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  api.service.app.request(path, { headers });
const index = async (query = '') =>
  snapshotsPageSchema.parse(await (await get(`/v1/snapshots${query}`)).json());
const snapshot = async (pattern: PatternKey) =>
  snapshotSchema.parse(await (await get(`/v1/snapshots/${pattern}`)).json());
const publish = (pattern: PatternKey, overrides: readonly Override[]) =>
  putInForce(api.service.runtime, pattern, overrides);

/** The cap of a pattern by default. */
const CAP = 20_000;

describe('the list of snapshots', () => {
  it('Without a pattern the list is empty, and has a tag', async () => {
    expect(await index()).toEqual({
      schema: 1,
      etag: expect.stringMatching(/^"index-[0-9a-f]{16}"$/),
      poll_seconds: 15,
      mode: 'live',
      patterns: [],
    });
  });

  it('The list has the tag, generation and mode of each snapshot, page by page', async () => {
    await publish(S1, [override('tuning_ts_min', {}, 0.9)]);
    await publish(S2, [override('tuning_s2_ts_min', {}, 0.9)]);
    now += 1000;
    const { patterns, etag } = await index();
    for (const [i, pattern] of [S1, S2].entries()) {
      const { etag, generation, mode, published_at } = await snapshot(pattern);
      expect(patterns[i]).toEqual({ pattern_key: pattern, etag, generation, mode, published_at });
    }
    const first = await index('?limit=1');
    const second = await index(`?limit=1&next=${first.next}`);
    expect([...first.patterns, ...second.patterns]).toEqual(patterns);
    expect([first.etag, second.etag, second.next]).toEqual([etag, etag, undefined]);
    expect((await get('/v1/snapshots?next=pm.none.S1.entry')).status).toBe(400);
  });

  it('The list is 304 with its tag until a mode or a generation changes, and then within a second', async () => {
    let { etag } = await index();
    for (const change of [
      () => api.send('PUT', `/v1/patterns/${S1}/mode`, { mode: 'off', reason: 'a test' }),
      () => api.send('PUT', `/v1/patterns/${S1}/mode`, { mode: 'live', reason: 'a test' }),
      () => publish(S1, [override('tuning_ts_min', {}, 0.8)]),
    ]) {
      const repeat = await get('/v1/snapshots', { 'if-none-match': `W/${etag}` });
      expect([repeat.status, repeat.headers.get('cache-control'), await repeat.text()]).toEqual([
        304,
        'no-cache',
        '',
      ]);
      await change();
      now += 1000;
      expect((await get('/v1/snapshots', { 'if-none-match': etag })).status).toBe(200);
      etag = (await index()).etag;
    }
  });
});

describe('a snapshot', () => {
  it('A snapshot has the levers of its pattern, and the digest of its overrides', async () => {
    const overrides = [
      override('tuning_ts_min', {}, 0.9),
      override('tuning_ts_min', { chain: 'solana' }, 2 / 3),
      override('tuning_slope_min', { chain: 'solana' }, -1e-7),
    ];
    await publish(S1, overrides);
    const { levers, sha256, schema } = await snapshot(S1);
    expect(schema).toBe(1);
    expect(levers).toEqual(
      leversOf(S1).map(({ category, thresholds, effect }) => ({
        action_category: category,
        thresholds,
        effect,
      })),
    );
    const lines = overrides.map(o => `${o.scope_hash} ${o.action_category} ${o.multiplier ?? o.delta}\n`);
    expect(lines.some(line => line.endsWith(' -1e-7\n'))).toBe(true);
    expect(sha256).toBe(createHash('sha256').update(lines.toSorted().join('')).digest('hex'));
  });

  it('The snapshot of an unknown pattern is neutral', async () => {
    const pattern = 'pm.unknown.S3.entry' as PatternKey;
    expect(await snapshot(pattern)).toMatchObject({
      generation: 0,
      mode: 'live',
      as_of: null,
      published_at: null,
      overrides: [],
      sha256: createHash('sha256').digest('hex'),
    });
  });

  it('[B3] A set at its cap is served in the compact form, gzipped and plain, within the limit', async () => {
    const overrides = Array.from({ length: CAP }, (_, i) =>
      override(
        'tuning_ts_min',
        { chain: `chain${i % 9}`, bucket: `b${i % 31}`, book: `k${i}` },
        0.9 + i / 1e6,
        {
          reason: `${i % 211} misses exceed ${i % 17} false positives among ${i % 1009} events`,
          n: 33 + (i % 1009),
          pressure: i % 211,
        },
      ),
    );
    await publish(S2, overrides);
    const gzipped = await get(`/v1/snapshots/${S2}?form=compact`, { 'accept-encoding': 'gzip' });
    expect([gzipped.status, gzipped.headers.get('content-encoding')]).toEqual([200, 'gzip']);
    const plain = await get(`/v1/snapshots/${S2}?form=compact`);
    expect(plain.status).toBe(200);
    const text = await plain.text();
    const sizes = [text.length, gzipSync(text).length];
    for (const size of sizes) expect(size).toBeLessThan(5_500_000);
    measurement(
      'snapshot',
      `a snapshot of ${CAP} overrides in columns: ${sizes.map(n => (n / 1e6).toFixed(2)).join(' MB, gzipped ')} MB`,
    );
  });
});
