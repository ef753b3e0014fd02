import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { ChangeMessageVisibilityCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { NotificationEvent } from '../notification/notification-event.ts';

/** Entries of one request to EventBridge, and of one to SQS. */
const BATCH = 10;
/** The source of every event on the bus. */
const EVENT_SOURCE = 'pm-tuning';

/** Returns a value in parts of at most ten. */
function batchesOf<T>(values: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(values.length / BATCH) }, (_, i) =>
    values.slice(i * BATCH, (i + 1) * BATCH),
  );
}

/** Returns the function that puts events on a bus of EventBridge. It throws unless the bus took all of them. */
export function eventBus(
  name: string | undefined,
  client = new EventBridgeClient({}),
): (events: readonly NotificationEvent[]) => Promise<void> {
  return async events => {
    if (name === undefined) throw new Error('NOTIFICATION_BUS is not set: set it to the name of the bus');
    for (const batch of batchesOf(events)) {
      const Entries = batch.map(event => ({
        EventBusName: name,
        Source: EVENT_SOURCE,
        DetailType: event.type,
        Time: new Date(event.timestamp),
        Detail: JSON.stringify(event),
      }));
      const { FailedEntryCount = 0 } = await client.send(new PutEventsCommand({ Entries }));
      if (FailedEntryCount > 0) throw new Error(`the bus did not take ${FailedEntryCount} events`);
    }
  };
}

/** Returns the function that reads a SecureString parameter of SSM. */
export function secureParameter(name: string | undefined, client = new SSMClient({})): () => Promise<string> {
  return async () => {
    if (name === undefined)
      throw new Error('NOTIFICATION_PARAMETER is not set: set it to the name of the parameter');
    const { Parameter } = await client.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
    return Parameter?.Value ?? '';
  };
}

/** A queue of SQS with one message for each event and target. */
interface NotificationQueue {
  /** Adds messages. It throws unless the queue took all of them. */
  add(bodies: readonly string[]): Promise<void>;
  /** Hides a message that was received for a time. @param seconds at most 43,200 */
  hide(receipt: string, seconds: number): Promise<void>;
}

export function notificationQueue(url: string | undefined, client = new SQSClient({})): NotificationQueue {
  return {
    async add(bodies) {
      for (const batch of batchesOf(bodies)) {
        const Entries = batch.map((MessageBody, i) => ({ Id: String(i), MessageBody }));
        const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
        if (Failed.length > 0) throw new Error(`the queue did not take ${Failed.length} messages`);
      }
    },
    async hide(receipt, seconds) {
      await client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: url,
          ReceiptHandle: receipt,
          VisibilityTimeout: seconds,
        }),
      );
    },
  };
}
