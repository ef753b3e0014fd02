import { expect, it } from 'vitest';
import { CHANGE, JUDGED, PATTERN, TIME } from '../support/answers.ts';
import { always, fakeSession } from '../support/fake-session.ts';

const session = fakeSession();
const published = {
  ...CHANGE,
  what: 'publish',
  why: 'cycle c1: the first import of the recorded opportunities',
  pattern_key: PATTERN,
  generation: 2,
  settings: { as_of: TIME, lookback_days: 90, n_min: 33, policy: 'drift' },
};

it('changes prints who changed what and why, and what was published, within 60 columns', async () => {
  const answer = { changes: [published, { ...CHANGE, pattern_key: PATTERN }], next: 'token' };
  const result = await session.run(always(answer), ['changes', '--limit', '2'], 60);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal gets bold titles
  const plain = result.out.replaceAll(/\u001b\[\d+m/g, '');
  expect(plain).toMatchInlineSnapshot(`
    "2025-01-20 00:00:00Z  publish pm.uptrend.S1.entry
      by local: cycle c1: the first import of the recorded
      opportunities
      generation 2: drift, as of 2025-01-20 00:00:00Z, 90 d,
      n≥33
    2025-01-20 00:00:00Z  mode pm.uptrend.S1.entry
      by local: outage
    … and older ones; --limit shows more
    "
  `);
  for (const line of plain.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
});

it('changes passes pattern, times and limit to the service', async () => {
  const argv = [
    'changes',
    '--pattern',
    PATTERN,
    '--from',
    '2025-01-19',
    '--to',
    '2025-01-20',
    '--limit',
    '5',
  ];
  expect((await session.run(always({ changes: [] }), argv)).out).toBe('no changes\n');
  expect(session.received[0]?.path).toBe('/v1/changes');
  expect(Object.fromEntries(session.received[0]?.query ?? [])).toEqual({
    pattern_key: PATTERN,
    from: '2025-01-19T00:00:00Z',
    to: '2025-01-20T00:00:00Z',
    limit: '5',
  });
});

it.each([
  ['lessons', { ...JUDGED, lessons: [] }],
  ['overrides', { overrides: [] }],
])('%s --cycle lists what a run computed and names the run', async (command, rows) => {
  const answer = { pattern_key: PATTERN, generation: 0, cycle_id: 'c1', ...rows };
  const result = await session.run(always(answer), [command, PATTERN, '--cycle', 'c1']);
  expect(result.out).toBe(`${PATTERN}, cycle c1, 0 ${command}\n`);
  expect(session.received[0]?.query.get('cycle_id')).toBe('c1');
});
