import { readFileSync } from 'node:fs';
import { StateMachine } from 'aws-local-stepfunctions';
import { expect, test } from 'vitest';
import type { CycleRecord } from '../../shared/cycle/cycle.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { events, openApi } from '../support/api.ts';
import { DynamoDbProxy, errorAnswer } from '../support/dynamodb-proxy.ts';
import { failing, hanging } from '../support/faults.ts';

const AS_OF = '2025-01-20T00:00:00Z';
const S1 = 'pm.uptrend.S1.entry';
const S2 = 'pm.uptrend.S2.entry';
const DX = 'pm.uptrend.S3.dx';

/** Prints the status of runs, to read when this file runs alone. */
function show(title: string, ...cycles: readonly CycleRecord[]): void {
  const runs = cycles.map(({ status, patterns }) => {
    const patternRuns = patterns.map(
      run => `${run.pattern_key} ${run.status}, ${run.reason ?? `gen. ${run.generation}`}`,
    );
    return `  ${status}: ${patternRuns.join('; ')}`;
  });
  console.info([`${title}:`, ...runs].join('\n'));
}

test('The definition of the state machine is valid Amazon States Language', () => {
  const definition = JSON.parse(
    readFileSync(new URL('../../infra/cycle/cycle.asl.json', import.meta.url), 'utf8'),
  );
  const validating = { validationOptions: { checkPaths: true, checkArn: false } };
  expect(() => new StateMachine(definition, validating)).not.toThrow();
  expect(() => new StateMachine({ ...definition, StartAt: 'Nowhere' }, validating)).toThrow();
});

test('A full run publishes every pattern with enough events, records why it skips the others, and is closed', async () => {
  const api = await openApi();
  await api.postEvents([
    ...events(40, 'a'),
    ...events(40, 'b', { pattern: DX, factors: { dx_count: 3 } }),
    ...events(5, 'c', { pattern: S2 }),
  ]);
  const cycle = await api.cycle({ as_of: AS_OF });
  show('a full run', cycle);
  expect(cycle.status).toBe('succeeded');
  expect(cycle.finished_at).toBeDefined();
  const runs = cycle.patterns.toSorted((a, b) => (a.pattern_key < b.pattern_key ? -1 : 1));
  expect(runs).toMatchObject([
    // Two lessons, the global slice and chain=solana, each with two levers.
    { pattern_key: S1, status: 'published', events_read: 40, lessons: 2, overrides: 4, generation: 1 },
    { pattern_key: S2, status: 'too_few_events', events_read: 5, lessons: 0, overrides: 0, generation: 0 },
    { pattern_key: DX, status: 'published', events_read: 40, lessons: 2, overrides: 2, generation: 1 },
  ]);
  const { overrides } = await api.lookup({ pattern_key: S1, scope: { chain: 'solana' } });
  expect(overrides.map(override => override.action_category)).toEqual(['tuning_ts_min', 'tuning_halo']);
  const again = await api.cycle({ as_of: AS_OF });
  show('the same again', again);
  expect(again.patterns.map(run => run.status).toSorted()).toEqual([
    'too_few_events',
    'unchanged',
    'unchanged',
  ]);
  await api.close();
});

test('A storage fault that ends within the retries has no effect on the run', async () => {
  let failuresLeft = 2;
  const api = await openApi({
    changeClientSettings: failing(
      (op, body) => op === 'Query' && body.includes('S1.entry#') && failuresLeft-- > 0,
    ),
  });
  await api.postEvents(events(40, 'e'));
  expect(await api.cycle({ as_of: AS_OF })).toMatchObject({
    status: 'succeeded',
    patterns: [{ status: 'published' }],
  });
  await api.close();
});

test('[U4] A pattern fails after its retries when a storage fault stays, while the other pattern publishes', async () => {
  let calls = 0;
  const api = await openApi({
    changeClientSettings: failing((op, body) => op === 'Query' && body.includes('S2.entry#0') && ++calls > 0),
  });
  await api.postEvents([...events(40, 'a'), ...events(40, 'b', { pattern: S2 })]);
  const cycle = await api.cycle({ as_of: AS_OF });
  show('a storage fault that stays', cycle);
  expect(cycle.status).toBe('partial');
  expect(cycle.patterns).toMatchObject([
    { pattern_key: S1, status: 'published' },
    { pattern_key: S2, status: 'failed', reason: 'failed: store_unavailable' },
  ]);
  // One attempt and three retries.
  expect(calls).toBe(4);
  await api.close();
});

test('[U5] A pattern whose write the store refuses fails as internal, without a retry', async () => {
  const proxy = new DynamoDbProxy();
  const api = await openApi({ changeClientSettings: proxy.settings });
  await api.postEvents(events(40, 'a'));
  let refused = 0;
  proxy.around = async ({ operation, body }, forward) => {
    const isLessons = JSON.stringify(body).includes('{"pm-tuning-lessons":');
    if (operation !== 'BatchWriteItem' || !isLessons) return forward();
    refused++;
    return errorAnswer('ValidationException');
  };
  proxy.start();
  const cycle = await api.cycle({ as_of: AS_OF });
  expect(cycle).toMatchObject({
    status: 'failed',
    patterns: [{ pattern_key: S1, reason: 'failed: internal' }],
  });
  expect(refused).toBe(1);
  await api.close();
});

test('A timeout during a run is recorded, and the next run publishes', async () => {
  const pause = hanging((op, body) => op === 'Query' && body.includes('S1.entry#'));
  const api = await openApi({
    changeClientSettings: pause.settings,
    interpreter: { retryPauseMs: 1, timeoutSeconds: 1 },
  });
  await api.postEvents([...events(40, 'a'), ...events(40, 'b', { pattern: S2 })]);
  pause.hang();
  const cycle = await api.cycle({ as_of: AS_OF });
  expect(cycle).toMatchObject({
    status: 'partial',
    patterns: [
      { pattern_key: S1, status: 'failed', reason: 'failed: timeout', generation: 0 },
      { pattern_key: S2, status: 'published' },
    ],
  });
  pause.release();
  const next = await api.cycle({ as_of: AS_OF });
  show('a timeout, and the next run', cycle, next);
  expect(next).toMatchObject({
    status: 'succeeded',
    patterns: [{ status: 'published', generation: 1 }, { status: 'unchanged' }],
  });
  await api.close();
});

test('[I4] A schedule that fires twice at once publishes once, and the other run yields', async () => {
  // Each run waits for the other before it writes the head, so both have mined against the same head.
  let writes = 0;
  const pause = hanging((op, body) => {
    if (op !== 'PutItem' || !body.includes('"sk":{"S":"head"}')) return false;
    if (++writes === 2) pause.release();
    return true;
  });
  const api = await openApi({ changeClientSettings: pause.settings });
  await api.postEvents(events(40, 'e'));
  pause.hang();
  const cycles = await Promise.all([api.cycle({ as_of: AS_OF }), api.cycle({ as_of: AS_OF })]);
  show('twice at once', ...cycles);
  expect(writes).toBe(2);
  expect(cycles.map(cycle => cycle.status)).toEqual(['succeeded', 'succeeded']);
  expect(cycles.map(cycle => cycle.patterns[0]?.status).toSorted()).toEqual(['published', 'yielded']);
  expect(cycles.find(cycle => cycle.patterns[0]?.status === 'yielded')?.patterns[0]?.reason).toBe(
    'another run or an operator changed the pattern meanwhile',
  );
  const head = await api.service.runtime.heads.head(parsePatternKey(S1));
  expect(head).toMatchObject({ version: 1, latest: 1 });
  await api.close();
});

test('A run that begins after another has published changes nothing', async () => {
  const api = await openApi();
  await api.postEvents(events(40, 'e'));
  const [first, second] = [await api.cycle({ as_of: AS_OF }), await api.cycle({ as_of: AS_OF })];
  expect([first, second].map(cycle => cycle.patterns[0]?.status)).toEqual(['published', 'unchanged']);
  expect(await api.service.runtime.heads.head(parsePatternKey(S1))).toMatchObject({ version: 1, latest: 1 });
  await api.close();
});
