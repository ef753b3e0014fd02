import { describe, expect, it } from 'vitest';
import type { EpisodeColumns } from '../../../shared/episode/columns/columns.ts';
import { QUADRANT } from '../../../shared/episode/columns/columns.ts';
import { mineLessons } from '../../../shared/lesson/mine-lessons.ts';
import { STUDY_BUDGET } from '../../../shared/lesson/n-min/permutations.ts';
import type { NMinRow, NMinStudy } from '../../../shared/lesson/n-min/schema.ts';
import { nMinStudySchema } from '../../../shared/lesson/n-min/schema.ts';
import { studyNMin } from '../../../shared/lesson/n-min/study.ts';
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

/** Makes events of four dimensions with four values each; a tenth of them is neutral, and a tenth acted. */
function events(n: number, seed: number, successRate: (scope: readonly number[]) => number): Row[] {
  const random = randomOf(seed);
  return Array.from({ length: n }, () => {
    const scope = [0, 1, 2, 3].map(() => 1 + Math.floor(random() * 4));
    const success = random() < successRate(scope);
    const [acted, neutral] = [random() < 0.1, random() < 0.1];
    if (neutral) return { scope, quadrant: acted ? QUADRANT.actedNeutral : QUADRANT.skippedNeutral };
    if (acted) return { scope, quadrant: success ? QUADRANT.win : QUADRANT.falsePositive };
    return { scope, quadrant: success ? QUADRANT.miss : QUADRANT.dodge };
  });
}

const rowAt = (study: NMinStudy, nMin: number): NMinRow => {
  const row = study.rows.find(r => r.n_min === nMin);
  if (!row) throw new Error(`the study has no row for ${nMin}`);
  return row;
};
const study = (rows: readonly Row[], nMin = 33): NMinStudy => studyNMin(S1, columnsOf(rows), nMin);

const NO_EFFECT = events(1500, 1, () => 0.3);
const ONE_VALUE = events(1500, 2, scope => (scope[1] === 2 ? 0.55 : 0.3));
/** Events that mostly succeed in two combinations of three values, each with some 23 events. */
const SMALL = events(1500, 3, scope =>
  scope[0] === scope[1] && scope[1] === scope[2] && (scope[0] ?? 0) <= 2 ? 0.95 : 0.15,
);

describe('the study of N_MIN', () => {
  it('A study fits its schema and has a row for each N_MIN from 10 to 60', () => {
    const result = study(ONE_VALUE);
    expect(nMinStudySchema.parse(result)).toEqual(result);
    expect(result.rows.map(row => row.n_min)).toEqual(Array.from({ length: 51 }, (_, i) => 10 + i));
    expect(result).toMatchObject({ n_min: 33, shuffles: 99, events: 1500 });
  });

  it.each([12, 25, 33, 50])(
    'The row of a study for N_MIN %d has the counts of mining at that N_MIN',
    nMin => {
      for (const rows of [NO_EFFECT, ONE_VALUE, SMALL]) {
        const { lessons } = mineLessons(S1, columnsOf(rows), nMin);
        const distinct = lessons.filter(lesson => lesson.same_as === undefined);
        const row = rowAt(study(rows), nMin);
        expect(row.slices).toBe(lessons.length);
        expect(row.lessons).toBe(distinct.filter(lesson => lesson.uncertainty?.q !== undefined).length);
        expect(row.differ).toBe(distinct.filter(({ uncertainty: { q = 1 } = {} }) => q <= 0.1).length);
      }
    },
  );

  it('A study finds at most two lessons that differ where success does not depend on the scope, and advises to keep N_MIN', () => {
    const result = study(NO_EFFECT);
    for (const row of result.rows) {
      expect(row.differ).toBeLessThanOrEqual(2);
      // At a false-discovery rate of 10 %, a tenth of the 99 permutations has findings; the bound adds three standard deviations.
      expect(row.any_by_chance).toBeLessThan(0.19);
    }
    expect(result).toMatchObject({
      recommended: 33,
      advice: expect.stringMatching(/^Keep 33: none from 10 to 60/),
    });
  });

  it('A study finds a planted effect and has fewer than half as many general findings as lessons that differ', () => {
    const row = rowAt(study(ONE_VALUE), 33);
    // b=v2 and the slices within it have more successes, the other values of b have fewer; one in ten may be false.
    expect(row.differ).toBeGreaterThan(12);
    expect(row.general).toBeGreaterThanOrEqual(1);
    expect(row.general).toBeLessThan(row.differ / 2);
    expect(row.general_by_chance).toBeLessThan(0.5);
  });

  it('A lower N_MIN finds effects in slices that are too small for a higher one', () => {
    const result = study(SMALL, 33);
    expect(rowAt(result, 15).differ).toBeGreaterThan(rowAt(result, 33).differ);
  });

  it('The same events in any order give a study of the same bytes', () => {
    const random = randomOf(9);
    const text = JSON.stringify(study(SMALL));
    for (let i = 0; i < 3; i++) expect(JSON.stringify(study(shuffled(SMALL, random)))).toBe(text);
  });

  it('Different events get different permutations', () => {
    const shares = (rows: readonly Row[]) => study(rows).rows.map(row => row.any_by_chance);
    expect(shares(NO_EFFECT)).not.toEqual(shares(events(1500, 4, () => 0.3)));
  });

  it('The study of a ladder pattern reads successes with a dx_count and compares the share of three rungs among one and three', () => {
    const random = randomOf(6);
    const rows = Array.from({ length: 600 }, (): Row => {
      const scope = [1 + Math.floor(random() * 2), 1 + Math.floor(random() * 3)];
      const dx = random() < (scope[0] === 1 ? 0.7 : 0.3) ? 3 : 1;
      return { scope, quadrant: random() < 0.5 ? QUADRANT.win : QUADRANT.dodge, dx };
    });
    const result = studyNMin(DX, columnsOf(rows), 33);
    expect(result.events).toBe(rows.filter(row => row.quadrant === QUADRANT.win).length);
    expect(result.base_share).toBeCloseTo(0.5, 1);
    expect(rowAt(result, 33).differ).toBeGreaterThanOrEqual(2);
  });

  it.each([
    ['no events', []],
    ['too few events', events(9, 1, () => 0.5)],
    [
      'neutral events only',
      events(50, 1, () => 0.5).map(row => ({ ...row, quadrant: QUADRANT.skippedNeutral })),
    ],
    ['successes only', events(50, 1, () => 1).map(row => ({ ...row, quadrant: QUADRANT.miss }))],
  ])('The study of %s finds nothing and advises to keep N_MIN', (_, rows) => {
    const result = study(rows);
    expect(nMinStudySchema.parse(result)).toEqual(result);
    expect(result.rows.every(row => row.differ === 0 && row.differ_by_chance === 0)).toBe(true);
    expect(result.advice).toMatch(/^Keep 33: /);
  });

  it('A study reports when its budget allows fewer permutations, or fewer slices', () => {
    const columns = columnsOf(NO_EFFECT);
    const few = studyNMin(S1, columns, 33, { ...STUDY_BUDGET, maxShuffled: 100_000 });
    expect(few.shuffles).toBeGreaterThan(0);
    expect(few.shuffles).toBeLessThan(99);
    expect(few.limited).toMatch(/^\d+ of 99 permutations: 1500 events lie in too many slices/);
    const cut = studyNMin(S1, columns, 33, { ...STUDY_BUDGET, maxWork: 8000 });
    expect(cut.cut).toMatch(/^slices of more than [123] dimensions: more than 8000 record visits/);
    expect(cut.shuffles).toBe(99);
  });
});
