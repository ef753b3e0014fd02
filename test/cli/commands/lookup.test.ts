import { expect, it } from 'vitest';
import { HASH, PATTERN } from '../support/answers.ts';
import { always, fakeSession } from '../support/fake-session.ts';

const session = fakeSession();
const lookup = (more: object = {}): object => ({
  pattern_key: PATTERN,
  scope_hash: HASH,
  generation: 7,
  mode: 'live',
  policy: 'drift',
  resolution: 'blend',
  entries: 'open',
  overrides: [{ action_category: 'tuning_ts_min', multiplier: 0.9851, scope_subset: {}, matched: 2 }],
  thresholds: { ts_min: 0.59106 },
  applied: { generation: 7, multipliers: { ts_min: 0.9851 }, deltas: {} },
  ...more,
});

it('lookup sends the pairs of every --scope and --threshold, and prints each threshold before and after', async () => {
  const argv = ['lookup', PATTERN, '--scope', 'chain=solana,timeframe=15m', '--scope', '{"note":"a,b"}'];
  const result = await session.run(always(lookup()), [
    ...argv,
    '--threshold',
    'ts_min=0.6',
    '--threshold',
    'halo_max=1',
  ]);
  expect(session.sentBody).toEqual({
    pattern_key: PATTERN,
    scope: { chain: 'solana', timeframe: '15m', note: 'a,b' },
    thresholds: { ts_min: 0.6, halo_max: 1 },
  });
  expect(result.out).toMatch(/ts_min +0\.6 +0\.59106/);
});

it('lookup sends the id of an episode, and prints its arm while a rollout runs', async () => {
  const argv = ['lookup', PATTERN, '--episode-id', 'e-1'];
  const tried = await session.run(always(lookup({ arm: 'candidate', generation: 8 })), argv);
  expect(session.sentBody).toMatchObject({ episode_id: 'e-1' });
  expect(tried.out).toContain(`${PATTERN}, generation 8 (live, drift, blend, arm candidate)\n`);
  expect((await session.run(always(lookup()), argv)).out).not.toContain('arm');
});

it('lookup prints that entries are halted, with the reason', async () => {
  const halted = lookup({ entries: 'halted', entries_reason: 'the base gates lost 80' });
  const result = await session.run(always(halted), ['lookup', PATTERN]);
  expect(result.out).toContain('entries are halted: the base gates lost 80\n');
  expect((await session.run(always(lookup()), ['lookup', PATTERN])).out).not.toContain('halted');
});

it('lookup prints "no override matches" and ends with exit code 0 when no override matches', async () => {
  const result = await session.run(always(lookup({ overrides: [], thresholds: {} })), ['lookup', PATTERN]);
  expect(result).toMatchObject({ exit: 0, out: expect.stringContaining('no override matches') });
});

it.each([
  [{ score: 1.83, rung: 1 }, true, 'advice: act; its score 1.83 is above the rung 1\n'],
  [{ score: -1.2, rung: -1 }, false, 'advice: do not act; its score -1.2 is not above the rung -1\n'],
  [{ score: 0.4 }, true, 'advice: act; no rung is proven on this side, so the base gates decide\n'],
])('lookup sends factors, and prints the advice with %j in words', async (logged, act, line) => {
  const advice = { act, p: 0.5, error: Math.log(1.5), break_even: 1 / 3 };
  const answer = lookup({ advice, applied: { generation: 7, ...logged } });
  const result = await session.run(always(answer), ['lookup', PATTERN, '--factors', '{"ts_score":0.5}']);
  expect(session.sentBody).toMatchObject({ factors: { ts_score: 0.5 } });
  expect(result.out).toContain(line);
  expect(result.out).toMatch(
    /predicted with 50(\.0)? % \(40(\.0)? % to 60(\.0)? %\), break-even is 33\.3 %\n/,
  );
});

it('lookup prints why there is no advice, and refuses factors that are no JSON object', async () => {
  const no_advice = { code: 'no_model', detail: 'the generation has no model' };
  const result = await session.run(always(lookup({ no_advice })), ['lookup', PATTERN, '--factors', '{}']);
  expect(result.out).toContain('no advice (no_model): the generation has no model\n');
  const refused = await session.run(always(lookup()), ['lookup', PATTERN, '--factors', '[1]']);
  expect([refused.exit, refused.err]).toEqual([2, expect.stringContaining('--factors')]);
});

it('lookup prints what the bot logs as factors.applied', async () => {
  const result = await session.run(always(lookup()), ['lookup', PATTERN]);
  expect(result.out).toContain(
    'log as factors.applied: {"generation":7,"multipliers":{"ts_min":0.9851},"deltas":{}}\n',
  );
});

it('lookup names on stderr each threshold and value that has no effect, with the near one, and ends with exit code 0', async () => {
  const unknown = {
    unknown_thresholds: [{ name: 'ts_mn', suggestion: 'ts_min' }, { name: 'own' }],
    unknown_values: [{ name: 'chain', value: 'Solana', suggestion: 'solana' }],
  };
  const result = await session.run(always(lookup(unknown)), ['lookup', PATTERN]);
  expect(result.exit).toBe(0);
  expect(result.err.trimEnd().split('\n')).toEqual([
    `ts_mn is no threshold of ${PATTERN}; did you mean ts_min?`,
    `own is no threshold of ${PATTERN}`,
    "no event of the last run's window has chain=Solana; did you mean solana?",
  ]);
});

it('lookup ends with exit code 1 when the answer is neutral because of a failure', async () => {
  const degraded = { code: 'store_unavailable', detail: 'no answer' };
  const result = await session.run(always(lookup({ degraded })), ['lookup', PATTERN, '--json']);
  expect(result).toMatchObject({ exit: 1, err: 'neutral because store_unavailable: no answer\n' });
  expect(JSON.parse(result.out)).toEqual(lookup({ degraded }));
});

it.each([
  ['pm.uptrend.S1.entry', 'did you mean pm.uptrend.S1.entry?'],
  [undefined, 'list patterns with: pm-tuning status'],
])('lookup of a pattern that no event named ends with exit code 1 (suggestion %s)', async (near, advice) => {
  const unknown = { generation: 0, overrides: [], pattern_known: false, pattern_suggestion: near };
  const result = await session.run(always(lookup(unknown)), ['lookup', PATTERN, '--threshold', 'ts_min=0.6']);
  expect(result).toMatchObject({ exit: 1, err: `neutral because no event named ${PATTERN}; ${advice}\n` });
  expect(result.out).toContain('no event named this pattern: every threshold stays as it is');
});
