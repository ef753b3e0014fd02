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
    ['nothing is found', [row(10, 1), row(20, 0), row(33, 0)], 33],
    ['chance would find as much', [row(10, 9, 8.5), row(20, 3, 2.5), row(33, 0)], 33],
    ['another finds more by less than one standard error', [row(10, 12), row(20, 11), row(33, 9)], 33],
    [
      'lower ones find clearly more, of which the highest is recommended',
      [row(10, 26), row(20, 25), row(33, 9)],
      20,
    ],
    ['a higher one finds clearly more', [row(10, 2), row(20, 3), row(33, 3), row(50, 12)], 50],
  ])('The recommendation follows the findings where %s', (_, rows, recommended) => {
    const given = recommendNMin(rows, 33, 500);
    expect(given.recommended).toBe(recommended);
    expect(given.advice).toMatch(
      recommended === 33 ? /^Keep 33: / : new RegExp(`^Use ${recommended}: .*where 33 finds`),
    );
    expect(given.advice).toMatch(/[^.]\.$/);
  });

  it('An N_MIN in force outside of the studied range is left as it is, or another is recommended', () => {
    expect(recommendNMin([row(10, 0), row(60, 0)], 200, 500).advice).toMatch(/^Leave 200 as it is: /);
    expect(recommendNMin([row(10, 5), row(60, 9)], 200, 500)).toMatchObject({ recommended: 60 });
  });
});
