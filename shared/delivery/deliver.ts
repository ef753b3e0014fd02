import type { Log, LogFields } from '../log.ts';
import type { NotificationEvent } from '../notification/notification-event.ts';
import { eventId, TEST_TYPE } from '../notification/notification-event.ts';
import { renderRequest } from '../notification/render.ts';
import type { Delivery } from '../notification/retry.ts';
import { deliveryOf } from '../notification/retry.ts';
import type { Target } from '../notification/target.ts';
import type { SendOptions } from './send-request.ts';
import { sendRequest } from './send-request.ts';

interface DeliverDeps extends SendOptions {
  /** Address of the page, to which messages link. */
  readonly link?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Sends an event to a target. It never throws; a reason is a code, and holds no part of an address or secret. */
export async function deliver(
  target: Target,
  event: NotificationEvent,
  deps: DeliverDeps,
): Promise<Delivery> {
  const request = renderRequest(target, event, deps.link, deps.now());
  try {
    const { status, retryAfter } = await sendRequest(request, deps);
    return deliveryOf(status, retryAfter, deps.now());
  } catch (error) {
    return { outcome: 'failed', reason: codeOf(error) };
  }
}

/** Pause between two messages to one chat of Telegram, milliseconds. */
export const CHAT_PAUSE_MS = 1000;

/** Logs that a target took a message, or ended. A message that failed is logged by the caller, who knows what follows. */
export function logDelivery(log: Log, { outcome }: Delivery, fields: LogFields): void {
  if (outcome === 'delivered') log.info('notification delivered', fields);
  if (outcome === 'ended')
    log.warn('target ended: it answered 410, and gets nothing until its configuration changes', fields);
}

/** Returns the event with which an operator tests a target. */
export function testEvent(name: string, now: number): NotificationEvent {
  const timestamp = new Date(now).toISOString();
  return {
    id: eventId(TEST_TYPE, undefined, `${name} ${timestamp}`),
    type: TEST_TYPE,
    timestamp,
    sentence: `this is a test of the notification target ${name}: nothing changed`,
    count: 1,
  };
}

/** Returns the code of an error of the network. Messages are left out: they can hold the address. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'timeout';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
