import { eventBus } from '../shared/aws/notification-clients.ts';
import { EVENT_TYPES } from '../shared/notification/notification-event.ts';
import { pollNotifications } from '../shared/notification/poll.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';

/** Finds events for operators, and puts them on the bus. It reads no secret and reaches no target. */
export function createHandler(runtime: Runtime) {
  const put = eventBus(runtime.config.notification.bus);
  return () => pollNotifications(runtime, new Set(EVENT_TYPES), put);
}

export const handler = lambdaEntry(createHandler);
