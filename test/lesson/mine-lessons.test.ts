import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ColumnCollector } from '../../shared/episode/columns/scope-columns.ts';
import type { Episode } from '../../shared/episode/episode.ts';
import type { Outcome } from '../../shared/episode/outcome.ts';
import { packEpisode } from '../../shared/episode/packed-episode.ts';
import type { Lesson } from '../../shared/lesson/lesson.ts';
import { lessonSchema, makesLadderLessons, pressureOf } from '../../shared/lesson/lesson.ts';
import { quadrantStats } from '../../shared/lesson/lesson-kind.ts';
import type { MinedLessons } from '../../shared/lesson/mine-lessons.ts';
import { mineLessons } from '../../shared/lesson/mine-lessons.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { normalizeScope } from '../../shared/pattern/scope.ts';
import { scopeHash } from '../../shared/pattern/scope-hash.ts';
import { DX, episode, S1, S2, S3 } from '../support/episodes.ts';

interface Row {
  readonly scope: Readonly<Record<string, unknown>>;
  readonly acted: boolean;
  readonly outcome: Outcome;
  readonly dx?: number | undefined;
}

const base = episode('e');

function mined(rows: readonly Row[], nMin: number, pattern: PatternKey = S1): MinedLessons {
  const collector = new ColumnCollector({ withDxCount: makesLadderLessons(pattern) });
  for (const { scope, acted, outcome, dx } of rows) {
    const event: Episode = {
      ...base,
      scope: normalizeScope(scope),
      decision: acted ? 'acted' : 'skipped',
      factors: dx === undefined ? {} : { dx_count: dx },
    };
    collector.add(packEpisode(event), outcome);
  }
  return mineLessons(pattern, collector.columns(), nMin);
}

/** Returns a lesson without its uncertainty, which follows from the counts. */
const counted = ({ uncertainty, ...rest }: Lesson) => rest;

const times = (n: number, row: Row): Row[] => new Array<Row>(n).fill(row);
const win = (scope: Row['scope'] = {}): Row => ({ scope, acted: true, outcome: 'success' });
const falsePositive = (scope: Row['scope'] = {}): Row => ({ scope, acted: true, outcome: 'failure' });
const miss = (scope: Row['scope'] = {}): Row => ({ scope, acted: false, outcome: 'success' });
const dodge = (scope: Row['scope'] = {}): Row => ({ scope, acted: false, outcome: 'failure' });
const neutral = (acted: boolean): Row => ({ scope: {}, acted, outcome: 'neutral' });

describe('counts and rates of a slice', () => {
  it.each([
    {
      case: 'all six quadrants',
      rows: [
        ...times(3, win()),
        falsePositive(),
        ...times(2, neutral(true)),
        ...times(2, miss()),
        ...times(5, dodge()),
        neutral(false),
      ],
      stats: {
        n_acted: 6,
        n_skipped: 8,
        n_wins: 3,
        n_fps: 1,
        n_misses: 2,
        n_dodges: 5,
        n_total: 14,
        wr: 0.5,
        fpr: 1 / 6,
        mr: 0.25,
        dr: 0.625,
      },
    },
    {
      case: 'nothing skipped, where rates over nothing are 0',
      rows: [win(), falsePositive()],
      stats: {
        n_acted: 2,
        n_skipped: 0,
        n_wins: 1,
        n_fps: 1,
        n_misses: 0,
        n_dodges: 0,
        n_total: 2,
        wr: 0.5,
        fpr: 0.5,
        mr: 0,
        dr: 0,
      },
    },
    {
      case: 'nothing acted',
      rows: times(3, miss()),
      stats: {
        n_acted: 0,
        n_skipped: 3,
        n_wins: 0,
        n_fps: 0,
        n_misses: 3,
        n_dodges: 0,
        n_total: 3,
        wr: 0,
        fpr: 0,
        mr: 1,
        dr: 0,
      },
    },
    {
      case: 'neutral outcomes alone, which count in n and in no rate',
      rows: [neutral(true), neutral(false)],
      stats: {
        n_acted: 1,
        n_skipped: 1,
        n_wins: 0,
        n_fps: 0,
        n_misses: 0,
        n_dodges: 0,
        n_total: 2,
        wr: 0,
        fpr: 0,
        mr: 0,
        dr: 0,
      },
    },
  ])('Counts and rates of a slice are right with $case', ({ rows, stats }) => {
    expect(mined(rows, 1).lessons.map(counted)).toEqual([
      { action_category: 'tuning', scope_subset: {}, scope_hash: scopeHash({}), n: stats.n_total, stats },
    ]);
  });

  it('Counts and rates of no events are all 0', () => {
    expect(new Set(Object.values(quadrantStats([])))).toEqual(new Set([0]));
  });

  it('Pressure is misses minus false positives', () => {
    expect(pressureOf(quadrantStats([9, 4, 9, 7, 9, 9]))).toBe(3);
  });
});

describe('N_MIN', () => {
  it('A slice of 33 events with an outcome is a lesson at N_MIN 33', () => {
    const { lessons, near, support } = mined(times(33, miss()), 33);
    expect([lessons.length, near.length, support]).toEqual([1, 0, 33]);
  });

  it('A slice of 32 events is a near slice that lacks 1 at N_MIN 33', () => {
    const { lessons, near, support } = mined(times(32, miss()), 33);
    expect([lessons.length, support]).toEqual([0, 32]);
    expect(near.map(lesson => [lesson.scope_subset, lesson.n, lesson.lacks])).toEqual([[{}, 32, 1]]);
  });

  it('Neutral outcomes count towards N_MIN', () => {
    expect(mined([...times(32, miss()), neutral(false)], 33).lessons).toHaveLength(1);
  });

  it('N_MIN applies to each slice by itself', () => {
    const rows = [...times(33, miss({ bucket: 'micro' })), ...times(32, dodge({ bucket: 'nano' }))];
    const { lessons, near } = mined(rows, 33);
    expect(lessons.map(lesson => [lesson.scope_subset, lesson.n])).toEqual(
      expect.arrayContaining([
        [{}, 65],
        [{ bucket: 'micro' }, 33],
      ]),
    );
    expect(lessons).toHaveLength(2);
    expect(near.map(lesson => [lesson.scope_subset, lesson.lacks])).toEqual([[{ bucket: 'nano' }, 1]]);
  });

  it('No slice is near at N_MIN 1', () => {
    expect(mined([miss({ a: 1 }), dodge({ b: 1 })], 1).near).toEqual([]);
  });

  it('A pattern without events has no lesson and no near slice', () => {
    expect(mined([], 33)).toEqual({ lessons: [], near: [], support: 0 });
  });
});

describe('near slices', () => {
  it('Near slices have at least four fifths of N_MIN and are sorted by how many events they lack', () => {
    const rows = [28, 26, 27, 32, 30].flatMap((n, i) => times(n, miss({ d: i })));
    expect(mined(rows, 33).near.map(lesson => [lesson.scope_subset, lesson.lacks])).toEqual([
      [{ d: '3' }, 1],
      [{ d: '4' }, 3],
      [{ d: '0' }, 5],
      [{ d: '2' }, 6],
    ]);
  });

  it('A slice is near only if every more general slice reaches N_MIN', () => {
    const rows = [...times(32, miss({ a: 1, b: 1 })), ...times(40, miss({ b: 2 }))];
    const { near } = mined(rows, 33);
    expect(near.map(lesson => lesson.scope_subset)).toEqual(expect.arrayContaining([{ a: '1' }, { b: '1' }]));
    expect(near).toHaveLength(2);
  });
});

describe('lessons', () => {
  const rows = [
    ...times(5, miss({ chain: 'solana', bucket: 'nano' })),
    ...times(4, win({ chain: 'solana', bucket: 'micro' })),
    ...times(2, dodge({ chain: 'base' })),
  ];

  it('Every slice that reaches N_MIN is a lesson, and no other slice is one', () => {
    const slices = mined(rows, 4).lessons.map(lesson => [lesson.scope_subset, lesson.n]);
    expect(slices).toHaveLength(6);
    expect(slices).toEqual(
      expect.arrayContaining([
        [{}, 11],
        [{ chain: 'solana' }, 9],
        [{ bucket: 'nano' }, 5],
        [{ bucket: 'micro' }, 4],
        [{ bucket: 'nano', chain: 'solana' }, 5],
        [{ bucket: 'micro', chain: 'solana' }, 4],
      ]),
    );
  });

  it('Lessons are sorted by the hash of their scope subset', () => {
    const { lessons } = mined(rows, 2);
    const hashes = lessons.map(lesson => lesson.scope_hash);
    expect(hashes).toEqual(hashes.toSorted());
    for (const lesson of lessons)
      expect(lesson.scope_hash).toBe(scopeHash(normalizeScope(lesson.scope_subset)));
  });

  it('Lessons of exactly the same events name one of them in same_as', () => {
    const { lessons } = mined(times(4, miss({ a: 1, b: 1 })), 4);
    const hashes = new Set(lessons.map(lesson => lesson.scope_hash));
    expect(lessons.map(lesson => lesson.scope_subset)).toHaveLength(4);
    expect(lessons.filter(lesson => lesson.same_as === undefined)).toHaveLength(1);
    for (const { same_as } of lessons) if (same_as !== undefined) expect(hashes).toContain(same_as);
  });
});

describe('ladder lessons', () => {
  it.each<[string, PatternKey, boolean]>([
    ['S3 dx', DX, true],
    ['S3 retest', S3, false],
    ['S1 entry', S1, false],
    ['S2 dx', parsePatternKey('pm.uptrend.S2.dx'), false],
    ['S3 dx of another family', parsePatternKey('pm.range.S3.dx'), true],
  ])('A pattern of %s (%s) makes ladder lessons: %s', (_, pattern, makes) => {
    expect(makesLadderLessons(pattern)).toBe(makes);
    expect(mined(times(2, { ...miss(), dx: 1 }), 1, pattern).lessons[0]?.action_category).toBe(
      makes ? 'tuning_dx_ladder' : 'tuning',
    );
  });

  it('A ladder lesson counts successes by rungs, failures, and all events', () => {
    const rows = [
      ...times(2, { ...win(), dx: 1 }),
      ...times(1, { ...miss(), dx: 2 }),
      ...times(4, { ...win(), dx: 3 }),
      ...times(1, { ...win(), dx: 4 }),
      ...times(3, win()),
      ...times(5, { ...falsePositive(), dx: 1 }),
      ...times(2, dodge()),
      ...times(2, { ...neutral(true), dx: 3 }),
    ];
    const { lessons, support } = mined(rows, 1, DX);
    expect(support).toBe(8);
    expect(lessons.map(counted)).toEqual([
      {
        action_category: 'tuning_dx_ladder',
        scope_subset: {},
        scope_hash: scopeHash({}),
        n: 20,
        stats: {
          avg_dx_count: (2 * 1 + 2 + 4 * 3 + 4) / 8,
          count_1: 2,
          count_2: 1,
          count_3: 4,
          n_success: 8,
          n_failure: 7,
          n_total: 20,
          failure_rate: 7 / 20,
          ladder_pressure: (4 - 2) / 8,
        },
      },
    ]);
  });

  it('A ladder lesson needs N_MIN successes with a dx_count; other events do not count', () => {
    const rows = [
      ...times(32, { ...win(), dx: 1 }),
      ...times(50, win()),
      ...times(50, { ...falsePositive(), dx: 1 }),
      ...times(50, { ...neutral(false), dx: 1 }),
    ];
    const short = mined(rows, 33, DX);
    expect([short.lessons.length, short.support, short.near[0]?.lacks]).toEqual([0, 32, 1]);
    expect(mined([...rows, { ...miss(), dx: 7 }], 33, DX).lessons).toHaveLength(1);
  });

  it('A fractional or zero dx_count counts in the average only', () => {
    const rows = [2.5, 0, 1].map(dx => ({ ...win(), dx }));
    expect(mined(rows, 1, DX).lessons[0]?.stats).toMatchObject({
      count_1: 1,
      count_2: 0,
      count_3: 0,
      n_success: 3,
      avg_dx_count: 3.5 / 3,
      ladder_pressure: -1 / 3,
    });
  });
});

const outcome = fc.constantFrom<Outcome>('success', 'failure', 'neutral');
const dimension = fc.option(fc.constantFrom('x', 'y', 'z'), { nil: null });
const anyRow: fc.Arbitrary<Row> = fc.record({
  scope: fc.record({ a: dimension, b: dimension, constructor: dimension, c: dimension }),
  acted: fc.boolean(),
  outcome,
  dx: fc.option(fc.constantFrom(1, 2, 3, 4, 0.1, 0.2, 0.7), { nil: undefined }),
});
const pattern = fc.constantFrom(S1, S2, S3, DX);

describe('for any events', () => {
  it('The same events in any order give lessons of the same bytes', () => {
    fc.assert(
      fc.property(
        fc.array(anyRow, { maxLength: 60 }),
        pattern,
        fc.integer({ min: 1, max: 12 }),
        fc.infiniteStream(fc.nat()),
        (rows, key, nMin, numbers) => {
          const shuffled = rows
            .map(row => ({ row, rank: numbers.next().value as number }))
            .sort((a, b) => a.rank - b.rank)
            .map(r => r.row);
          expect(JSON.stringify(mined(shuffled, nMin, key))).toBe(JSON.stringify(mined(rows, nMin, key)));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('Each lesson counts exactly the events whose scope contains its scope subset', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 40 }), fc.integer({ min: 1, max: 8 }), (rows, nMin) => {
        for (const lesson of mined(rows, nMin).lessons) {
          const matching = rows.filter(row =>
            Object.entries(lesson.scope_subset).every(
              ([name, value]) => Object.hasOwn(row.scope, name) && row.scope[name] === value,
            ),
          );
          expect(lesson.n).toBe(matching.length);
          expect(lesson.stats).toMatchObject({
            n_wins: matching.filter(row => row.acted && row.outcome === 'success').length,
            n_misses: matching.filter(row => !row.acted && row.outcome === 'success').length,
            n_fps: matching.filter(row => row.acted && row.outcome === 'failure').length,
            n_dodges: matching.filter(row => !row.acted && row.outcome === 'failure').length,
          });
        }
      }),
      { numRuns: 40 },
    );
  });

  it('Every lesson fits its schema', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 40 }), pattern, (rows, key) => {
        for (const lesson of mined(rows, 1, key).lessons) expect(lessonSchema.parse(lesson)).toEqual(lesson);
      }),
      { numRuns: 30 },
    );
  });
});
