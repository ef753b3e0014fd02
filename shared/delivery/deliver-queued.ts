import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { Fault } from '../errors.ts';
import type { Log } from '../log.ts';
import type { NotificationEvent } from '../notification/notification-event.ts';
import { notificationEventSchema } from '../notification/notification-event.ts';
import type { NotificationStore } from '../notification/notification-state.ts';
import type { Delivery } from '../notification/retry.ts';
import { retryPause } from '../notification/retry.ts';
import type { NotificationConfiguration, Target } from '../notification/target.ts';
import { parseConfiguration, targetHash, targetNamed, targetsOf } from '../notification/target.ts';
import { findTarget } from '../notification/target-test.ts';
import { CHAT_PAUSE_MS, deliver, logDelivery, testEvent } from './deliver.ts';

/** Stores, queue, settings and clock of the function that reaches the targets. */
export interface QueuedDeps {
  readonly notifications: Pick<NotificationStore, 'ended' | 'end'>;
  /** Reads the configuration as JSON. */
  readonly configuration: () => Promise<string>;
  readonly queue: {
    add(bodies: readonly string[]): Promise<void>;
    hide(receipt: string, seconds: number): Promise<void>;
  };
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Tests put their own targets and clock in place of these. */
  readonly send?: typeof deliver;
  readonly sleep?: (ms: number) => Promise<unknown>;
}

const recordSchema = z.object({
  messageId: z.string(),
  receiptHandle: z.string(),
  body: z.string(),
  attributes: z.object({ ApproximateReceiveCount: z.coerce.number() }),
});
type QueueRecord = z.output<typeof recordSchema>;

const inputSchema = z.union([
  z.object({ Records: z.array(recordSchema) }),
  z.object({ test: z.string().max(64) }),
]);

/** A message of the queue: an event from the bus, or one that this function has added for each target. */
const bodySchema = z.union([
  z.object({ target: z.string(), event: notificationEventSchema }),
  z.object({ detail: notificationEventSchema }),
]);

/**
 * Answers a batch of the queue, or the test of a target. An event from the bus becomes a message for each of its targets,
 * so that the retries of one target do not repeat the others.
 * @returns for a batch the messages that stay in the queue
 * @throws Error when the configuration cannot be read, and ZodError for another input
 */
export async function answerQueue(deps: QueuedDeps, input: unknown): Promise<object> {
  const parsed = inputSchema.parse(input);
  const configuration = parseConfiguration(await deps.configuration());
  if ('test' in parsed) return testTarget(deps, configuration, parsed.test);
  const ended = new Map(await deps.notifications.ended());
  const failures: { readonly itemIdentifier: string }[] = [];
  for (const record of parsed.Records) {
    try {
      if (!(await isDone(deps, configuration, ended, record)))
        failures.push({ itemIdentifier: record.messageId });
    } catch (error) {
      deps.log.error('notification not handled', error);
      failures.push({ itemIdentifier: record.messageId });
    }
  }
  return { batchItemFailures: failures };
}

async function testTarget(
  deps: QueuedDeps,
  configuration: NotificationConfiguration,
  name: string,
): Promise<object> {
  try {
    const target = findTarget(configuration, name);
    const result = await send(deps, configuration, target, testEvent(name, deps.now()));
    const delivered = result.outcome === 'delivered';
    return { delivered, ...(!delivered && { reason: result.reason }) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { unknown: { detail: error.message, suggestions: error.suggestions } };
  }
}

/** Handles one message. @returns whether it may leave the queue */
async function isDone(
  deps: QueuedDeps,
  configuration: NotificationConfiguration,
  ended: Map<string, string>,
  record: QueueRecord,
): Promise<boolean> {
  const body = bodySchema.parse(JSON.parse(record.body));
  if ('detail' in body) {
    const names = targetsOf(configuration, body.detail.type);
    await deps.queue.add(names.map(target => JSON.stringify({ target, event: body.detail })));
    return true;
  }
  const { target: name, event } = body;
  const target = targetNamed(configuration, name);
  if (!target || ended.get(name) === targetHash(target)) return true;
  const result = await send(deps, configuration, target, event);
  if (target.type === 'telegram') await (deps.sleep ?? delay)(CHAT_PAUSE_MS);
  if (result.outcome === 'ended') {
    await deps.notifications.end(name, targetHash(target));
    ended.set(name, targetHash(target));
  }
  return settle(deps, record, name, event, result);
}

function send(
  { now, send: deliverTo = deliver }: QueuedDeps,
  { link }: NotificationConfiguration,
  target: Target,
  event: NotificationEvent,
): Promise<Delivery> {
  return deliverTo(target, event, { link, loopbackHttp: false, now });
}

/** Hides a message that was not taken until its next attempt. After the last one the queue moves it to the dead letters. */
async function settle(
  { log, queue }: QueuedDeps,
  { receiptHandle, attributes: { ApproximateReceiveCount: attempts } }: QueueRecord,
  target: string,
  { id, type }: NotificationEvent,
  result: Delivery,
): Promise<boolean> {
  const fields = { target, event: id, type, attempts };
  logDelivery(log, result, fields);
  if (result.outcome !== 'failed') return true;
  log.warn('notification not delivered', { ...fields, reason: result.reason });
  const pause = retryPause(attempts, result.retryAfterMs);
  if (pause !== undefined) await queue.hide(receiptHandle, Math.ceil(pause / 1000));
  return false;
}
