import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scopeHash } from '../shared/pattern/scope-hash.ts';
import type { Api } from './support/api.ts';
import { events, importAll, openApi, readLines } from './support/api.ts';
import { failing } from './support/faults.ts';

const S1 = 'pm.uptrend.S1.entry';
const AS_OF = '2025-01-20T00:00:00Z';

interface Golden {
  readonly lessons: readonly {
    pattern_key: string;
    action_category: string;
    scope_subset: Record<string, unknown>;
    n: number;
    stats: Record<string, number>;
  }[];
  readonly overrides: readonly {
    pattern_key: string;
    action_category: string;
    scope_subset: Record<string, unknown>;
    multiplier: number;
    confidence_score: number;
  }[];
  readonly blend_lookups: readonly {
    pattern_key: string;
    scope: object;
    base: Record<string, number>;
    adjusted: Record<string, number>;
  }[];
}

interface Row {
  readonly pattern_key: string;
  readonly action_category: string;
  readonly scope_subset: Readonly<Record<string, unknown>>;
}

const rowKey = (row: Row): string => {
  const scope = Object.entries(row.scope_subset).map(([name, value]) => `${name}=${value}`);
  return [row.pattern_key, row.action_category, ...scope.sort()].join(' ');
};

/** Returns how many decimals the earlier system wrote: 2 of `avg_dx_count`, 3 of rates. */
const decimals = (name: string): number => (name === 'avg_dx_count' ? 2 : 3);

describe.each([
  {
    name: 'PM',
    file: 'data/pm-episode-events.jsonl',
    golden: 'pm-episode-events',
    asOf: AS_OF,
    lessons: 10,
    overrides: 6,
  },
  {
    name: 'mixed',
    file: 'golden/mixed.events.jsonl',
    golden: 'mixed',
    asOf: '2025-03-15T00:00:00Z',
    lessons: 572,
    overrides: 857,
  },
])(
  'answers of the earlier system on the $name set, through the API',
  ({ name: set, file, golden, asOf, ...counts }) => {
    const expected = JSON.parse(
      readFileSync(new URL(`golden/${golden}.expected.json`, import.meta.url), 'utf8'),
    ) as Golden;
    const patterns = [...new Set(expected.lessons.map(lesson => lesson.pattern_key))];
    let api: Api;

    beforeAll(async () => {
      api = await openApi();
      await importAll(api, readLines(file));
      const cycle = await api.cycle({ as_of: asOf });
      expect(cycle.status).toBe('succeeded');
    });
    afterAll(() => api.close());

    test(`The ${counts.lessons} lessons of the ${set} set have the counts and rates of the earlier system`, async () => {
      const lessons = (await Promise.all(patterns.map(api.lessons))).flat();
      const found = new Map(lessons.map(lesson => [rowKey(lesson), lesson]));
      expect(found.size).toBe(counts.lessons);
      expect([...found.keys()].sort()).toEqual(expected.lessons.map(rowKey).sort());
      for (const lesson of expected.lessons) {
        const actual = found.get(rowKey(lesson));
        const stats: Record<string, number> = { ...actual?.stats };
        expect(actual?.n).toBe(lesson.n);
        for (const [name, value] of Object.entries(lesson.stats))
          expect(
            Math.abs((stats[name] ?? Number.NaN) - value),
            `${rowKey(lesson)} ${name}`,
          ).toBeLessThanOrEqual(
            Number.isInteger(value) && /^(n|count)_/.test(name) ? 0 : 0.5000001 * 10 ** -decimals(name),
          );
      }
    });

    test(`The ${counts.overrides} overrides of the ${set} set have the multipliers and the confidence of the earlier system`, async () => {
      const overrides = (await Promise.all(patterns.map(api.overrides))).flat();
      const found = new Map(overrides.map(override => [rowKey(override), override]));
      expect(found.size).toBe(counts.overrides);
      expect([...found.keys()].sort()).toEqual(expected.overrides.map(rowKey).sort());
      for (const override of expected.overrides) {
        const actual = found.get(rowKey(override));
        expect(actual?.multiplier).toBeCloseTo(override.multiplier, 9);
        expect(actual?.confidence).toBeCloseTo(override.confidence_score, 9);
        expect(actual?.scope_hash).toBe(scopeHash(actual?.scope_subset ?? {}));
      }
    });

    test(`The 60 blended look-ups of the ${set} set have the thresholds of the earlier system`, async () => {
      expect(expected.blend_lookups).toHaveLength(60);
      for (const { pattern_key, scope, base, adjusted } of expected.blend_lookups) {
        const { thresholds } = await api.lookup({ pattern_key, scope, thresholds: base });
        for (const [name, value] of Object.entries(adjusted)) expect(thresholds[name]).toBeCloseTo(value, 9);
      }
    });
  },
);

test('The 10 lessons of the PM set are 5 distinct sets of events, each with one representative', async () => {
  const api = await openApi();
  await importAll(api, readLines('data/pm-episode-events.jsonl'));
  await api.cycle({ as_of: AS_OF });
  const lessons = await api.lessons(S1);
  const representatives = lessons.filter(lesson => lesson.same_as === undefined);
  expect(representatives.map(lesson => Object.keys(lesson.scope_subset).join()).sort()).toEqual([
    '',
    'bucket',
    'bucket_rank_position',
    'timeframe',
    'timeframe',
  ]);
  for (const { same_as, stats, scope_subset } of lessons.filter(lesson => lesson.same_as !== undefined)) {
    expect(scope_subset.chain).toBe('solana');
    expect(representatives.find(lesson => lesson.scope_hash === same_as)?.stats).toEqual(stats);
  }
  await api.close();
});

describe('faults of the earlier system', () => {
  test('Three spellings of the DX pattern are one pattern from its events to its look-up', async () => {
    const api = await openApi();
    const rung = (dx_count: number) => ({ factors: { dx_count }, scope: { chain: 'base' } });
    await api.postEvents([
      ...events(20, 'a', { pattern: 'module=pm|pattern_key=uptrend.S3.dx', ...rung(3) }),
      ...events(20, 'b', { pattern: 'pm.uptrend.S3.dx', ...rung(1) }),
      ...events(5, 'c', { pattern: 'pm.uptrend.s3.dx', outcome: 'failure', ...rung(1) }),
      ...events(10, 'd', { pattern: 'pm.uptrend.S3.dx', ...rung(3) }),
    ]);
    const { patterns } = await api.cycle({ as_of: AS_OF });
    expect(patterns.map(p => [p.pattern_key, p.events_read, p.lessons])).toEqual([
      ['pm.uptrend.S3.dx', 55, 2],
    ]);
    const [lesson] = await api.lessons('module=pm|pattern_key=uptrend.S3.dx');
    expect(lesson).toMatchObject({
      action_category: 'tuning_dx_ladder',
      stats: {
        count_1: 20,
        count_2: 0,
        count_3: 30,
        n_success: 50,
        n_failure: 5,
        n_total: 55,
        ladder_pressure: 0.2,
      },
    });
    const answer = await api.lookup({
      pattern_key: 'module=pm|pattern_key=uptrend.S3.dx',
      scope: { chain: 'base' },
      thresholds: { dx_atr_mult: 2 },
    });
    // exp(0.02 · 10 · 0.2)
    expect(answer.thresholds.dx_atr_mult).toBeCloseTo(2 * Math.exp(0.04), 9);
    await api.close();
  });

  test.each([
    ['pm.uptrend.S1.entry', { ts_min: 0.6, halo_max: 1 }, ['tuning_ts_min', 'tuning_halo']],
    ['pm.uptrend.S2.entry', { ts_min: 0.6, halo_mult: 1 }, ['tuning_s2_ts_min', 'tuning_s2_halo']],
    ['pm.uptrend.S3.retest', { ts_min: 0.6, dx_min: 60 }, ['tuning_ts_min', 'tuning_dx_min']],
  ])('A look-up applies every category that drift writes for %s', async (pattern, thresholds, categories) => {
    const api = await openApi();
    await api.postEvents(events(40, 'm', { pattern }));
    await api.cycle({ as_of: AS_OF });
    const answer = await api.lookup({ pattern_key: pattern, scope: { chain: 'solana' }, thresholds });
    expect(answer.overrides.map(o => o.action_category).sort()).toEqual([...categories].sort());
    for (const [name, value] of Object.entries(thresholds)) {
      // 40 misses: exp(∓0.005 · 40)
      const factor = name.startsWith('halo') ? Math.exp(0.2) : Math.exp(-0.2);
      expect(answer.thresholds[name]).toBeCloseTo(value * factor, 9);
    }
    await api.close();
  });

  test('[F6] A slice whose pressure is back to 0 has no override after the next cycle', async () => {
    const api = await openApi();
    await api.postEvents(events(40, 'miss'));
    await api.cycle({ as_of: AS_OF });
    expect(await api.overrides(S1)).toHaveLength(4);
    await api.postEvents(events(40, 'fp', { decision: 'acted', outcome: 'failure' }));
    const { patterns } = await api.cycle({ as_of: AS_OF });
    expect(patterns).toMatchObject([{ status: 'published', generation: 2, lessons: 2, overrides: 0 }]);
    expect(await api.overrides(S1)).toEqual([]);
    const answer = await api.lookup({
      pattern_key: S1,
      scope: { chain: 'solana' },
      thresholds: { ts_min: 0.6 },
    });
    expect(answer).toMatchObject({ generation: 2, overrides: [], thresholds: { ts_min: 0.6 } });
    await api.close();
  });

  test('[F6] A slice whose events have left the window has no override after the next cycle', async () => {
    const api = await openApi();
    await api.postEvents(events(40, 'old'));
    await api.cycle({ as_of: '2025-01-20T00:00:00Z' });
    expect(await api.overrides(S1)).not.toEqual([]);
    const { patterns } = await api.cycle({ as_of: '2025-04-20T00:00:00Z' });
    expect(patterns).toMatchObject([
      {
        status: 'too_few_events',
        events_read: 0,
        overrides: 0,
        published: true,
        reason:
          '0 of 33 events with an outcome in the 90 days to 2025-04-20; 40 are outside, the newest of 2025-01-10',
        reason_code: 'too_few_events',
      },
    ]);
    expect(await api.overrides(S1)).toEqual([]);
    await api.close();
  });
});

describe('a store that fails during a cycle', () => {
  test('[F3] A cycle whose store fails has failed in its record and in status, and has not succeeded with 0 lessons', async () => {
    let broken = false;
    const api = await openApi({
      changeClientSettings: failing((op, body) => broken && op === 'Query' && body.includes('outcomes')),
    });
    await api.postEvents(events(40, 'e'));
    await api.cycle({ as_of: AS_OF });
    const served = await api.overrides(S1);
    broken = true;
    const cycle = await api.cycle({ as_of: AS_OF });
    expect(cycle).toMatchObject({
      status: 'failed',
      patterns: [{ status: 'failed', generation: 1, published: false, reason: 'failed: store_unavailable' }],
    });
    const status = await api.status();
    expect(status.healthy).toBe(false);
    expect(status.reasons).toMatchObject([{ code: 'cycle_failed' }]);
    expect(status.reasons[0]?.detail).toContain(`${S1} failed: store_unavailable`);
    expect(await api.overrides(S1)).toEqual(served);
    broken = false;
    expect(await api.cycle({ as_of: AS_OF })).toMatchObject({
      status: 'succeeded',
      patterns: [{ status: 'unchanged' }],
    });
    expect((await api.status()).healthy).toBe(true);
    await api.close();
  });

  test('[U4] A store that fails for one pattern does not affect the other patterns', async () => {
    const api = await openApi({
      changeClientSettings: failing((op, body) => op === 'Query' && body.includes('S2.entry#')),
    });
    await api.postEvents([...events(40, 'a'), ...events(40, 'b', { pattern: 'pm.uptrend.S2.entry' })]);
    const cycle = await api.cycle({ as_of: AS_OF });
    expect(cycle.status).toBe('partial');
    expect(cycle.patterns.map(p => [p.pattern_key, p.status])).toEqual([
      ['pm.uptrend.S1.entry', 'published'],
      ['pm.uptrend.S2.entry', 'failed'],
    ]);
    await api.close();
  });

  test('A run that fails as a whole has a record with the reason', async () => {
    let failuresLeft = 0;
    const api = await openApi({ changeClientSettings: failing(() => failuresLeft-- > 0) });
    await api.postEvents(events(40, 'e'));
    // The first task has fewer than five retries, so the run fails. It is recorded once the store works again.
    failuresLeft = 5;
    const cycle = await api.cycle({ as_of: AS_OF });
    expect(cycle).toMatchObject({ status: 'failed', failure: 'failed: store_unavailable' });
    expect((await api.status()).healthy).toBe(false);
    await api.close();
  });

  test('[U1] A look-up answers neutral and names the fault when the store fails', async () => {
    let broken = false;
    const api = await openApi({ changeClientSettings: failing(() => broken) });
    await api.postEvents(events(40, 'e'));
    await api.cycle({ as_of: AS_OF });
    broken = true;
    const answer = await api.lookup({ pattern_key: S1, scope: {}, thresholds: { ts_min: 0.6 } });
    expect(answer).toMatchObject({
      overrides: [],
      thresholds: { ts_min: 0.6 },
      degraded: { code: 'store_unavailable' },
    });
    await api.close();
  });
});

describe('a run as of the same moment over the same events', () => {
  test('Runs of the same events and as_of make the same generation, byte for byte, in any order of arrival', async () => {
    const lines = readLines('data/pm-episode-events.jsonl');
    const hashes: string[] = [];
    for (const order of [lines, lines.toReversed()]) {
      const api = await openApi();
      await importAll(api, order);
      await api.cycle({ as_of: AS_OF });
      const head = await api.service.runtime.heads.head(S1 as never);
      hashes.push(`${head?.current?.hash} ${head?.current?.lessons.id} ${head?.current?.overrides.id}`);
      await api.close();
    }
    expect(hashes[0]).toBe(hashes[1]);
  });

  test('A run reads only outcomes that were known at as_of', async () => {
    const api = await openApi();
    await api.postEvents(events(40, 'e', { outcome: null }));
    const report = (outcome: string, resolved_at: string, more = {}) =>
      api.postOutcomes(
        Array.from({ length: 40 }, (_, i) => ({
          pattern_key: S1,
          episode_id: `e-${i}`,
          outcome,
          resolved_at,
          ...more,
        })),
      );
    await report('success', '2025-01-12T00:00:00Z');
    await report('failure', '2025-01-15T00:00:00Z', { correction: true });
    const readAndMissed = async (as_of: string) => {
      const { patterns } = await api.cycle({ as_of });
      const [lesson] = await api.lessons(S1);
      return [
        patterns[0]?.events_read,
        lesson && 'n_misses' in lesson.stats ? lesson.stats.n_misses : undefined,
      ];
    };
    expect(await readAndMissed('2025-01-15T00:00:00Z')).toEqual([40, 0]);
    expect(await readAndMissed('2025-01-14T23:59:59Z')).toEqual([40, 40]);
    expect(await readAndMissed('2025-01-11T23:59:59Z')).toEqual([0, undefined]);
    await api.close();
  });

  test('[W2] The window is exact to the millisecond: as_of − 90 days ≤ timestamp ≤ as_of', async () => {
    const api = await openApi();
    await api.postEvents([
      ...events(1, 'first', { timestamp: '2025-01-20T00:00:00.000Z' }),
      ...events(1, 'early', { timestamp: '2025-01-19T23:59:59.999Z' }),
      ...events(1, 'last', { timestamp: '2025-04-20T00:00:00Z' }),
      ...events(1, 'late', { timestamp: '2025-04-20T00:00:00.001Z' }),
    ]);
    const { patterns } = await api.cycle({ as_of: '2025-04-20T00:00:00Z', n_min: 1 });
    expect(patterns[0]?.events_read).toBe(2);
    await api.close();
  });
});

test('Two events of one moment are both read, although the engine distinguishes index rows by 24 bits of a hash', async () => {
  const api = await openApi();
  // The hashes of these two ids are equal in those 24 bits.
  const [event] = events(1, 'e');
  await api.postEvents(['e5872', 'e19878'].map(episode_id => ({ ...event, episode_id })));
  const { patterns } = await api.cycle({ as_of: AS_OF, n_min: 1 });
  expect(patterns[0]?.events_read).toBe(2);
  await api.close();
});

describe('a look-up without matching overrides', () => {
  test.each([
    ['an unknown pattern', { pattern_key: 'pm.downtrend.S4.exit', scope: { chain: 'x' } }],
    ['unknown dimensions', { pattern_key: S1, scope: { planet: 'mars' } }],
    ['a pattern without a generation', { pattern_key: 'pm.uptrend.S2.entry', scope: {} }],
  ])('The answer to a look-up of %s is neutral, with status 200', async (_, request) => {
    const api = await openApi();
    await api.postEvents(events(40, 'e', { scope: { chain: 'solana' } }));
    const answer = await api.lookup({
      ...request,
      thresholds: { ts_min: 0.6, unheard_of: 3 },
      explain: true,
    });
    expect(answer).toMatchObject({
      generation: 0,
      mode: 'live',
      policy: 'drift',
      resolution: 'blend',
      overrides: [],
      explain: [],
    });
    expect(answer.thresholds).toEqual({ ts_min: 0.6, unheard_of: 3 });
    await api.close();
  });
});
