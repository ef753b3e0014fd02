import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createHandler } from '../../functions/notify-deliver.ts';
import { eventBus, notificationQueue, secureParameter } from '../../shared/aws/notification-clients.ts';
import { functionTester } from '../../shared/aws/notification-tester.ts';
import { signedFetch } from '../../shared/aws/signed-fetch.ts';
import { readConfig } from '../../shared/config.ts';
import { testEvent } from '../../shared/delivery/deliver.ts';
import { notificationEventSchema } from '../../shared/notification/notification-event.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { stubAwsAccess } from '../support/aws-access.ts';
import { NOW } from '../support/episodes.ts';

const folder = mkdtempSync(join(tmpdir(), 'pm-tuning-sign-'));
beforeAll(() => stubAwsAccess(folder));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

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

it('A test asks the function by a signed request, and its answer or its fault is that of the route', async () => {
  const arn = 'arn:aws:lambda:eu-central-1:123456789012:function:deliver-1';
  const asked: { url: string; body: unknown; headers: Headers }[] = [];
  const testing = (answer: object, status = 200) => {
    const send = async (
      url: string,
      { body, headers }: { body: string; headers: Record<string, string> },
    ) => {
      asked.push({ url, body: JSON.parse(body), headers: new Headers(headers) });
      return Response.json(answer, { status });
    };
    return functionTester(arn, signedFetch({ service: 'lambda', send: send as typeof fetch }));
  };
  expect(functionTester(undefined)).toBeUndefined();
  expect(() => functionTester('deliver-1')).toThrow('no ARN of a function');
  const answer = { delivered: false, reason: 'timeout' };
  expect(await testing(answer)?.test('ops')).toEqual({ target: 'ops', ...answer });
  const url = 'https://lambda.eu-central-1.amazonaws.com/2015-03-31/functions/deliver-1/invocations';
  expect(asked).toMatchObject([{ url, body: { test: 'ops' } }]);
  expect(asked[0]?.headers.get('authorization')).toContain('/eu-central-1/lambda/aws4_request');
  const unknown = { unknown: { detail: 'no such target', suggestions: ['ops'] } };
  await expect(testing(unknown)?.test('opps')).rejects.toMatchObject({ code: 'unknown_target' });
  await expect(testing({ errorMessage: 'x' })?.test('ops')).rejects.toThrow('read its log');
  await expect(testing({}, 403)?.test('ops')).rejects.toThrow('failed (403)');
});

it('The function that reaches the targets refuses to work without the name of its parameter', async () => {
  const names = ['EVENTS_TABLE', 'LESSONS_TABLE', 'OVERRIDES_TABLE', 'CONTROL_TABLE'];
  const config = readConfig(Object.fromEntries(names.map(name => [name, name])));
  const handler = createHandler({ config } as Runtime);
  await expect(handler({ test: 'ops' })).rejects.toThrow('NOTIFICATION_PARAMETER is not set');
});
