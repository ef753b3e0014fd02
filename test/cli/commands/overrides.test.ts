import { expect, it } from 'vitest';
import { HASH, PATTERN } from '../support/answers.ts';
import { always, fakeSession } from '../support/fake-session.ts';

const session = fakeSession();
it('overrides prints the effect and the reason of each override', async () => {
  const row = { pattern_key: PATTERN, scope_hash: HASH, confidence: 1 };
  const overrides = [
    {
      ...row,
      action_category: 'tuning_slope_min',
      delta: -0.0025,
      scope_subset: { a: 'b' },
      n: 44,
      reason: 'fewer misses',
    },
    {
      ...row,
      action_category: 'tuning_ts_min',
      multiplier: 0.98511,
      scope_subset: {},
      n: 104,
      reason: 'more misses',
    },
  ];
  const result = await session.run(always({ pattern_key: PATTERN, generation: 1, overrides }), [
    'overrides',
    PATTERN,
  ]);
  expect(result.out).toMatchInlineSnapshot(`
    "pm.uptrend.S1.entry, generation 1, 2 overrides

    slice       lever               effect    n  confidence  why
    everything  tuning_ts_min     × 0.9851  104        1.00  more misses
    a=b         tuning_slope_min   -0.0025   44        1.00  fewer misses
    "
  `);
});
