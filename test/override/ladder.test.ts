import { describe, expect, test } from 'vitest';
import type { Lesson } from '../../shared/lesson/lesson.ts';
import { drift } from '../../shared/override/policies/drift.ts';
import { replayLadder } from '../../shared/override/replay/ladder.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { scopeHash } from '../../shared/pattern/scope.ts';

const S3_DX = parsePatternKey('pm.uptrend.S3.dx');

function lesson(count_1: number, count_2: number, count_3: number): Lesson {
  const n_success = count_1 + count_2 + count_3;
  return {
    action_category: 'tuning_dx_ladder',
    scope_subset: {},
    scope_hash: scopeHash({}),
    n: n_success,
    stats: {
      avg_dx_count: (count_1 + 2 * count_2 + 3 * count_3) / n_success,
      count_1,
      count_2,
      count_3,
      n_success,
      n_failure: 0,
      n_total: n_success,
      failure_rate: 0,
      ladder_pressure: (count_3 - count_1) / n_success,
    },
  };
}

describe('the DX ladder under replay', () => {
  test('is what drift makes of it where the share of threes differs from that of ones', () => {
    // 40 − 10 = 30 against 2.75·sqrt(50) = 19.4
    const clear = lesson(10, 10, 40);
    const { overrides, silences } = replayLadder(S3_DX, [clear]);
    expect(overrides).toHaveLength(1);
    expect(overrides).toEqual(drift(S3_DX, [clear]));
    expect(silences).toEqual([]);
  });

  test('is left alone where chance may have made the difference, though drift moves it', () => {
    const noise = lesson(20, 10, 30);
    expect(drift(S3_DX, [noise])).toHaveLength(1);
    expect(replayLadder(S3_DX, [noise])).toEqual({
      overrides: [],
      silences: [
        { lesson: noise, reason: 'interval includes 0: 30 successes of 3 rungs less 20 of 1, ± 19.4' },
      ],
    });
  });
});
