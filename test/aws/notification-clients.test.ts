import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';
import { createHandler } from '../../functions/notify-deliver.ts';
import { eventBus, notificationQueue, secureParameter } from '../../shared/aws/notification-clients.ts';
import { functionTester } from '../../shared/aws/notification-tester.ts';
import { readConfig } from '../../shared/config.ts';
import { testEvent } from '../../shared/delivery/deliver.ts';
import { notificationEventSchema } from '../../shared/notification/notification-event.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { NOW } from '../support/episodes.ts';

/** Returns settings of a client of AWS that answers every request with one body, and the bodies that it sent. */
function answering(answer: object) {
  const sent: Record<string, unknown>[] = [];
  const settings = {
    region: 'eu-central-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    requestHandler: {
      handle: async (request: { readonly body: unknown }) => {
        const { body: raw } = request;
        const text = typeof raw === 'string' ? raw : new TextDecoder().decode(raw as Uint8Array);
        sent.push(JSON.parse(text));
        const body = new Blob([JSON.stringify(answer)]).stream();
        return {
          response: { statusCode: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body },
        };
      },
    } as never,
  };
  return { settings, sent };
}

const events = Array.from({ length: 12 }, (_, i) => testEvent(`t${i}`, NOW));

it('[Y6] Events go to the bus by tens, each with its type and its form as detail', async () => {
  const { settings, sent } = answering({ FailedEntryCount: 0, Entries: [] });
  await eventBus('bus-1', new EventBridgeClient(settings))(events);
  const entries = sent.map(
    ({ Entries }) => Entries as { Detail: string; DetailType: string; Source: string }[],
  );
  expect(entries.map(({ length }) => length)).toEqual([10, 2]);
  const [first] = entries.flat();
  expect(first).toMatchObject({
    Source: 'pm-tuning',
    DetailType: 'notification.test',
    EventBusName: 'bus-1',
  });
  expect(notificationEventSchema.parse(JSON.parse(first?.Detail ?? ''))).toEqual(events[0]);
});

it('A bus that does not take every event, and a queue likewise, is an error, so that they are sent again', async () => {
  const bus = eventBus(
    'bus-1',
    new EventBridgeClient(answering({ FailedEntryCount: 1, Entries: [] }).settings),
  );
  await expect(bus(events)).rejects.toThrow('did not take 1 events');
  const failed = { Successful: [], Failed: [{ Id: '0', SenderFault: false, Code: 'x' }] };
  const queue = notificationQueue(
    'https://sqs.eu-central-1.amazonaws.com/1/q',
    new SQSClient(answering(failed).settings),
  );
  await expect(queue.add(['{}'])).rejects.toThrow('did not take 1 messages');
});

it('A message is hidden for seconds, and the parameter is read decrypted', async () => {
  const hiding = answering({});
  await notificationQueue('https://sqs.eu-central-1.amazonaws.com/1/q', new SQSClient(hiding.settings)).hide(
    'r1',
    18_000,
  );
  expect(hiding.sent[0]).toMatchObject({ ReceiptHandle: 'r1', VisibilityTimeout: 18_000 });
  const reading = answering({ Parameter: { Value: '{"targets":{}}' } });
  expect(await secureParameter('/p', new SSMClient(reading.settings))()).toBe('{"targets":{}}');
  expect(reading.sent).toEqual([{ Name: '/p', WithDecryption: true }]);
});

it('A test asks the function, and its answer or its fault is that of the route', async () => {
  expect(functionTester(undefined)).toBeUndefined();
  const asked = answering({ delivered: false, reason: 'timeout' });
  expect(await functionTester('f', asked.settings)?.test('ops')).toEqual({
    target: 'ops',
    delivered: false,
    reason: 'timeout',
  });
  expect(asked.sent).toEqual([{ test: 'ops' }]);
  const unknown = answering({ unknown: { detail: 'no such target', suggestions: ['ops'] } });
  await expect(functionTester('f', unknown.settings)?.test('opps')).rejects.toMatchObject({
    code: 'unknown_target',
  });
  const broken = answering({ errorMessage: 'x' });
  await expect(functionTester('f', broken.settings)?.test('ops')).rejects.toThrow('read its log');
});

it('The function that tells targets refuses to work without the name of its parameter', async () => {
  const names = ['EVENTS_TABLE', 'LESSONS_TABLE', 'OVERRIDES_TABLE', 'CONTROL_TABLE'];
  const config = readConfig(Object.fromEntries(names.map(name => [name, name])));
  const handler = createHandler({ config } as Runtime);
  await expect(handler({ test: 'ops' })).rejects.toThrow('NOTIFICATION_PARAMETER is not set');
});
