import { expect, it } from 'vitest';
import { CHANGE, PATTERN } from '../support/answers.ts';
import { always, fakeSession } from '../support/fake-session.ts';

const session = fakeSession();
it('history --diff prints the difference of two generations', async () => {
  const moved = { action_category: 'tuning_ts_min', scope_subset: {}, before: null, after: 0.9851 };
  const diff = { from: 6, to: 7, overrides: [moved], lessons: { added: 1, removed: 0, changed: 2 } };
  const result = await session.run(always({ pattern_key: PATTERN, generations: [], changes: [], diff }), [
    'history',
    PATTERN,
    '--diff',
    '6, 7',
  ]);
  expect(session.received[0]).toMatchObject({ path: `/v1/patterns/${PATTERN}/generations` });
  expect(session.received[0]?.query.get('diff')).toBe('6,7');
  expect(result.out).toMatch(/everything +tuning_ts_min +– +0\.9851/);
});

it('history prints who changed what, when and why', async () => {
  const result = await session.run(always({ pattern_key: PATTERN, generations: [], changes: [CHANGE] }), [
    'history',
    PATTERN,
  ]);
  expect(result.out).toContain('no generation yet');
  expect(result.out).toMatch(/2025-01-20 00:00:00Z +mode +local +outage/);
});
