import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHandler as lookupHandler } from '../../functions/lookup.ts';
import type { CycleSummary, PatternRun } from '../../shared/cycle/cycle.ts';
import { MAX_ANSWER_BYTES } from '../../shared/http/answer-size.ts';
import type { Override } from '../../shared/override/override.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { DAY, iso, NOW, S1 } from '../support/episodes.ts';
import { measurement, whole } from '../support/measurements.ts';
import { override } from '../support/overrides.ts';
import { handedOnBytesOf } from '../support/sizes.ts';

/* Answers stay within the size that Lambda hands on, and lists reach their end page by page. */

let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => NOW });
});
afterAll(() => api.close());

const HUGE = parsePatternKey('pm.huge.S1.entry');
const LARGE = parsePatternKey('pm.large.S1.entry');
/** A value of 128 characters, of which each takes 7 bytes as Lambda hands it on. */
const wideValue = (n: number): string => `${n}`.padEnd(128, '\u0001');

/** Puts overrides in force, as many as given, each over dimensions with wide values. */
async function publish(pattern: typeof S1, rows: readonly Override[], number = 1): Promise<void> {
  const { heads, overrides, lessons } = api.service.runtime;
  const sorted = rows.toSorted((a, b) => (a.scope_hash < b.scope_hash ? -1 : 1));
  const kept_until = iso(NOW + 60 * DAY);
  const expires = (NOW + 60 * DAY) / 1000;
  const current = {
    generation: number,
    hash: `${number}`.repeat(32),
    cycle_id: `c${number}`,
    as_of: iso(NOW),
    lookback_days: 90,
    n_min: 33,
    policy: 'drift',
    resolution: 'blend',
    events_read: 1,
    lessons: { ...(await lessons.write(pattern, [], expires)), kept_until },
    overrides: { ...(await overrides.write(pattern, sorted, expires)), kept_until },
    published_at: iso(NOW),
    note: 'n'.repeat(20_000),
  } as const;
  await heads.register([pattern]);
  const before = await heads.head(pattern);
  if (before?.current) await heads.archive(pattern, before.current);
  await heads.replaceHead(pattern, {
    version: (before?.version ?? 0) + 1,
    mode: 'live',
    settings: {},
    latest: number,
    current,
    last_change: { who: 'cycle', at: iso(NOW), what: 'publish', why: 'a test' },
  });
}

/** Returns overrides over eight dimensions; those over equal values repeat 20 of them. */
const wideOverrides = (count: number, effect: number, distinct = count): Override[] =>
  Array.from({ length: count }, (_, i) => {
    const wide = Array.from({ length: 8 }, (_, d) => [`d${d}`, wideValue(i % distinct)]);
    return override('tuning_halo', Object.fromEntries([...wide, ['i', i]]), effect);
  });

const get = (path: string, headers: Record<string, string> = {}) =>
  api.service.app.request(`http://localhost${path}`, { headers });

/** Reads every page of a list, and checks the size of each. */
async function walk<T>(path: string, rowsOf: (page: Record<string, unknown>) => readonly T[]) {
  const pages: (readonly T[])[] = [];
  let largest = 0;
  for (let next = ''; ; ) {
    const response = await get(`${path}${next}`);
    expect([path, response.status]).toEqual([path, 200]);
    largest = Math.max(largest, await handedOnBytesOf(response));
    const page = (await response.json()) as Record<string, unknown>;
    pages.push(rowsOf(page));
    if (typeof page.next !== 'string') break;
    next = `${path.includes('?') ? '&' : '?'}next=${encodeURIComponent(page.next)}`;
  }
  expect(largest).toBeLessThanOrEqual(MAX_ANSWER_BYTES);
  expect(pages.every(page => page.length > 0)).toBe(true);
  return { pages, rows: pages.flat(), largest };
}

describe('a list whose rows are large', () => {
  const longPattern = (i: number): string => `pm.${`p${i}`.padEnd(64, 'x')}.S1.${'m'.repeat(64)}`;
  const cycleId = (i: number): string => `20250120T${String(i).padStart(9, '0')}Z-0`;
  const summary = (i: number): CycleSummary => ({
    cycle_id: cycleId(i),
    status: 'succeeded',
    as_of: iso(NOW),
    started_at: iso(NOW),
    finished_at: iso(NOW),
    patterns_total: 13,
    patterns_failed: 0,
    trial: false,
    who: 'system:cycle',
    settings: {},
    warnings: [],
  });
  const run = (i: number): PatternRun => ({
    pattern_key: longPattern(i),
    status: 'too_few_events',
    events_read: 1,
    lessons: 0,
    overrides: 0,
    generation: 0,
    published: false,
    would_publish: false,
    warnings: [],
    reason: `32 of 33 in ${'"'.repeat(30_000)}`,
  });

  beforeAll(async () => {
    const { cycles } = api.service.runtime;
    for (let i = 0; i < 1100; i++) await cycles.put(summary(i));
    for (let i = 0; i < 124; i++) await cycles.putRun(cycleId(0), run(i));
    await publish(HUGE, wideOverrides(800, 0.9), 1);
    await publish(HUGE, wideOverrides(800, 0.8), 2);
  });

  it('[B3] GET /v1/cycles leaves the patterns out, and 1,000 runs fit on a page', async () => {
    const { pages, rows } = await walk('/v1/cycles?limit=1000', page => page.cycles as CycleSummary[]);
    expect(pages.map(page => page.length)).toEqual([1000, 100]);
    expect(rows[0]).toEqual(summary(1099));
    expect(new Set(rows.map(row => row.cycle_id)).size).toBe(1100);
  });

  it('[B3] GET /v1/cycles/{id} ends a page of its 124 patterns by bytes, and the pages hold each pattern once', async () => {
    const path = `/v1/cycles/${cycleId(0)}`;
    const { pages, rows } = await walk(path, page => page.patterns as PatternRun[]);
    expect(pages.length).toBeGreaterThan(1);
    expect(pages[0]?.length).toBeLessThan(100);
    expect(rows).toEqual(
      Array.from({ length: 124 }, (_, i) => run(i)).toSorted((a, b) =>
        a.pattern_key < b.pattern_key ? -1 : 1,
      ),
    );
    expect((await get(`${path}?next=pm.none.S1.entry`)).status).toBe(400);
  });

  it('[B3] GET /v1/overrides ends a page by bytes, and the pages hold each override once', async () => {
    const path = `/v1/overrides?pattern_key=${HUGE}&limit=1000`;
    const { pages, rows, largest } = await walk(path, page => page.overrides as Override[]);
    expect(pages.length).toBeGreaterThan(1);
    expect(new Set(rows.map(row => row.scope_hash)).size).toBe(800);
    measurement(
      'answers',
      `largest page: ${whole(largest)} of ${whole(MAX_ANSWER_BYTES)} bytes as Lambda hands it on`,
    );
  });

  it('[B3] GET …/generations with diff pages the overrides that differ, by bytes', async () => {
    const path = `/v1/patterns/${HUGE}/generations?diff=1,2&limit=1000`;
    const { pages, rows } = await walk(path, page => Object(page.diff).overrides as { before: number }[]);
    expect(pages.length).toBeGreaterThan(1);
    expect(rows).toHaveLength(800);
    expect(rows.every(row => row.before === 0.9)).toBe(true);
    expect((await get(`/v1/patterns/${HUGE}/generations?diff=2,1&next=1-2.5`)).status).toBe(400);
  });

  it('[B3] GET …/generations ends a page by rows or bytes, and the pages hold each generation once', async () => {
    const pattern = parsePatternKey('pm.history.S1.entry');
    for (let number = 1; number <= 300; number++) await publish(pattern, [], number);
    const path = `/v1/patterns/${pattern}/generations?limit=1000`;
    const { pages, rows } = await walk(path, page => page.generations as { generation: number }[]);
    expect(pages.length).toBeGreaterThan(1);
    expect(rows.map(row => row.generation)).toEqual(Array.from({ length: 300 }, (_, i) => 300 - i));
  });

  it('[B3] GET /v1/lessons?near=true ends a page by bytes, and refuses a token of an older list', async () => {
    const { heads } = api.service.runtime;
    const dimensions = Array.from({ length: 63 }, (_, d) => [`d${d}`, wideValue(d)] as const);
    const near = Array.from({ length: 100 }, (_, i) => {
      const { scope_hash, scope_subset } = override(
        'tuning_halo',
        Object.fromEntries([...dimensions, ['i', i]]),
        1,
      );
      const stats = { n_acted: 0, n_skipped: 3, n_wins: 0, n_fps: 0, n_misses: 3, n_dodges: 0, n_total: 3 };
      const rates = { wr: 0, fpr: 0, mr: 1, dr: 0 };
      return {
        action_category: 'tuning' as const,
        scope_hash,
        scope_subset,
        n: 3,
        lacks: 1,
        stats: { ...stats, ...rates },
      };
    });
    await heads.putNear(HUGE, near);
    const path = `/v1/lessons?pattern_key=${HUGE}&near=true&limit=1000`;
    const { pages, rows } = await walk(path, page => page.lessons as { scope_hash: string }[]);
    expect(pages.length).toBeGreaterThan(1);
    expect(new Set(rows.map(row => row.scope_hash)).size).toBe(100);
    const { next } = (await (await get(path)).json()) as { next: string };
    await heads.putNear(HUGE, near.slice(1));
    const answer = await get(`${path}&next=${next}`);
    expect(await answer.json()).toMatchObject({
      code: 'invalid_page_token',
      detail: 'the list of this page token has changed: start from the first page',
    });
  });

  it('[B3] GET /v1/status pages the patterns, and its totals stay whole on every page', async () => {
    const registered = Array.from({ length: 250 }, (_, i) => parsePatternKey(longPattern(i)));
    await api.service.runtime.heads.register(registered);
    const totals: unknown[] = [];
    const { pages, rows } = await walk('/v1/status', page => {
      const { patterns, warnings, next, ...rest } = page;
      totals.push(rest);
      return patterns as { pattern_key: string }[];
    });
    expect(pages[0]).toHaveLength(100);
    expect(new Set(rows.map(row => row.pattern_key)).size).toBe(rows.length);
    expect(rows.length).toBeGreaterThanOrEqual(250);
    expect(totals).toEqual(totals.map(() => totals[0]));
    expect((await get('/v1/status?next=pm.none.S1.entry')).status).toBe(400);
    expect((await get('/v1/status?limit=0')).status).toBe(400);
  });
});

describe('a snapshot', () => {
  beforeAll(() => publish(LARGE, wideOverrides(400, 0.9, 20)));

  const snapshot = (query: string, headers: Record<string, string> = {}) =>
    get(`/v1/snapshots/${LARGE}${query}`, headers);

  it('[B3] A snapshot that is too large is 413, and its detail says what to ask for instead', async () => {
    await publish(HUGE, wideOverrides(800, 0.9), 3);
    const answer = await get(`/v1/snapshots/${HUGE}`);
    expect(answer.status).toBe(413);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const problem = (await answer.json()) as { detail: string };
    expect(problem).toMatchObject({ code: 'answer_too_large', title: 'Answer too large' });
    expect(problem.detail).toMatch(
      /^the answer has \d+\.\d MB, and the limit is 5\.5 MB: ask for form=compact and accept gzip, or read GET \/v1\/overrides page by page$/,
    );
    expect((await get(`/v1/snapshots/${HUGE}`, { 'accept-encoding': 'gzip' })).status).toBe(200);
  });

  it('[B4] The compact form decodes to the overrides of the full form, in one pass', async () => {
    await publish(S1, [
      override('tuning_halo', { chain: 'solana', b: 2 }, 1.1, { pressure: 3 }),
      override('tuning_slope_min', { chain: 'solana' }, -0.1, { reason: 'null' }),
      override('tuning_ts_min', {}, 0.9, { evidence: EVIDENCE, confidence: 0.5 }),
    ]);
    for (const pattern of [S1, LARGE, parsePatternKey('pm.none.S1.entry')]) {
      const full = Object(await jsonOf(await get(`/v1/snapshots/${pattern}`, GZIP)));
      const compact = Object(await jsonOf(await get(`/v1/snapshots/${pattern}?form=compact`)));
      expect(decode(compact)).toEqual(full.overrides);
      expect({ ...compact, overrides: 0, etag: 0 }).toEqual({ ...full, overrides: 0, etag: 0 });
    }
    const sizes = await Promise.all([snapshot('?form=compact'), snapshot('', GZIP)]);
    const [compactBytes = 0] = await Promise.all(sizes.map(handedOnBytesOf));
    expect(compactBytes).toBeLessThan(400_000);
  });

  it('Each form has its own tag, a repeat with it is 304, and one with the tag of the other form is not', async () => {
    const tagOf = async (query: string) => String(Object(await jsonOf(await snapshot(query, GZIP))).etag);
    const tags = { '': await tagOf(''), '?form=compact': await tagOf('?form=compact') };
    expect(tags['']).toMatch(/^"1-[0-9a-f]{16}"$/);
    expect(tags['?form=compact']).toMatch(/^"1-[0-9a-f]{16}-compact"$/);
    for (const [query, etag] of Object.entries(tags)) {
      const plain = await snapshot(query);
      const gzipped = await snapshot(query, GZIP);
      expect(plain.status === 200 ? plain.headers.get('etag') : etag).toBe(etag);
      expect(gzipped.headers.get('etag')).toBe(`W/${etag}`);
      expect(Object(await jsonOf(gzipped)).etag).toBe(etag);
      for (const tag of [etag, `W/${etag}`, `"x", ${etag}`]) {
        const repeat = await snapshot(query, { ...GZIP, 'if-none-match': tag });
        expect([repeat.status, repeat.headers.get('cache-control')]).toEqual([304, 'no-cache']);
        expect(await repeat.text()).toBe('');
      }
      for (const other of Object.values(tags).filter(tag => tag !== etag))
        expect((await snapshot(query, { ...GZIP, 'if-none-match': other })).status).toBe(200);
    }
    expect((await snapshot('?form=short')).status).toBe(400);
  });

  it('[B3] Lambda hands a gzipped snapshot on in base64, within the limit', async () => {
    const handler = lookupHandler(api.service.runtime);
    const path = `/v1/snapshots/${LARGE}`;
    const answer = Object(
      await handler({
        version: '2.0',
        routeKey: 'GET /v1/snapshots/{pattern_key}',
        rawPath: path,
        rawQueryString: '',
        headers: { host: 'x.example', 'accept-encoding': 'br, gzip' },
        requestContext: { http: { method: 'GET', path }, domainName: 'x.example' },
        isBase64Encoded: false,
      } as never),
    );
    expect(answer).toMatchObject({
      statusCode: 200,
      isBase64Encoded: true,
      headers: { 'content-encoding': 'gzip', vary: 'Accept-Encoding', 'cache-control': 'no-cache' },
    });
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(MAX_ANSWER_BYTES);
    const body = JSON.parse(gunzipSync(Buffer.from(answer.body, 'base64')).toString('utf8'));
    expect(body.overrides).toHaveLength(400);
  });
});

describe('gzip', () => {
  const list = `/v1/overrides?pattern_key=${LARGE}&limit=20`;
  it.each<[string | undefined, boolean]>([
    ['gzip', true],
    ['br;q=1.0, GZIP;q=0.5', true],
    ['*', true],
    ['deflate, *;q=0.1', true],
    ['gzip;q=0', false],
    ['*, gzip;q=0', false],
    ['*;q=0', false],
    ['br', false],
    ['', false],
    [undefined, false],
  ])('An answer of over 10 kB to Accept-Encoding %s is gzipped: %s', async (accepted, gzipped) => {
    const response = await get(list, accepted === undefined ? {} : { 'accept-encoding': accepted });
    expect(response.headers.get('content-encoding')).toBe(gzipped ? 'gzip' : null);
    expect(response.headers.get('vary')).toBe('Accept-Encoding');
    const bytes = Buffer.from(await response.arrayBuffer());
    const text = (gzipped ? gunzipSync(bytes) : bytes).toString('utf8');
    expect(text).toBe(await (await get(list)).text());
    expect(text.length).toBeGreaterThan(10_000);
  });

  it('An answer of at most 10 kB is not gzipped', async () => {
    const response = await get('/healthz', GZIP);
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(await response.json()).toEqual({ ok: true });
  });
});

describe('caching', () => {
  it.each([
    ['/v1/status', 200, 'no-store'],
    ['/healthz', 200, 'no-store'],
    ['/v1/cycles/none', 404, 'no-store'],
    ['/v1/nothing', 404, 'no-store'],
    [`/v1/overrides/lookup?pattern_key=${S1}`, 200, 'no-store'],
    [`/v1/snapshots/${S1}`, 200, 'no-cache'],
    ['/openapi.json', 200, 'no-cache'],
  ])('The answer to %s has status %i and Cache-Control %s', async (path, status, cacheControl) => {
    const response = await get(path);
    expect([response.status, response.headers.get('cache-control')]).toEqual([status, cacheControl]);
  });
});

const GZIP = { 'accept-encoding': 'gzip' };
async function jsonOf(response: Response): Promise<unknown> {
  const bytes = Buffer.from(await response.arrayBuffer());
  const isGzipped = response.headers.get('content-encoding') === 'gzip';
  return JSON.parse((isGzipped ? gunzipSync(bytes) : bytes).toString('utf8'));
}

const EVIDENCE = { winners: 1, losers: 0, gain: 1, error: 0.5, lower_bound: 0.2, window_days: 90 };

/** Decodes the overrides of a compact snapshot, as the API page describes. */
function decode(snapshot: Record<string, never>): unknown[] {
  const { count, pairs, columns } = Object(snapshot.overrides);
  return Array.from({ length: count }, (_, i) => {
    const row: Record<string, unknown> = { pattern_key: snapshot.pattern_key };
    for (const [name, column] of Object.entries<never>(columns)) {
      const { values, codes } = Object(column);
      const value = Array.isArray(column) ? column[i] : values[codes[i]];
      if (value !== null) row[name] = value;
    }
    row.scope_subset = Object.fromEntries(Object(row.scope_subset).map((code: number) => pairs[code]));
    return row;
  });
}
