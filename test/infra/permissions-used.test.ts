import { gzipSync } from 'node:zlib';
import type { APIGatewayProxyResult } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHandler as admin } from '../../functions/admin.ts';
import { createHandler as cycleClose } from '../../functions/cycle-close.ts';
import { createHandler as cycleOpen } from '../../functions/cycle-open.ts';
import { createHandler as ingest } from '../../functions/ingest.ts';
import { createHandler as lookup } from '../../functions/lookup.ts';
import { createHandler as materialize } from '../../functions/materialize.ts';
import { createHandler as mine } from '../../functions/mine.ts';
import { createHandler as notifyPoll } from '../../functions/notify-poll.ts';
import { createHandler as recordQueriedDimensions } from '../../functions/record-queried-dimensions.ts';
import { FUNCTION_NAMES } from '../../infra/function-settings.ts';
import { ACCESS } from '../../infra/table-permissions.ts';
import { testEvent } from '../../shared/delivery/deliver.ts';
import { answerQueue } from '../../shared/delivery/deliver-queued.ts';
import { DEGRADED_LOOKUP_MESSAGE, QUERIED_DIMENSIONS_MESSAGE } from '../../shared/log-messages.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { type Call, openRecorded, sample } from './recording.ts';

/*
 * These tests call the handlers with the events that API Gateway and Step Functions send, on the embedded engine, and
 * record every request to DynamoDB. Each request must be granted, and each grant must be used.
 */

const START = Date.parse('2025-01-19T12:00:00Z');
const DAY_MS = 86_400_000;
const PATTERN = 'pm.uptrend.S1.entry';

let now = START;
let recorded: Awaited<ReturnType<typeof openRecorded>>;
const statuses = new Map<string, number>();

type HttpHandler = ReturnType<typeof ingest>;

/** Calls a handler as API Gateway does and keeps its status code. */
async function call(handler: HttpHandler, name: string, body?: unknown): Promise<void> {
  const event = { ...sample(name), ...(body !== undefined && { body: JSON.stringify(body) }) };
  const answer = (await handler(event as never)) as APIGatewayProxyResult;
  statuses.set(name, answer.statusCode);
}

/** Runs one cycle as the state machine does, without its retries. */
async function runCycle(
  steps: Readonly<Record<'open' | 'mine' | 'materialize' | 'close', Step>>,
): Promise<void> {
  const execution = { name: `run-${now}`, started_at: new Date(now).toISOString() };
  const { cycle, items } = (await steps.open({ execution, options: sample('schedule-input') })) as {
    cycle: object;
    items: number[];
  };
  for (const item of items) {
    const mined = await steps.mine({ cycle, item });
    await steps.materialize({ cycle, mined });
  }
  await steps.close({ cycle, items: [...items, items.length] });
}
type Step = (input: unknown) => Promise<unknown>;

/** Returns the event that CloudWatch Logs sends to a subscriber. */
const logEvent = (line: object) => {
  const text = JSON.stringify({ logEvents: [{ message: JSON.stringify(line) }] });
  return { awslogs: { data: gzipSync(text).toString('base64') } };
};

/** Answers a message of the queue whose target says that it has ended. The deployed handler reads its targets from SSM. */
async function tellEndedTarget(runtime: Runtime): Promise<void> {
  const targets = { ops: { type: 'slack', url: 'https://hooks.example.com/' } };
  const event = { ...testEvent('ops', now), type: 'mode.changed' };
  const record = { messageId: 'm', receiptHandle: 'r', attributes: { ApproximateReceiveCount: '1' } };
  await answerQueue(
    {
      ...runtime,
      configuration: async () => JSON.stringify({ targets }),
      queue: { add: async () => undefined, hide: async () => undefined },
      send: async () => ({ outcome: 'ended', reason: 'http_410' }),
    },
    { Records: [{ ...record, body: JSON.stringify({ target: 'ops', event }) }] },
  );
}

const manyEvents = (outcome: string, from: number) => ({
  events: Array.from({ length: 40 }, (_, i) => ({
    pattern_key: PATTERN,
    episode_id: `many-${from + i}`,
    decision: 'acted',
    scope: { chain: 'solana', bucket: i % 2 === 0 ? 'micro' : 'nano' },
    factors: { ts_scroe: 0.5 },
    timestamp: '2025-01-18T10:00:00Z',
    outcome,
  })),
});

beforeAll(async () => {
  recorded = await openRecorded(() => now);
  const { runtimeOf } = recorded;
  const [ingestHandler, lookupHandler, adminHandler] = [
    ingest(runtimeOf('ingest')),
    lookup(runtimeOf('lookup')),
    admin(runtimeOf('admin')),
  ];
  const steps = {
    open: cycleOpen(runtimeOf('cycle-open')) as Step,
    mine: mine(runtimeOf('mine')) as Step,
    materialize: materialize(runtimeOf('materialize')) as Step,
    close: cycleClose(runtimeOf('cycle-close')) as Step,
  };
  // An outcome that comes before its event is parked, corrected, and applied when the event comes.
  await call(ingestHandler, 'post-outcomes');
  const correction = { pattern_key: PATTERN, episode_id: 'ep-3', outcome: 'failure', correction: true };
  await call(ingestHandler, 'post-outcomes', { outcomes: [correction] });
  await call(ingestHandler, 'post-events');
  await call(ingestHandler, 'post-events');
  const lateEvent = { ...manyEvents('success', 0).events[0], episode_id: 'ep-3', outcome: undefined };
  await call(ingestHandler, 'post-events', { events: [lateEvent] });
  await call(ingestHandler, 'post-outcomes');
  await call(ingestHandler, 'post-outcomes', { outcomes: [{ ...correction, episode_id: 'ep-2' }] });
  // The outcome of an episode with windows reaches its window.
  const window = { ...lateEvent, episode_id: 'ep-windows', window: 'w1' };
  await call(ingestHandler, 'post-events', { events: [window] });
  await call(ingestHandler, 'post-outcomes', {
    outcomes: [{ ...correction, episode_id: 'ep-windows', factors: { dx_count: 2 } }],
  });
  await call(ingestHandler, 'post-events', manyEvents('failure', 0));
  // The first poll of notifications comes before the first run, so it looks for events outside of the window.
  await notifyPoll(runtimeOf('notify-poll'))();
  await tellEndedTarget(runtimeOf('notify-deliver'));
  await runCycle(steps);
  for (const name of ['post-lookup', 'get-lookup', 'get-snapshot', 'get-snapshots'])
    await call(lookupHandler, name);
  await call(lookupHandler, 'post-lookup', { pattern_key: 'pm.uptrend.S1.entyr', scope: {} });
  await recordQueriedDimensions(runtimeOf('record-queried-dimensions'))(
    logEvent({ message: QUERIED_DIMENSIONS_MESSAGE, pattern: PATTERN, dimensions: 'bucket,chain' }),
  );
  await recordQueriedDimensions(runtimeOf('record-queried-dimensions'))(
    logEvent({ message: DEGRADED_LOOKUP_MESSAGE, pattern: PATTERN }),
  );
  now += DAY_MS;
  await call(ingestHandler, 'post-events', manyEvents('failure', 100));
  await runCycle(steps);
  // The pattern is frozen long enough that the rows in force are renewed.
  await call(adminHandler, 'put-mode', { mode: 'frozen', reason: 'a holiday' });
  now += 45 * DAY_MS;
  await runCycle(steps);
  await steps.close(sample('cycle-close'));
  // A pattern of a run fails.
  const execution = { name: 'fails', started_at: new Date(now).toISOString() };
  const { cycle } = (await steps.open({ execution, options: {} })) as { cycle: object };
  await steps.close({ cycle, item: 0, error: 'store_unavailable' });
  await steps.close({ cycle, items: [0] });
  // An event ends the retirement of a pattern, and the next run stores that.
  await call(adminHandler, 'put-mode', { mode: 'retired', reason: 'the strategy ended' });
  await call(ingestHandler, 'post-events', manyEvents('success', 200));
  await steps.open({ execution: { ...execution, name: 'after-retirement' }, options: {} });
  const readRoutes = [
    'get-status',
    'get-openapi',
    'get-overrides',
    'get-lessons',
    'get-cycles',
    'get-events',
    'get-events-of-episode',
    'get-mode',
    'get-settings',
    'get-parked',
    'get-writers',
    'get-doctor',
  ];
  const otherRoutes = [
    'get-generations',
    'get-evidence',
    'get-whatif',
    'post-whatif',
    'get-nmin',
    'get-guard',
    'put-mode',
    'put-settings',
    'put-service-mode',
    'put-writer',
  ];
  for (const name of [...readRoutes, ...otherRoutes]) await call(adminHandler, name);
  await call(adminHandler, 'post-rollback', { generation: 2, reason: 'the current one again' });
  await call(adminHandler, 'post-rollout', { action: 'hold', reason: 'no candidate' });
});

afterAll(() => recorded.close());

const matches = (partitionForm: string, key: string): boolean =>
  partitionForm.endsWith('*') ? key.startsWith(partitionForm.slice(0, -1)) : key === partitionForm;

/** Returns the entries of `ACCESS` that permit a call. */
const grantsFor = (request: Call) =>
  ACCESS[request.by].filter(
    rule =>
      rule.target === request.on &&
      rule.actions.some(action => action === request.action) &&
      request.partitions.every(
        key => rule.partitions?.some(partitionForm => matches(partitionForm, key)) ?? true,
      ) &&
      request.attributes.every(name => rule.attributes?.some(form => matches(form, name)) ?? true),
  );

describe('functions', () => {
  it('Every function answers 200 to the samples of its routes', () => {
    expect(Object.fromEntries(statuses)).toEqual({
      'post-outcomes': 200,
      'post-events': 200,
      'post-lookup': 200,
      'get-lookup': 200,
      'get-snapshot': 200,
      'get-snapshots': 200,
      'get-status': 200,
      'get-openapi': 200,
      'get-overrides': 200,
      'get-lessons': 200,
      'get-cycles': 200,
      'get-events': 200,
      'get-events-of-episode': 200,
      'get-mode': 200,
      'get-settings': 200,
      'get-parked': 200,
      'get-doctor': 200,
      'put-service-mode': 200,
      'get-writers': 200,
      'put-writer': 200,
      'get-generations': 200,
      'get-evidence': 200,
      'get-nmin': 200,
      'get-guard': 200,
      'get-whatif': 200,
      'post-whatif': 200,
      'put-mode': 200,
      'put-settings': 200,
      'post-rollback': 200,
      'post-rollout': 409,
    });
  });

  it.each(FUNCTION_NAMES)('The function %s makes only requests that its grants permit', name => {
    const denied = recorded.calls.filter(request => request.by === name && grantsFor(request).length === 0);
    expect(denied).toEqual([]);
  });

  it.each(FUNCTION_NAMES)('The function %s uses every grant that it has', name => {
    const granted = ACCESS[name].flatMap(({ target, actions }) =>
      actions.map(action => `${target} ${action}`),
    );
    const used = new Set(
      recorded.calls.filter(request => request.by === name).map(request => `${request.on} ${request.action}`),
    );
    expect(granted.filter(grant => !used.has(grant))).toEqual([]);
  });
});
