import { describe, expect, it } from 'vitest';
import type { EpisodeColumns } from '../../../shared/episode/columns/columns.ts';
import { QUADRANT } from '../../../shared/episode/columns/columns.ts';
import { mineLessons } from '../../../shared/lesson/mine-lessons.ts';
import { contentOrder, STUDY_BUDGET, shuffleOutcomes } from '../../../shared/lesson/n-min/permutations.ts';
import { recommendNMin } from '../../../shared/lesson/n-min/recommend.ts';
import type { NMinRow, NMinStudy } from '../../../shared/lesson/n-min/schema.ts';
import { nMinStudySchema } from '../../../shared/lesson/n-min/schema.ts';
import { studyNMin } from '../../../shared/lesson/n-min/study.ts';
import { testAgainstRest } from '../../../shared/statistics/fisher-exact.ts';
import { minimumDetectableDifference } from '../../../shared/statistics/power.ts';
import { sfc32 } from '../../../shared/statistics/random.ts';
import { DX, S1 } from '../../support/episodes.ts';
import { randomOf, shuffled } from '../../support/random.ts';

interface Row {
  readonly scope: readonly number[];
  readonly quadrant: number;
  readonly dx?: number;
}

function columnsOf(rows: readonly Row[]): EpisodeColumns {
  return {
    size: rows.length,
    dimensions: (rows[0]?.scope ?? []).map((_, d) => ({
      name: 'abcdefgh'.charAt(d),
      values: ['v1', 'v2', 'v3', 'v4'],
      codes: Uint8Array.from(rows, row => row.scope[d] ?? 0),
    })),
    quadrant: Uint8Array.from(rows, row => row.quadrant),
    dxCount: Float64Array.from(rows, row => row.dx ?? Number.NaN),
  };
}

/** Events of four dimensions with four values each; a tenth is neutral, a tenth acted. */
function events(n: number, seed: number, chance: (scope: readonly number[]) => number): Row[] {
  const random = randomOf(seed);
  return Array.from({ length: n }, () => {
    const scope = [0, 1, 2, 3].map(() => 1 + Math.floor(random() * 4));
    const success = random() < chance(scope);
    const [acted, neutral] = [random() < 0.1, random() < 0.1];
    if (neutral) return { scope, quadrant: acted ? QUADRANT.actedNeutral : QUADRANT.skippedNeutral };
    if (acted) return { scope, quadrant: success ? QUADRANT.win : QUADRANT.falsePositive };
    return { scope, quadrant: success ? QUADRANT.miss : QUADRANT.dodge };
  });
}

const at = (study: NMinStudy, nMin: number): NMinRow => {
  const row = study.rows.find(r => r.n_min === nMin);
  if (!row) throw new Error(`no row of ${nMin}`);
  return row;
};
const study = (rows: readonly Row[], nMin = 33): NMinStudy => studyNMin(S1, columnsOf(rows), nMin);

const NULL = events(1500, 1, () => 0.3);
const ONE_VALUE = events(1500, 2, scope => (scope[1] === 2 ? 0.55 : 0.3));
/** Two combinations of three values, some 23 events each. */
const SMALL = events(1500, 3, scope =>
  scope[0] === scope[1] && scope[1] === scope[2] && (scope[0] ?? 0) <= 2 ? 0.95 : 0.15,
);

describe('a study', () => {
  it('fits its schema and has a row for each N_MIN from 10 to 60', () => {
    const found = study(ONE_VALUE);
    expect(nMinStudySchema.parse(found)).toEqual(found);
    expect(found.rows.map(row => row.n_min)).toEqual(Array.from({ length: 51 }, (_, i) => 10 + i));
    expect(found).toMatchObject({ n_min: 33, shuffles: 99, events: 1500 });
  });

  it.each([12, 25, 33, 50])('counts what learning at %d finds: one search serves every N_MIN', nMin => {
    for (const rows of [NULL, ONE_VALUE, SMALL]) {
      const { lessons } = mineLessons(S1, columnsOf(rows), nMin);
      const distinct = lessons.filter(lesson => lesson.same_as === undefined);
      const row = at(study(rows), nMin);
      expect(row.slices).toBe(lessons.length);
      expect(row.lessons).toBe(distinct.filter(lesson => lesson.uncertainty?.q !== undefined).length);
      expect(row.differ).toBe(distinct.filter(({ uncertainty: { q = 1 } = {} }) => q <= 0.1).length);
    }
  });

  it('finds about no lessons where success has nothing to do with the scope, and expects none', () => {
    const found = study(NULL);
    for (const row of found.rows) {
      expect(row.differ).toBeLessThanOrEqual(2);
      // At a false-discovery rate of 10 % anything is found in one shuffle of ten; of 99, up to three deviations more.
      expect(row.any_by_chance).toBeLessThan(0.19);
    }
    expect(found).toMatchObject({
      recommended: 33,
      advice: expect.stringMatching(/^Keep 33: none from 10 to 60/),
    });
  });

  it('finds a planted effect, and tells it from its echoes in more special slices', () => {
    const row = at(study(ONE_VALUE), 33);
    // b=v2 has more and what lies in it too; the other values of b have less; one in ten may be false.
    expect(row.differ).toBeGreaterThan(12);
    expect(row.general).toBeGreaterThanOrEqual(1);
    expect(row.general).toBeLessThan(row.differ / 2);
    expect(row.general_by_chance).toBeLessThan(0.5);
  });

  it('sees effects in slices that a higher N_MIN would not look at', () => {
    const found = study(SMALL, 33);
    expect(at(found, 15).differ).toBeGreaterThan(at(found, 33).differ);
  });

  it('is the same bytes for the same events in any order', () => {
    const random = randomOf(9);
    const text = JSON.stringify(study(SMALL));
    for (let i = 0; i < 3; i++) expect(JSON.stringify(study(shuffled(SMALL, random)))).toBe(text);
  });

  it('of other events deals other shuffles', () => {
    const chance = (rows: readonly Row[]) => study(rows).rows.map(row => row.any_by_chance);
    expect(chance(NULL)).not.toEqual(chance(events(1500, 4, () => 0.3)));
  });

  it('of a ladder pattern counts threes among threes and ones, over successes with a dx_count', () => {
    const random = randomOf(6);
    const rows = Array.from({ length: 600 }, (): Row => {
      const scope = [1 + Math.floor(random() * 2), 1 + Math.floor(random() * 3)];
      const dx = random() < (scope[0] === 1 ? 0.7 : 0.3) ? 3 : 1;
      return { scope, quadrant: random() < 0.5 ? QUADRANT.win : QUADRANT.dodge, dx };
    });
    const found = studyNMin(DX, columnsOf(rows), 33);
    expect(found.events).toBe(rows.filter(row => row.quadrant === QUADRANT.win).length);
    expect(found.base_share).toBeCloseTo(0.5, 1);
    expect(at(found, 33).differ).toBeGreaterThanOrEqual(2);
  });

  it.each([
    ['no events', []],
    ['too few events', events(9, 1, () => 0.5)],
    [
      'neutral events only',
      events(50, 1, () => 0.5).map(row => ({ ...row, quadrant: QUADRANT.skippedNeutral })),
    ],
    ['successes only', events(50, 1, () => 1).map(row => ({ ...row, quadrant: QUADRANT.miss }))],
  ])('of %s says that nothing shows', (_, rows) => {
    const found = study(rows);
    expect(nMinStudySchema.parse(found)).toEqual(found);
    expect(found.rows.every(row => row.differ === 0 && row.differ_by_chance === 0)).toBe(true);
    expect(found.advice).toMatch(/^Keep 33: /);
  });

  it('says when its budget left no room for all shuffles, or for all slices', () => {
    const columns = columnsOf(NULL);
    const few = studyNMin(S1, columns, 33, { ...STUDY_BUDGET, maxShuffled: 100_000 });
    expect(few.shuffles).toBeGreaterThan(0);
    expect(few.shuffles).toBeLessThan(99);
    expect(few.limited).toMatch(/^\d+ of 99 shuffles: 1500 events lie in too many slices/);
    const cut = studyNMin(S1, columns, 33, { ...STUDY_BUDGET, maxWork: 8000 });
    expect(cut.cut).toMatch(/^slices of more than [123] dimensions: more than 8000 record visits/);
    expect(cut.shuffles).toBe(99);
  });
});

describe('the least difference that shows', () => {
  // Cohen's tables: h for n = 33 against very many, alpha 0.1, power 0.8: 2.4865 / sqrt(33) = 0.43285.
  it('is Cohen’s', () => {
    const { more, fewer } = minimumDetectableDifference(0.5, 33, 1e12, 0.1);
    expect(more).toBeCloseTo(Math.sin(Math.PI / 4 + 0.43285 / 2) ** 2 - 0.5, 5);
    expect(fewer).toBeCloseTo(-(more ?? 0), 10);
  });

  it('is none where no share is far enough', () => {
    expect(minimumDetectableDifference(0.02, 10, 100, 0.1).fewer).toBeNull();
    expect(minimumDetectableDifference(0.98, 10, 100, 0.1).more).toBeNull();
    expect(minimumDetectableDifference(0.5, 0, 100, 0.1)).toEqual({ more: null, fewer: null });
    expect(minimumDetectableDifference(0.5, 10, 0, 0.1)).toEqual({ more: null, fewer: null });
  });

  it.each([
    [0.1, 33],
    [0.3, 33],
    [0.3, 60],
    [0.5, 20],
  ])(
    'is found with odds of four in five by the test of the lessons, at a share of %d and %d events',
    (base, n) => {
      const rest = 2000;
      const share = base + (minimumDetectableDifference(base, n, rest, 0.1).more ?? 0);
      let odds = (1 - share) ** n;
      let power = 0;
      for (let x = 0; x <= n; x++) {
        if (x > 0) odds *= ((n - x + 1) * share) / (x * (1 - share));
        const all = { successes: x + rest * base, trials: n + rest };
        if ((testAgainstRest({ successes: x, trials: n }, all)?.p ?? 1) <= 0.1) power += odds;
      }
      expect(power).toBeGreaterThan(0.7);
      expect(power).toBeLessThan(0.9);
    },
  );
});

describe('advice', () => {
  const row = (n_min: number, general: number, by = 0.1): NMinRow => ({
    n_min,
    slices: 9,
    lessons: 8,
    differ: general,
    general,
    differ_by_chance: by,
    general_by_chance: by,
    any_by_chance: 0.1,
    detectable: { more: 0.2, fewer: -0.1 },
    detectable_among: { more: 0.3, fewer: null },
  });

  it.each([
    ['nothing is found', [row(10, 1), row(20, 0), row(33, 0)], 33],
    ['chance would find as much', [row(10, 9, 8.5), row(20, 3, 2.5), row(33, 0)], 33],
    ['another finds no more than a count moves by itself', [row(10, 12), row(20, 11), row(33, 9)], 33],
    ['lower ones find clearly more: the highest of them', [row(10, 26), row(20, 25), row(33, 9)], 20],
    ['a higher one finds clearly more', [row(10, 2), row(20, 3), row(33, 3), row(50, 12)], 50],
  ])('where %s', (_, rows, recommended) => {
    const given = recommendNMin(rows, 33, 500);
    expect(given.recommended).toBe(recommended);
    expect(given.advice).toMatch(
      recommended === 33 ? /^Keep 33: / : new RegExp(`^Use ${recommended}: .*where 33 finds`),
    );
    expect(given.advice).toMatch(/[^.]\.$/);
  });

  it('for one in force that was not studied leaves it or names another', () => {
    expect(recommendNMin([row(10, 0), row(60, 0)], 200, 500).advice).toMatch(/^Leave 200 as it is: /);
    expect(recommendNMin([row(10, 5), row(60, 9)], 200, 500)).toMatchObject({ recommended: 60 });
  });
});

describe('dealing', () => {
  it('sorts rows by what they are, whatever order they came in', () => {
    const codes = Uint8Array.from([2, 1, 2, 0, 1]);
    const classes = Uint8Array.from([1, 1, 0, 0, 1]);
    const order = contentOrder(5, classes, [{ name: 'a', values: ['x', 'y'], codes }]);
    expect([...order].map(r => [classes[r], codes[r]])).toEqual([
      [0, 0],
      [0, 2],
      [1, 1],
      [1, 1],
      [1, 2],
    ]);
  });

  it('gives each cell of the pool the same odds, and no other any', () => {
    const next = sfc32(11);
    const pool = Uint32Array.from([1, 3, 4, 6, 7]);
    const often = new Array<number>(9).fill(0);
    for (let i = 0; i < 5000; i++) {
      const cells = new Uint8Array(9);
      shuffleOutcomes(cells, 2, pool, 2, next);
      expect(cells.reduce((sum, bits) => sum + bits, 0)).toBe(4);
      cells.forEach((bits, cell) => {
        often[cell] = (often[cell] ?? 0) + bits / 2;
      });
    }
    expect([0, 2, 5, 8].map(cell => often[cell])).toEqual([0, 0, 0, 0]);
    // 2,000 of 5,000 each; four standard deviations are 139
    for (const cell of [1, 3, 4, 6, 7]) expect(Math.abs((often[cell] ?? 0) - 2000)).toBeLessThan(139);
  });
});
