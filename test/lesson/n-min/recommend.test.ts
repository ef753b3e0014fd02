import { describe, expect, it } from 'vitest';
import { recommendNMin } from '../../../shared/lesson/n-min/recommend.ts';
import type { NMinRow } from '../../../shared/lesson/n-min/schema.ts';

describe('the recommended N_MIN', () => {
  const row = (n_min: number, general: number, byChance = 0.1): NMinRow => ({
    n_min,
    slices: 9,
    lessons: 8,
    differ: general,
    general,
    differ_by_chance: byChance,
    general_by_chance: byChance,
    any_by_chance: 0.1,
    detectable: { more: 0.2, fewer: -0.1 },
    detectable_among: { more: 0.3, fewer: null },
  });

  it.each([
    ['The N_MIN in force is kept when no N_MIN has a finding', [row(10, 1), row(20, 0), row(33, 0)], 33],
    [
      'The N_MIN in force is kept when chance would find as much',
      [row(10, 9, 8.5), row(20, 3, 2.5), row(33, 0)],
      33,
    ],
    [
      'The N_MIN in force is kept when another finds more by less than one standard error',
      [row(10, 12), row(20, 11), row(33, 9)],
      33,
    ],
    [
      'The highest of the lower ones that find clearly more is recommended as N_MIN',
      [row(10, 26), row(20, 25), row(33, 9)],
      20,
    ],
    [
      'A higher N_MIN is recommended when it finds clearly more',
      [row(10, 2), row(20, 3), row(33, 3), row(50, 12)],
      50,
    ],
  ])('%s', (_, rows, recommended) => {
    const recommendation = recommendNMin(rows, 33, 500);
    expect(recommendation.recommended).toBe(recommended);
    expect(recommendation.advice).toMatch(
      recommended === 33 ? /^Keep 33: / : new RegExp(`^Use ${recommended}: .*where 33 finds`),
    );
    expect(recommendation.advice).toMatch(/[^.]\.$/);
  });

  it('An N_MIN in force outside the studied range is kept unless another one has findings', () => {
    expect(recommendNMin([row(10, 0), row(60, 0)], 200, 500).advice).toMatch(/^Leave 200 as it is: /);
    expect(recommendNMin([row(10, 5), row(60, 9)], 200, 500)).toMatchObject({ recommended: 60 });
  });
});
