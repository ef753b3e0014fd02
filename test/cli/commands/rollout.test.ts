import { expect, it } from 'vitest';
import { guardTestAnswer } from '../../support/guard-answers.ts';
import { PATTERN, TIME } from '../support/answers.ts';
import { always, fakeSession } from '../support/fake-session.ts';

const session = fakeSession();
const rollout = {
  generation: 8,
  share: 0.5,
  started_at: TIME,
  step_at: TIME,
  held: { code: 'arms_off', text: 'send the episode_id\u001b[31m', at: TIME },
  kind: 'paired',
  test: guardTestAnswer({
    test: 'candidate',
    blocks: 12,
    flips: { loosened: 40, tightened: 0, known: 30, unknown: 10 },
    log_wealth: { harm: 0, gain: 1.5 },
  }),
  arms: { events: 300, logged: 290, candidate: 20, control: 180, other: 1, differing: 2 },
  reality: {
    real: { success: 5, failure: 5 },
    virtual: { success: 30, failure: 20 },
    log_wealth: 0.1,
    line: 3,
  },
};

it('guard prints the candidate, its arms, what was traded, and why it waits', async () => {
  const answer = { pattern_key: PATTERN, guard: 'protect', as_of: TIME, running: true, tests: [], rollout };
  const result = await session.run(always(answer), ['guard', PATTERN]);
  expect(result.out).toMatchInlineSnapshot(`
    "pm.uptrend.S1.entry  guard protect, as of 2025-01-20 00:00:00Z

    test       since                 verdict    blocks  loosened  tightened  known          harm           gain
    candidate  2025-01-20 00:00:00Z  none     12 × 6 h        40          0     30  0.00 of 4.61  +1.50 of 3.00

    neither harm nor gain is proven

    generation 8 is tried on 50 % of the episodes since 2025-01-20 00:00:00Z (from 2025-01-20 00:00:00Z)
    arms: 20 events of the candidate, 180 of control, 3 of another arm than theirs
    taken by the candidate alone: 5 of 10 succeeded when traded, 30 of 50 when skipped
    "
  `);
  expect(result.err).toMatchInlineSnapshot(`
    "held since 2025-01-20 00:00:00Z (arms_off): send the episode_id\\u001b[31m
    "
  `);
});

it('rollout sends the action with its reason, and prints what serves', async () => {
  const answer = {
    pattern_key: PATTERN,
    mode: 'live',
    generation: 8,
    latest_generation: 8,
    last_change: { who: 'anna', at: TIME, what: 'rollout', why: 'promoted generation 8: better' },
  };
  const result = await session.run(always(answer), ['rollout', PATTERN, 'promote', '--reason', 'better']);
  expect(session.received.at(-1)).toMatchObject({ method: 'POST', path: `/v1/patterns/${PATTERN}/rollout` });
  expect(JSON.parse(session.received.at(-1)?.text ?? '')).toEqual({ action: 'promote', reason: 'better' });
  expect(result).toMatchObject({
    exit: 0,
    out: 'pm.uptrend.S1.entry serves generation 8: promoted generation 8: better\n',
  });
});

it('rollout says that nothing is in force beside a first candidate', async () => {
  const last_change = { who: 'anna', at: TIME, what: 'rollout', why: 'held generation 1: an outage' };
  const answer = { pattern_key: PATTERN, mode: 'live', generation: 0, latest_generation: 1, last_change };
  const { out } = await session.run(always(answer), ['rollout', PATTERN, 'hold', '--reason', 'an outage']);
  expect(out).toBe('pm.uptrend.S1.entry has no overrides in force: held generation 1: an outage\n');
});

it.each([
  [['rollout', PATTERN, 'stop', '--reason', 'x'], 'must be one of: promote, hold, end'],
  [['rollout', PATTERN, 'hold'], '--reason'],
])('%j is refused as a wrong use of the command', async (args, message) => {
  const result = await session.run(always({}), args);
  expect(result.exit).toBe(2);
  expect(result.err).toContain(message);
});
