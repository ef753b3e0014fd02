import { describe, expect, it } from 'vitest';
import type { EpisodeColumns } from '../../shared/episode/columns/columns.ts';
import { QUADRANT } from '../../shared/episode/columns/columns.ts';
import type { Lesson } from '../../shared/lesson/lesson.ts';
import { lessonSchema } from '../../shared/lesson/lesson.ts';
import { mineLessons } from '../../shared/lesson/mine-lessons.ts';
import { testSlices } from '../../shared/lesson/uncertainty.ts';
import { DX, S1 } from '../support/episodes.ts';
import { midP } from '../support/hypergeometric.ts';
import { randomOf, shuffled } from '../support/random.ts';

interface Row {
  readonly scope: readonly number[];
  readonly quadrant: number;
  readonly dx?: number;
}

/** Returns columns with the dimensions a, b, … from the codes of each row; code 0 means absent. */
function columnsOf(rows: readonly Row[]): EpisodeColumns {
  const width = rows[0]?.scope.length ?? 0;
  return {
    size: rows.length,
    dimensions: Array.from({ length: width }, (_, d) => ({
      name: 'abcdefgh'.charAt(d),
      values: ['v1', 'v2', 'v3', 'v4'],
      codes: Uint8Array.from(rows, row => row.scope[d] ?? 0),
    })),
    quadrant: Uint8Array.from(rows, row => row.quadrant),
    dxCount: Float64Array.from(rows, row => row.dx ?? Number.NaN),
  };
}

const times = (n: number, row: Row): Row[] => new Array<Row>(n).fill(row);
const lessonOf = (lessons: readonly Lesson[], scope: object): Lesson | undefined =>
  lessons.find(lesson => JSON.stringify(lesson.scope_subset) === JSON.stringify(scope));

/**
 * In a=v1, 6 of 20 decided events succeed, 2 of the 6 acted; in a=v2, 9 of 90. Ten neutral events of a=v1 count in its
 * rates and not in its difference.
 */
const MIXED = [
  ...times(2, { scope: [1], quadrant: QUADRANT.win }),
  ...times(3, { scope: [1], quadrant: QUADRANT.falsePositive }),
  ...times(4, { scope: [1], quadrant: QUADRANT.miss }),
  ...times(11, { scope: [1], quadrant: QUADRANT.dodge }),
  ...times(9, { scope: [2], quadrant: QUADRANT.miss }),
  ...times(81, { scope: [2], quadrant: QUADRANT.dodge }),
  ...times(10, { scope: [1], quadrant: QUADRANT.actedNeutral }),
];

describe('the uncertainty of a lesson', () => {
  const { lessons } = mineLessons(S1, columnsOf(MIXED), 20);

  it('A lesson has the 90 % interval of each rate, with neutral events in the denominator', () => {
    expect(lessonOf(lessons, { a: 'v1' })?.uncertainty).toMatchObject({
      // 2 and 3 of 15, 4 and 11 of 15
      wr: [0.0451, 0.3336],
      fpr: [0.0828, 0.4088],
      mr: [0.1258, 0.4789],
      dr: [0.5211, 0.8742],
    });
  });

  it('The difference of a lesson compares shares of successes among all events that are not neutral, acted or skipped', () => {
    expect(lessonOf(lessons, { a: 'v1' })?.uncertainty?.difference).toBe(0.2);
    expect(lessonOf(lessons, { a: 'v2' })?.uncertainty?.difference).toBe(-0.2);
  });

  it('The lesson of the global slice has intervals, but no difference and no p-value', () => {
    const uncertainty = lessonOf(lessons, {})?.uncertainty;
    expect(Object.keys(uncertainty ?? {})).toEqual(['wr', 'fpr', 'mr', 'dr']);
  });

  it('Two slices that are each other’s rest have equal p-values, and q-values equal to them', () => {
    const [one, two] = [
      lessonOf(lessons, { a: 'v1' })?.uncertainty,
      lessonOf(lessons, { a: 'v2' })?.uncertainty,
    ];
    const exact = midP(20, 15, 110).get(6) ?? 0;
    expect(exact).toBeCloseTo(0.0353, 4);
    expect(Math.abs((one?.p ?? 0) / exact - 1)).toBeLessThan(0.03);
    expect(two?.p).toBe(one?.p);
    expect([one?.q, two?.q]).toEqual([one?.p, one?.p]);
  });

  it('A ladder lesson compares the share of three rungs among successes of one or three, and has the interval of its pressure', () => {
    const climbed = (scope: number, dx: number) => ({ scope: [scope], quadrant: QUADRANT.win, dx });
    const rows = [
      ...times(6, climbed(1, 3)),
      ...times(2, climbed(1, 1)),
      ...times(4, climbed(2, 3)),
      ...times(4, climbed(2, 1)),
      ...times(5, climbed(2, 2)),
    ];
    const lesson = lessonOf(mineLessons(DX, columnsOf(rows), 8).lessons, { a: 'v1' });
    expect(lesson?.uncertainty).toMatchObject({
      ladder_pressure: [-0.0475, 0.8475],
      failure_rate: [0, 0.2528],
      difference: 0.25,
    });
  });

  it('A near lesson has intervals and a difference, but no p-value', () => {
    const { near } = mineLessons(
      S1,
      columnsOf([...MIXED, ...times(28, { scope: [3], quadrant: QUADRANT.miss })]),
      33,
    );
    expect(near.map(lesson => Object.keys(lesson.uncertainty ?? {}))).toEqual([
      ['wr', 'fpr', 'mr', 'dr', 'difference'],
      ['wr', 'fpr', 'mr', 'dr', 'difference'],
    ]);
  });

  it('A lesson that was stored without an uncertainty is readable', () => {
    const { uncertainty, ...stored } = lessons[0] ?? {};
    expect(uncertainty).toBeDefined();
    expect(lessonSchema.parse(stored)).toEqual(stored);
  });
});

describe('identical slices', () => {
  const shares = [
    { successes: 20, trials: 100 },
    { successes: 12, trials: 30 },
    { successes: 12, trials: 30 },
    { successes: 5, trials: 40 },
  ];

  it('Identical slices are tested once, and each gets the result of its representative', () => {
    const tests = testSlices(shares, [0, 1, 1, 3]);
    expect(tests[2]).toEqual(tests[1]);
    // Two tests, not three: the smaller p times 2/1.
    expect(tests[1]?.q).toBeCloseTo(2 * (tests[1]?.p ?? 0), 3);
    expect(testSlices(shares, [0, 1, 2, 3])[1]?.q).toBeCloseTo(1.5 * (tests[1]?.p ?? 0), 3);
  });

  it('Slices that equal the global slice are not tested', () => {
    expect(
      testSlices(
        [
          { successes: 2, trials: 9 },
          { successes: 2, trials: 9 },
        ],
        [0, 0],
      ),
    ).toEqual([{}, {}]);
    expect(testSlices([], [])).toEqual([]);
  });
});

describe('the false discoveries among many lessons', () => {
  const random = randomOf(5);
  const scopes = Array.from({ length: 3000 }, () => [0, 1, 2, 3].map(() => 1 + Math.floor(random() * 4)));
  const rows = (successRate: (scope: readonly number[]) => number): Row[] =>
    scopes.map(scope => ({
      scope,
      quadrant: random() < successRate(scope) ? QUADRANT.miss : QUADRANT.dodge,
    }));
  const differing = (events: readonly Row[]) =>
    mineLessons(S1, columnsOf(events), 33).lessons.filter(({ uncertainty: { q = 1 } = {} }) => q <= 0.1);

  it('At most 4 of 20 runs find a lesson that differs where success does not depend on the scope', () => {
    const runs = Array.from({ length: 20 }, () => differing(rows(() => 0.3)).length);
    expect(runs.filter(n => n > 0).length).toBeLessThanOrEqual(4);
  });

  it('A slice with a real difference is found among many without one', () => {
    const lessons = differing(rows(scope => (scope[1] === 2 ? 0.45 : 0.3)));
    expect(lessonOf(lessons, { b: 'v2' })?.uncertainty).toMatchObject({
      difference: expect.closeTo(0.15, 1),
    });
    expect(lessonOf(lessons, { b: 'v2' })?.uncertainty?.q).toBeLessThan(0.001);
  });

  it('The same events in any order give lessons of the same bytes', () => {
    const events = rows(scope => (scope[1] === 2 ? 0.45 : 0.3));
    const text = JSON.stringify(mineLessons(S1, columnsOf(events), 33).lessons);
    expect(JSON.stringify(mineLessons(S1, columnsOf(shuffled(events, random)), 33).lessons)).toBe(text);
  });
});

describe('episodes with windows', () => {
  it('[O10] Intervals and q of episodes with three windows each are those of the episodes, and counts are those of the rows', () => {
    const rows: Row[] = Array.from({ length: 120 }, (_, i) => ({
      scope: [1 + (i % 2)],
      quadrant: i % 2 === 0 && i % 3 === 0 ? QUADRANT.win : QUADRANT.falsePositive,
    }));
    const threefold = rows.flatMap(row => [row, row, row]);
    const episode = Uint32Array.from(threefold, (_, i) => 1 + Math.floor(i / 3));
    const [once, windows] = [
      mineLessons(S1, columnsOf(rows), 33).lessons,
      mineLessons(S1, { ...columnsOf(threefold), episode }, 33).lessons,
    ];
    expect(windows.map(({ uncertainty }) => uncertainty)).toEqual(once.map(({ uncertainty }) => uncertainty));
    expect(windows.map(({ n }) => n)).toEqual(once.map(({ n }) => 3 * n));
    const plain = mineLessons(S1, columnsOf(threefold), 33).lessons;
    expect(windows.map(({ uncertainty }) => uncertainty)).not.toEqual(
      plain.map(({ uncertainty }) => uncertainty),
    );
  });
});
