import { expect, it } from 'vitest';
import { CHANGE, PATTERN } from '../support/answers.ts';
import { always, fakeSession } from '../support/fake-session.ts';

const session = fakeSession();
const answer = {
  pattern_key: PATTERN,
  mode: 'off',
  generation: 6,
  latest_generation: 7,
  last_change: CHANGE,
};

it('mode and rollback send one request with the reason, and leave a long pattern key unchanged', async () => {
  const result = await session.run(always(answer), [
    'mode',
    'module=pm|pattern_key=uptrend.S1.entry',
    'off',
    '--reason',
    'outage',
  ]);
  expect(result).toMatchObject({ exit: 0, out: `${PATTERN} is off at generation 6\n` });
  expect(session.received[0]).toMatchObject({
    method: 'PUT',
    path: '/v1/patterns/module%3Dpm%7Cpattern_key%3Duptrend.S1.entry/mode',
  });
  expect(session.sentBody).toEqual({ mode: 'off', reason: 'outage' });
  await session.run(always(answer), ['rollback', PATTERN, '6', '--reason', 'bad feed']);
  expect(session.received[0]).toMatchObject({ method: 'POST', path: `/v1/patterns/${PATTERN}/rollback` });
  expect(session.sentBody).toEqual({ generation: 6, reason: 'bad feed' });
});

it('settings sends only the settings of its options, and prints the settings in force', async () => {
  const inForce = {
    pattern_key: PATTERN,
    policy: 'replay',
    challengers: ['drift'],
    payoff: { win: 1.5, loss: 1 },
    n_min: 50,
    lookback_days: 90,
    jump: 1.5,
    on_jump: 'warn',
    halt: 'advise',
    guard: 'protect',
    base_thresholds: {},
    max_overrides: 20_000,
  };
  const argv = ['settings', PATTERN, '--n-min', '50', '--win', '1.5', '--loss', '1', '--reason', 'thin data'];
  const result = await session.run(always({ ...inForce, last_change: CHANGE }), argv);
  expect(session.sentBody).toEqual({ n_min: 50, payoff: { win: 1.5, loss: 1 }, reason: 'thin data' });
  expect(result.out).toContain('payoff    win 1.5, loss 1');
  expect(result.out).toContain('policy    replay, compared with drift');
  await session.run(always({ ...inForce, last_change: CHANGE }), [
    ...['settings', PATTERN, '--policy', 'replay', '--challengers', 'drift, replay', '--reason', 'evidence'],
  ]);
  expect(session.sentBody).toEqual({
    policy: 'replay',
    challengers: ['drift', 'replay'],
    reason: 'evidence',
  });
  expect(result.out).toContain('jump      warn beyond a factor of 1.5');
  expect(result.out).toContain('overrides at most 20000');
  await session.run(always(inForce), ['settings', PATTERN, '--max-overrides', '500', '--reason', 'small']);
  expect(session.sentBody).toEqual({ max_overrides: 500, reason: 'small' });
  await session.run(always(inForce), [
    ...['settings', PATTERN, '--jump', '1.3', '--on-jump', 'hold', '--reason', 'large account'],
  ]);
  expect(session.sentBody).toEqual({ jump: 1.3, on_jump: 'hold', reason: 'large account' });
  await session.run(always(inForce), ['settings', PATTERN, '--challengers', 'none', '--reason', 'cost']);
  expect(session.sentBody).toEqual({ challengers: [], reason: 'cost' });
  await session.run(always(inForce), ['settings', PATTERN, '--reset', 'n-min, payoff', '--reason', 'enough']);
  expect(session.sentBody).toEqual({ n_min: null, payoff: null, reason: 'enough' });
});
