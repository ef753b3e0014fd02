import { expect, it } from 'vitest';
import { HASH, JUDGED, PATTERN } from '../support/answers.ts';
import type { Route } from '../support/fake-service.ts';
import { always, fakeSession } from '../support/fake-session.ts';

const session = fakeSession();
const lesson = (n: number, scope_subset: object): object => ({
  pattern_key: PATTERN,
  action_category: 'tuning',
  scope_subset,
  scope_hash: HASH,
  n,
  stats: {
    n_acted: 21,
    n_skipped: n - 21,
    n_wins: 6,
    n_fps: 14,
    n_misses: 17,
    n_dodges: n - 39,
    n_total: n,
    wr: 6 / 21,
    fpr: 14 / 21,
    mr: 17 / (n - 21),
    dr: (n - 39) / (n - 21),
  },
});

const paged: Route = ({ query }) => {
  const body = { pattern_key: PATTERN, generation: 3, ...JUDGED };
  if (query.get('next') === 'two') return { status: 200, body: { ...body, lessons: [lesson(104, {})] } };
  return {
    status: 200,
    body: { ...body, lessons: [lesson(50, { bucket: 'nano', timeframe: '15m' })], next: 'two' },
  };
};

it('lessons reads every page and lists the slices with most events first, within 80 columns', async () => {
  const result = await session.run(paged, ['lessons', PATTERN], 80);
  expect(result.exit).toBe(0);
  const plain = result.out.replaceAll('\u001b[1m', '').replaceAll('\u001b[22m', '');
  expect(plain).toMatchInlineSnapshot(`
    "pm.uptrend.S1.entry, generation 3, 2 lessons
    break-even: a success rate of 33.3 %, at 2:1

    slice            n  acted      WR     FPR  skip      MR      DR  pressure
    everything     104     21  28.6 %  66.7 %    83  20.5 %  78.3 %        +3
    bucket=nano,    50     21  28.6 %  66.7 %    29  58.6 %  37.9 %        +3
    timeframe=15m
    "
  `);
  for (const line of plain.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

it('lessons --json prints all pages as one object, with rows in the order of the service', async () => {
  const result = await session.run(paged, ['lessons', PATTERN, '--json'], 80);
  expect(JSON.parse(result.out)).toEqual({
    pattern_key: PATTERN,
    generation: 3,
    ...JUDGED,
    lessons: [lesson(50, { bucket: 'nano', timeframe: '15m' }), lesson(104, {})],
  });
});

it('lessons --limit with --json prints at most that number of rows, and `next` when there are more', async () => {
  const result = await session.run(paged, ['lessons', PATTERN, '--limit', '1', '--json']);
  expect(JSON.parse(result.out)).toMatchObject({ lessons: [{ n: 50 }], next: 'two' });
  expect(session.received.map(({ query }) => query.get('limit'))).toEqual(['1']);
});

it('lessons --limit lists the lessons with most events and counts the rest', async () => {
  const result = await session.run(paged, ['lessons', PATTERN, '--limit', '1']);
  expect(result.out).toContain('2 lessons');
  expect(result.out).toMatch(/everything +104 /);
  expect(result.out).toContain('… and 1 more');
  expect(result.out).not.toContain('bucket=nano');
});

it('lessons --intervals prints intervals, difference and q, within 80 columns', async () => {
  const withIntervals = {
    ...lesson(50, { bucket: 'nano', timeframe: '15m' }),
    uncertainty: {
      wr: [0.1508, 0.4672],
      fpr: [0.4898, 0.8055],
      mr: [0.4399, 0.7178],
      dr: [0.2496, 0.5316],
      difference: 0.1279,
      p: 0.0031,
      q: 0.0412,
    },
  };
  const older = lesson(40, { bucket: 'micro' });
  const body = { pattern_key: PATTERN, generation: 3, ...JUDGED, lessons: [withIntervals, older] };
  const result = await session.run(always(body), ['lessons', PATTERN, '--intervals'], 80);
  const plain = result.out.replaceAll('\u001b[1m', '').replaceAll('\u001b[22m', '');
  expect(plain).toMatchInlineSnapshot(`
    "pm.uptrend.S1.entry, generation 3, 2 lessons
    break-even: a success rate of 33.3 %, at 2:1

    slice           n       WR      FPR       MR       DR  vs. rest      q
    bucket=nano,   50  15–47 %  48–81 %  43–72 %  24–54 %  +12.8 pt  0.041
    timeframe=15m
    bucket=micro   40        –        –        –        –         –      –
    "
  `);
  for (const line of plain.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

it("lessons --intervals prints the interval of a ladder lesson's pressure", async () => {
  const ladder = {
    pattern_key: PATTERN,
    action_category: 'tuning_dx_ladder',
    scope_subset: {},
    scope_hash: HASH,
    n: 50,
    stats: {
      avg_dx_count: 2.1,
      count_1: 10,
      count_2: 10,
      count_3: 20,
      n_success: 40,
      n_failure: 10,
      n_total: 50,
      failure_rate: 0.2,
      ladder_pressure: 0.25,
    },
    uncertainty: { ladder_pressure: [0.0268, 0.4495], failure_rate: [0.1232, 0.3082] },
  };
  const result = await session.run(
    always({ pattern_key: PATTERN, generation: 3, ...JUDGED, lessons: [ladder] }),
    ['lessons', PATTERN, '--intervals'],
  );
  expect(result.out).toMatch(/failed +pressure +vs\. rest +q\n/);
  expect(result.out).toMatch(/everything +50 +12–31 % +\+0\.03 to \+0\.45 +– +–/);
});

it('lessons --near prints how many events each slice lacks', async () => {
  const near = { ...lesson(40, { bucket: 'nano' }), lacks: 3 };
  const result = await session.run(
    always({ pattern_key: PATTERN, generation: 3, ...JUDGED, lessons: [near] }),
    ['lessons', PATTERN, '--near'],
  );
  expect(session.received[0]?.query.get('near')).toBe('true');
  expect(result.out).toMatch(/bucket=nano +40 +3 /);
});
