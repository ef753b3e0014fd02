import { expect, it } from 'vitest';
import { cycleRecord, PATTERN } from '../support/answers.ts';
import { problem, type Route } from '../support/fake-service.ts';
import { always, fakeSession } from '../support/fake-session.ts';

const session = fakeSession();
const polled = (last: string): Route => {
  let requests = 0;
  return ({ path }) => {
    if (path === '/v1/cycles') return { status: 202, body: { cycle_id: 'c1' } };
    if (requests++ === 0) return { status: 404, body: problem(404, 'unknown_cycle', 'not yet') };
    return { status: 200, body: cycleRecord(requests < 4 ? 'running' : last) };
  };
};

it('cycle waits for the end of the run and prints the result of each pattern with its reason', async () => {
  const argv = [
    'cycle',
    '--as-of',
    '2025-01-20',
    '--n-min',
    '33',
    '--lookback-days',
    '90',
    '--pattern',
    PATTERN,
  ];
  const result = await session.run(polled('succeeded'), argv);
  expect(result).toMatchObject({ exit: 0, err: '' });
  expect(session.sentBody).toEqual({
    as_of: '2025-01-20T00:00:00Z',
    n_min: 33,
    lookback_days: 90,
    pattern_key: PATTERN,
  });
  expect(result.out).toContain(`${PATTERN}: 32 of 33 in bucket=nano`);
  expect(session.received).toHaveLength(5);
});

it('cycle prints the warnings of the run after its table', async () => {
  const warnings = [{ code: 'jump', pattern_key: PATTERN, message: 'tuning_ts_min of everything moves' }];
  const record = { ...cycleRecord('succeeded'), warnings };
  const result = await session.run(always(record), ['cycle', '--id', 'c1']);
  expect(result).toMatchObject({ exit: 0 });
  expect(result.out.trimEnd().split('\n').at(-1)).toBe(
    `warning jump: ${PATTERN}: tuning_ts_min of everything moves`,
  );
});

it.each(['partial', 'failed'])('cycle ends with exit code 1 when the run is %s', async state => {
  expect(await session.run(polled(state), ['cycle'])).toMatchObject({ exit: 1 });
});

it('cycle --no-wait only starts a run, and cycle --id waits for it later', async () => {
  const result = await session.run(polled('succeeded'), ['cycle', '--no-wait', '--json']);
  expect(JSON.parse(result.out)).toEqual({ cycle_id: 'c1' });
  expect(session.received).toHaveLength(1);
  expect(await session.run(always(cycleRecord('succeeded')), ['cycle', '--id', 'c1'])).toMatchObject({
    exit: 0,
  });
  const unknown: Route = () => ({ status: 404, body: problem(404, 'unknown_cycle', 'no such cycle') });
  expect(await session.run(unknown, ['cycle', '--id', 'c2'])).toMatchObject({ exit: 4 });
});
