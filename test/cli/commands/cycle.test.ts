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

const trialOf = (settings: object, would_publish: boolean): object => ({
  ...cycleRecord('succeeded'),
  trial: true,
  settings,
  patterns: [
    {
      pattern_key: PATTERN,
      status: 'computed',
      events_read: 1104,
      lessons: 10,
      overrides: 6,
      generation: 2,
      published: false,
      would_publish,
      changes: { added: 2, removed: 4, changed: 1 },
    },
  ],
});

it('cycle prints what a trial would change and the command that publishes it, within 60 columns', async () => {
  const record = trialOf({ n_min: 20, policy: 'replay', pattern_key: PATTERN }, true);
  const result = await session.run(always(record), ['cycle', '--id', 'c1'], 60);
  const url = /--url (\S+)/.exec(result.out)?.[1] ?? '';
  expect(url).toMatch(/^http/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal gets bold titles
  const plain = result.out.replaceAll(/\u001b\[\d+m/g, '').replaceAll(` --url ${url}`, '');
  expect(plain).toMatchInlineSnapshot(`
    "trial succeeded, as of 2025-01-20 00:00:00Z (c1)

    pattern         publish  events  added  removed  changed
    pm.uptrend.S1.  would     1,104      2        4        1
    entry

    Nothing was put in force. To publish this result:
      pm-tuning cycle --as-of 2025-01-20T00:00:00.000Z --n-min 20 --policy replay --pattern pm.uptrend.S1.entry --publish --reason "…"
    To read it, for a day:
      pm-tuning overrides pm.uptrend.S1.entry --cycle c1
    "
  `);
  const table = plain.split('\n').slice(2, 5);
  for (const line of table) expect(line.length).toBeLessThanOrEqual(60);
});

it('cycle says so when publishing a trial would change nothing', async () => {
  const result = await session.run(always(trialOf({}, false)), ['cycle', '--id', 'c1']);
  expect(result.out).toContain('Nothing was put in force, and publishing would change nothing.');
  expect(result.out).not.toContain('--publish');
});

it.each([
  [
    ['--publish', '--as-of', '2025-01-20', '--reason', 'r'],
    { as_of: '2025-01-20T00:00:00Z', publish: true, reason: 'r' },
  ],
  [['--publish'], { publish: true }],
  [['--trial', '--reason', 'look'], { publish: false, reason: 'look' }],
  [['--policy', 'replay'], { policy: 'replay' }],
])('cycle %j sends %j', async (argv, body) => {
  await session.run(polled('succeeded'), ['cycle', '--no-wait', ...argv]);
  expect(session.sentBody).toEqual(body);
});

it('cycle --publish with options of a trial and without a reason sends nothing and says what to add', async () => {
  const result = await session.run(polled('succeeded'), [
    'cycle',
    '--publish',
    '--as-of',
    '2025-01-20',
    '--n-min',
    '20',
  ]);
  expect(result).toMatchObject({
    exit: 2,
    out: '',
    err:
      'error: a run with --as-of, --n-min publishes only with a reason; ' +
      'add --reason TEXT, or leave --publish out to see what it would change\n',
  });
  expect(session.received).toHaveLength(0);
});
