import { describe, expect, it } from 'vitest';
import type { Lesson } from '../../shared/lesson/lesson.ts';
import { ladderReplay } from '../../shared/override/policies/replay-ladder.ts';
import { normalizeScope } from '../../shared/pattern/scope.ts';
import { scopeHash } from '../../shared/pattern/scope-hash.ts';
import { DX } from '../support/episodes.ts';

function lesson(count_1: number, count_3: number, n_success: number, scope: object = {}): Lesson {
  const scope_subset = normalizeScope(scope);
  return {
    action_category: 'tuning_dx_ladder',
    scope_subset,
    scope_hash: scopeHash(scope_subset),
    n: n_success,
    stats: {
      avg_dx_count: 2,
      count_1,
      count_2: n_success - count_1 - count_3,
      count_3,
      n_success,
      n_failure: 0,
      n_total: n_success,
      failure_rate: 0,
      ladder_pressure: (count_3 - count_1) / n_success,
    },
  };
}

const overridesOf = (...lessons: Lesson[]) => ladderReplay(DX, lessons).overrides;

describe('ladder replay', () => {
  it('A slice with significantly more successes of 3 rungs than of 1 gets the multiplier of drift', () => {
    // 60 successes of 3 rungs against 20 of 1 among 100: 4.5 standard errors, pressure 0.4, exp(0.2 · 0.4).
    expect(overridesOf(lesson(20, 60, 100))).toMatchObject([
      {
        action_category: 'tuning_dx_atr_mult',
        multiplier: Math.exp(0.08),
        confidence: 1,
        ladder_pressure: 0.4,
        reason:
          '60 successes of 3 rungs against 20 of 1 among 100: ladder pressure +0.4, +4.5 standard errors',
      },
    ]);
  });

  it('A slice whose successes of 3 rungs and of 1 differ no more than by chance gets a reason instead of an override', () => {
    // 12 successes of 3 rungs against 8 of 1 among 40: pressure 0.1, 0.9 standard errors.
    const { overrides, noOverrideReasons } = ladderReplay(DX, [lesson(8, 12, 40)]);
    expect(overrides).toEqual([]);
    expect([...noOverrideReasons.values()]).toEqual([
      {
        code: 'within_chance',
        text: '12 successes of 3 rungs against 8 of 1 among 40: +0.8 standard errors from even, and 2.6 are needed',
      },
    ]);
  });

  it('A ladder override needs more standard errors in a slice of more dimensions', () => {
    const shares = [21, 47, 100] as const;
    expect(overridesOf(lesson(...shares))).toHaveLength(1);
    expect(overridesOf(lesson(...shares, { chain: 'sol' }))).toHaveLength(0);
    expect(overridesOf(lesson(20, 50, 100, { chain: 'sol' }))).toHaveLength(1);
    expect(overridesOf(lesson(20, 50, 100, { chain: 'sol', bucket: 'nano' }))).toHaveLength(0);
    expect(overridesOf(lesson(0, 100, 100, { a: '1', b: '2', c: '3' }))).toHaveLength(0);
  });

  it('A ladder override has only the part of the multiplier that overrides of more general slices leave', () => {
    const wide = lesson(200, 600, 1000);
    const same = lesson(20, 60, 100, { chain: 'sol' });
    expect(overridesOf(wide, same)).toHaveLength(1);
    const other = lesson(80, 10, 100, { chain: 'base' });
    const [first, second] = overridesOf(wide, other);
    expect((first?.multiplier ?? 0) * (second?.multiplier ?? 0)).toBeCloseTo(Math.exp(0.2 * -0.7), 12);
  });

  it('Every ladder lesson gets an override or a reason, whatever the order of the lessons', () => {
    const lessons = [lesson(5, 4, 12), lesson(1, 1, 9, { chain: 'a' }), lesson(50, 5, 80, { chain: 'b' })];
    const { overrides, noOverrideReasons } = ladderReplay(DX, lessons);
    expect(overrides.length + noOverrideReasons.size).toBe(3);
    expect(ladderReplay(DX, lessons.toReversed())).toEqual({ overrides, noOverrideReasons });
  });
});
