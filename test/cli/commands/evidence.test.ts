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
  over_random: { gain_per_event: 0.05, low: -0.1, high: 0.2 },
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

    policy   overrides  scored  gain/event  90 % interval       over chance (90 %)            over never (90 %)
    drift *          6      15     -0.2000  -0.4000 to +0.0100  +0.0500 (-0.1000 to +0.2000)
    replay           0      15      0.0000  0.0000 to 0.0000    +0.0500 (-0.1000 to +0.2000)

    week from   policy  learned  overrides  scored  gain
    2025-01-20  drift        81          2      15    -3

    drift shows no difference
    "
  `);
});

it('evidence prints the measured payoffs beside the configured one, and what they contradict', async () => {
  const win = { n: 40, mean: 1.62, error: 0.07, low: 1.5, high: 1.74 };
  const loss = { n: 51, mean: 1.13, error: 0.03, low: 1.08, high: 1.18 };
  const payoffs = {
    configured: { win: 2, loss: 1, break_even: 1 / 3 },
    measured: { win, loss, break_even: 0.411 },
    used: 'configured',
    contradiction: '40 acted successes return 1.62 R',
    by_timeframe: [{ timeframe: '15m', win: { n: 1, mean: 1.4 } }],
  };
  const result = await session.run(always({ ...answer, break_even: 1 / 3, payoffs }), ['evidence', PATTERN]);
  expect(result.out.split('\n\npolicy ')[0]).toMatchInlineSnapshot(`
    "pm.uptrend.S1.entry, as of 2025-01-20 00:00:00Z, payoff 2:1, break-even 33.3 %

    payoff                  win  returns           loss  returns  break-even
    configured *              2                       1               33.3 %
    measured      1.620 ± 0.070       40  1.130 ± 0.030       51      41.1 %
      15m                 1.400        1
    the returns contradict the payoff: 40 acted successes return 1.62 R"
  `);
});

it('evidence prints one sentence for a pattern without a run', async () => {
  const none = { ...answer, as_of: null, policies: [], says: 'no run has compared them' };
  expect((await session.run(always(none), ['evidence', PATTERN])).out).toContain('no run has compared them');
});
