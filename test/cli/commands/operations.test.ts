import { expect, it } from 'vitest';
import { CHANGE, cycleRecord, PATTERN, TIME } from '../support/answers.ts';
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

it('settings sends only the settings of its options, and prints the settings in force with their sources', async () => {
  const inForce = {
    pattern_key: PATTERN,
    policy: 'replay',
    challengers: ['drift'],
    payoff: { win: 1.5, loss: 1 },
    payoff_fallback: { win: 2, loss: 1 },
    n_min: 50,
    lookback_days: 90,
    jump: 1.5,
    on_jump: 'warn',
    halt: 'advise',
    score: 'off',
    guard: 'protect',
    rollout: 'immediate',
    base_thresholds: {},
    max_overrides: 20_000,
    sources: { policy: 'pattern', n_min: 'pattern', payoff: 'stage', halt: 'default' },
    last_change: null,
  };
  const argv = ['settings', PATTERN, '--n-min', '50', '--win', '1.5', '--loss', '1', '--reason', 'thin data'];
  const result = await session.run(always({ ...inForce, last_change: CHANGE }), argv);
  expect(session.sentBody).toEqual({ n_min: 50, payoff: { win: 1.5, loss: 1 }, reason: 'thin data' });
  expect(result.out).toMatch(/payoff +win 1.5, loss 1 +stage\n/);
  expect(result.out).toMatch(/policy +replay +pattern\n/);
  expect(result.out).toMatch(/halt +advise +default\n/);
  await session.run(always({ ...inForce, last_change: CHANGE }), [
    ...['settings', PATTERN, '--policy', 'replay', '--challengers', 'drift, replay', '--reason', 'evidence'],
  ]);
  expect(session.sentBody).toEqual({
    policy: 'replay',
    challengers: ['drift', 'replay'],
    reason: 'evidence',
  });
  await session.run(always({ ...inForce, last_change: CHANGE }), [
    'settings',
    PATTERN,
    '--max-overrides',
    '500',
    '--reason',
    'small',
  ]);
  expect(session.sentBody).toEqual({ max_overrides: 500, reason: 'small' });
  await session.run(always({ ...inForce, last_change: CHANGE }), [
    ...['settings', PATTERN, '--jump', '1.3', '--on-jump', 'hold', '--reason', 'large account'],
  ]);
  expect(session.sentBody).toEqual({ jump: 1.3, on_jump: 'hold', reason: 'large account' });
  await session.run(always({ ...inForce, last_change: CHANGE }), [
    'settings',
    PATTERN,
    '--challengers',
    'none',
    '--reason',
    'cost',
  ]);
  expect(session.sentBody).toEqual({ challengers: [], reason: 'cost' });
  await session.run(always({ ...inForce, last_change: CHANGE }), [
    'settings',
    PATTERN,
    '--reset',
    'n-min, payoff',
    '--reason',
    'enough',
  ]);
  expect(session.sentBody).toEqual({ n_min: null, payoff: null, reason: 'enough' });
  const returned = {
    configured: { win: 1.5, loss: 1, break_even: 0.4 },
    measured: { win: { n: 40, mean: 1.6234 }, loss: { n: 51, mean: 1.1 } },
    used: 'measured',
    by_timeframe: [],
  };
  const measured = await session.run(
    always({ ...inForce, payoff: 'measured', payoffs: returned, last_change: CHANGE }),
    [...['settings', PATTERN, '--payoff', 'measured', '--reason', 'returns are net of costs']],
  );
  expect(session.sentBody).toEqual({ payoff: 'measured', reason: 'returns are net of costs' });
  expect(measured.out).toMatch(
    /payoff +measured; with too few returns win 2, loss 1; returns so far: win 1\.62, loss 1\.1 +stage\n/,
  );
});

it('settings without options sends no change and shows what is in force', async () => {
  const settings = {
    policy: 'replay',
    challengers: [],
    payoff: { win: 2, loss: 1 },
    payoff_fallback: { win: 2, loss: 1 },
    n_min: 33,
    lookback_days: 90,
  };
  const more = {
    jump: 1.5,
    on_jump: 'warn',
    halt: 'advise',
    score: 'off',
    base_thresholds: {},
    max_overrides: 20_000,
  };
  const answer = {
    pattern_key: PATTERN,
    ...settings,
    ...more,
    guard: 'protect',
    rollout: 'immediate',
    sources: { n_min: 'default', guard: 'stage' },
    last_change: CHANGE,
  };
  const result = await session.run(always(answer), ['settings', PATTERN]);
  expect(result).toMatchObject({ exit: 0, err: '' });
  expect(session.received[0]).toMatchObject({ method: 'GET', path: `/v1/patterns/${PATTERN}/settings` });
  expect(result.out).toMatch(/^guard +protect +stage$/m);
  expect(result.out).toContain('last change of the pattern: 2025-01-20 00:00:00Z by local: outage');
});

it.each([
  ['off', 'look-ups of every pattern are neutral'],
  ['live', 'each pattern follows its own mode'],
])('%s sends the switch for everything with its reason', async (mode, text) => {
  const change = { mode, last_change: { ...CHANGE, why: `service ${mode}: outage` } };
  const result = await session.run(always(change), [mode, '--reason', 'outage']);
  expect(result).toMatchObject({ exit: 0, out: expect.stringContaining(text) });
  expect(session.received[0]).toMatchObject({ method: 'PUT', path: '/v1/mode' });
  expect(session.sentBody).toEqual({ mode, reason: 'outage' });
});

it('cycles lists the runs with what failed, and shows one by its id', async () => {
  const failed = {
    ...cycleRecord('partial'),
    who: 'system:cycle',
    patterns_failed: 1,
    warnings: [],
    settings: {},
  };
  const list = await session.run(always({ cycles: [failed] }), ['cycles']);
  expect(list).toMatchObject({ exit: 0, out: expect.stringContaining('1 of 1 pattern failed') });
  const one = await session.run(always({ ...failed, trial: false }), ['cycles', 'c1']);
  expect(session.received[0]).toMatchObject({ path: '/v1/cycles/c1' });
  expect(one.out).toContain('32 of 33 in bucket=nano');
});

it('events lists stored events with the outcome that counts', async () => {
  const outcomes = [
    { outcome: 'success', resolved_at: TIME },
    { outcome: 'failure', resolved_at: TIME, correction: true, return: -1 },
  ];
  const row = {
    pattern_key: PATTERN,
    episode_id: 'e\u001b',
    window: 'w',
    decision: 'acted',
    scope: { chain: 'x' },
  };
  const events = [{ ...row, factors: {}, timestamp: TIME, outcomes }];
  const result = await session.run(always({ events, next: 'n' }), ['events', PATTERN, '--limit', '1']);
  expect(session.received[0]?.query.get('limit')).toBe('1');
  expect(result.out).toMatch(/e\\u001b \/ w +acted +failure \(-1 R, corrected\) +chain=x/);
  expect(result.out).toContain('--limit shows more');
  const empty = await session.run(always({ events: [] }), ['events', PATTERN]);
  expect(empty.out).toBe('no such event is stored\n');
});

it('writers lists who sent events, the largest share first, and excludes a writer with a reason', async () => {
  const row = { since: TIME, share: 0.25, excluded: false };
  const page = {
    events: 4,
    unattributed: 0,
    writers: [
      { ...row, writer: 'token:a', events: 1 },
      {
        ...row,
        writer: 'token:b',
        events: 3,
        share: 0.75,
        excluded: true,
        excluded_by: 'op',
        reason: 'leak',
      },
    ],
  };
  const listed = await session.run(always(page), ['writers', '--pattern', PATTERN]);
  expect(listed.out).toMatch(/token:b +3 +75\.0 % +by op: leak\ntoken:a +1 +25\.0 %/);
  const excluded = { writer: 'token:b', since: TIME, excluded: true };
  const argv = ['writers', '--exclude', 'token:b', '--reason', 'leak'];
  expect((await session.run(always(excluded), argv)).out).toMatch(/token:b is excluded: the next run/);
  expect(session.sentBody).toEqual({ writer: 'token:b', excluded: true, reason: 'leak' });
  expect((await session.run(always(excluded), argv.slice(0, 3))).exit).toBe(2);
  const both = [...argv, '--include', 'token:a'];
  expect((await session.run(always(excluded), both)).exit).toBe(2);
});
