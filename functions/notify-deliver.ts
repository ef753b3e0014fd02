import { notificationQueue, secureParameter } from '../shared/aws/notification-clients.ts';
import { answerQueue } from '../shared/delivery/deliver-queued.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';

/** Sends the events of the queue to the targets, and tests a target. It alone reads their secrets. */
export function createHandler(runtime: Runtime) {
  const { parameter, queueUrl } = runtime.config.notification;
  const configuration = secureParameter(parameter);
  const queue = notificationQueue(queueUrl);
  return (input: unknown) => answerQueue({ ...runtime, configuration, queue }, input);
}

export const handler = lambdaEntry(createHandler);
