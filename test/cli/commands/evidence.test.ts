import { expect, it } from 'vitest';
import { PATTERN, TIME } from '../support/answers.ts';
import { always, fakeSession } from '../support/fake-session.ts';

const session = fakeSession();
const fold = { from: TIME, to: '2025-01-27T00:00:00.000Z', learned: 81, events: 15, overrides: 2, gain: -3 };
const drift = {
  policy: 'drift',
  overrides: 6,
  events: 15,
  gain_per_event: -0.2,
  low: -0.4,
  high: 0.01,
  folds: [fold],
};
const answer = {
  pattern_key: PATTERN,
  policy: 'drift',
  as_of: TIME,
  lookback_days: 90,
  n_min: 33,
  payoff: { win: 2, loss: 1 },
  base_per_event: 0.02,
  policies: [
    drift,
    { ...drift, policy: 'replay', overrides: 0, gain_per_event: 0, low: 0, high: 0, folds: [] },
  ],
  says: 'drift shows no difference',
};

it('evidence prints the policies side by side, their weeks, and the comparison in words', async () => {
  const result = await session.run(always(answer), ['evidence', PATTERN]);
  expect(result).toMatchObject({ exit: 0, err: '' });
  expect(result.out).toMatchInlineSnapshot(`
    "pm.uptrend.S1.entry, as of 2025-01-20 00:00:00Z, payoff 2:1

    policy   overrides  events scored  gain per event  90 % interval
    drift *          6             15         -0.2000  -0.4000 to +0.0100
    replay           0             15          0.0000  0.0000 to 0.0000

    week from             policy  learned from  overrides  scored  gain
    2025-01-20 00:00:00Z  drift             81          2      15    -3

    drift shows no difference
    "
  `);
});

it('evidence prints one sentence for a pattern without a run', async () => {
  const none = { ...answer, as_of: null, policies: [], says: 'no run has compared them' };
  expect((await session.run(always(none), ['evidence', PATTERN])).out).toContain('no run has compared them');
});
