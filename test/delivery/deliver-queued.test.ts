import { beforeEach, expect, it } from 'vitest';
import type { QueuedDeps } from '../../shared/delivery/deliver-queued.ts';
import { answerQueue } from '../../shared/delivery/deliver-queued.ts';
import { jsonLog } from '../../shared/log.ts';
import type { NotificationEvent } from '../../shared/notification/notification-event.ts';
import type { Delivery } from '../../shared/notification/retry.ts';
import { RETRY_MS } from '../../shared/notification/retry.ts';
import { iso, NOW, S1 } from '../support/episodes.ts';

/* The queue of AWS is simulated: messages that the function adds, and how long it hides one. */

const event: NotificationEvent = {
  id: `msg_${'a'.repeat(32)}`,
  type: 'mode.changed',
  timestamp: iso(NOW),
  pattern_key: S1,
  sentence: 'off',
  count: 1,
};
const SECRET = 'https://hooks.example.com/SECRET';
const targets = {
  ops: { type: 'slack', url: SECRET },
  quiet: { type: 'slack', url: SECRET, events: ['guard.harmful'] },
  phone: { type: 'telegram', token: '123:abcdefghijklmnopqrstuvwxyz', chat_id: 1 },
};

let added: string[];
let hidden: number[];
let told: string[];
let ended: Map<string, string>;
let result: Delivery;
const lines: string[] = [];
beforeEach(() => {
  added = [];
  hidden = [];
  told = [];
  ended = new Map();
  result = { outcome: 'delivered' };
  lines.length = 0;
});

const deps: QueuedDeps = {
  notifications: {
    ended: async () => ended,
    end: async (name, hash) => void ended.set(name, hash),
  },
  configuration: async () => JSON.stringify({ targets }),
  queue: {
    add: async bodies => void added.push(...bodies),
    hide: async (_, seconds) => void hidden.push(seconds),
  },
  log: jsonLog(
    'debug',
    line => lines.push(line),
    () => NOW,
  ),
  now: () => NOW,
  send: async ({ type }, { id }) => {
    told.push(`${type} ${id}`);
    return result;
  },
  sleep: async () => undefined,
};
const record = (body: object | string, attempts = 1, messageId = 'm1') => ({
  messageId,
  receiptHandle: 'r1',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  attributes: { ApproximateReceiveCount: String(attempts) },
});
const answer = (...records: object[]) => answerQueue(deps, { Records: records });

it('An event from the bus becomes one message for each target that gets its kind', async () => {
  const fromBus = { version: '0', source: 'pm-tuning', 'detail-type': event.type, detail: event };
  expect(await answer(record(fromBus))).toEqual({ batchItemFailures: [] });
  expect(added.map(body => JSON.parse(body))).toEqual([
    { target: 'ops', event },
    { target: 'phone', event },
  ]);
  expect(told).toEqual([]);
});

it('A message that a target takes leaves the queue, and so does one for a target that is gone', async () => {
  const answered = await answer(record({ target: 'ops', event }), record({ target: 'gone', event }));
  expect(answered).toEqual({ batchItemFailures: [] });
  expect(told).toEqual([`slack ${event.id}`]);
});

it('[Y4] A message that no target takes is hidden by the schedule, and stays after its last attempt for the dead letters', async () => {
  result = { outcome: 'failed', reason: 'http_500' };
  for (let attempts = 1; attempts <= 6; attempts++)
    expect(await answer(record({ target: 'ops', event }, attempts))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }],
    });
  expect(hidden).toEqual(RETRY_MS.map(ms => ms / 1000));
  expect(lines.join()).not.toContain('SECRET');
});

it('A target that answers 410 gets nothing more, also in the same batch', async () => {
  result = { outcome: 'ended', reason: 'http_410' };
  const message = record({ target: 'ops', event });
  expect(await answer(message, message)).toEqual({ batchItemFailures: [] });
  await answer(message);
  expect(told).toHaveLength(1);
});

it('A message that cannot be read stays in the queue and stops no other', async () => {
  const answered = await answer(record('no json', 1, 'bad'), record({ target: 'ops', event }, 1, 'good'));
  expect(answered).toEqual({ batchItemFailures: [{ itemIdentifier: 'bad' }] });
  expect(told).toHaveLength(1);
});

it('A test tells one target, and names the near one when it is unknown', async () => {
  expect(await answerQueue(deps, { test: 'ops' })).toEqual({ delivered: true });
  result = { outcome: 'failed', reason: 'timeout' };
  expect(await answerQueue(deps, { test: 'ops' })).toEqual({ delivered: false, reason: 'timeout' });
  expect(await answerQueue(deps, { test: 'opps' })).toMatchObject({ unknown: { suggestions: ['ops'] } });
});
