import { expect, it } from 'vitest';
import { guardTestAnswer } from '../../support/guard-answers.ts';
import { PATTERN, TIME } from '../support/answers.ts';
import { always, fakeSession } from '../support/fake-session.ts';

const session = fakeSession();
const whole = guardTestAnswer({
  blocks: 60,
  flips: { loosened: 1200, tightened: 4, known: 1100, unknown: 104 },
  log_wealth: { harm: 4.71, gain: 0.02 },
  verdict: 'harmful',
  sentence: 'what is in force is worse than the base thresholds',
  path: [{ at: TIME, harm: 4.71, gain: -2.5 }],
});
const answer = {
  pattern_key: PATTERN,
  guard: 'protect',
  as_of: TIME,
  running: false,
  tests: [whole, { ...whole, test: 'recent', verdict: 'none', sentence: 'nothing is proven' }],
  decision: { at: TIME, action: 'protect', sentence: whole.sentence },
};

it('guard prints each test with its flips and both sides of its wealth, then what was decided', async () => {
  const result = await session.run(always(answer), ['guard', PATTERN]);
  expect(session.received[0]?.path ?? '').toContain(`/v1/patterns/${PATTERN}/guard`);
  expect(result.exit).toBe(0);
  expect(result.out).toMatchInlineSnapshot(`
    "pm.uptrend.S1.entry  guard protect, not running, as of 2025-01-20 00:00:00Z

    test    since                 verdict    blocks  loosened  tightened  known           harm           gain
    whole   2025-01-20 00:00:00Z  harmful  60 × 6 h     1,200          4  1,100  +4.71 of 4.61  +0.02 of 3.00
    recent  2025-01-20 00:00:00Z  none     60 × 6 h     1,200          4  1,100  +4.71 of 4.61  +0.02 of 3.00

    what is in force is worse than the base thresholds
    nothing is proven
    "
  `);
  expect(result.err).toMatchInlineSnapshot(`
    "decided on 2025-01-20 00:00:00Z (protect): what is in force is worse than the base thresholds
    "
  `);
});

it('guard says so when no run has tested the pattern yet', async () => {
  const { as_of: _, decision: __, ...untested } = { ...answer, running: true, tests: [] };
  const result = await session.run(always(untested), ['guard', PATTERN]);
  expect(result).toMatchObject({ exit: 0, err: '' });
  expect(result.out).toContain('no run has tested what is in force yet');
});

it('guard --json prints the answer of the service as it is', async () => {
  const result = await session.run(always(answer), ['guard', PATTERN, '--json']);
  expect(JSON.parse(result.out)).toEqual(answer);
});

it('guard prints no control characters of a sentence', async () => {
  const hostile = { ...whole, sentence: 'harm\u001b[31m red' };
  const result = await session.run(always({ ...answer, tests: [hostile] }), ['guard', PATTERN]);
  expect(result.out).not.toContain('\u001b[31m');
});
