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

it('lookup ends with exit code 1 when the answer is neutral because of a failure', async () => {
  const degraded = { code: 'store_unavailable', detail: 'no answer' };
  const result = await session.run(always(lookup({ degraded })), ['lookup', PATTERN, '--json']);
  expect(result).toMatchObject({ exit: 1, err: 'neutral because store_unavailable: no answer\n' });
  expect(JSON.parse(result.out)).toEqual(lookup({ degraded }));
});
