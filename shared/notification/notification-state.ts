import * as z from 'zod';
import { count } from '../validation.ts';
import { notificationEventSchema } from './notification-event.ts';

/** The state of the poller between two polls. It is one item, so that each poll is one conditional write. */
export const notificationStateSchema = z.object({
  /** Number of writes so far: the optimistic lock. */
  version: count,
  /** The first poll, milliseconds since 1970; nothing before it becomes an event. */
  since: z.number(),
  /** The cursor in the list of changes: from this time on, milliseconds since 1970, all but those already seen. */
  changes: z.object({ from: z.number(), seen: z.array(z.string()) }),
  /** Ids of the newest runs that were read as finished. */
  runs: z.array(z.string()),
  /** Codes of the reasons why the service was unhealthy, sorted. */
  health: z.array(z.string()),
  /** Subjects of findings that keep firing, which become one event. */
  firing: z.array(z.string()),
  sent: z.record(z.string(), z.object({ at: z.number(), held: notificationEventSchema.optional() })),
  /** Events that were found and may not have been handed over yet. */
  outbox: z.array(notificationEventSchema),
  /** Until when the poller that found them has the right to hand them over, milliseconds since 1970. */
  outbox_until: z.number(),
});
export type NotificationState = z.output<typeof notificationStateSchema>;

/** The state of the poller, and the targets that have ended. */
export interface NotificationStore {
  /** Returns the state of the last poll; undefined before the first one. */
  state(): Promise<NotificationState | undefined>;
  /** Writes a state if the stored version is one less. @returns false when another poller came first */
  replaceState(state: NotificationState): Promise<boolean>;
  /** Returns the targets that answered 410, each with the hash of its configuration then. */
  ended(): Promise<ReadonlyMap<string, string>>;
  /** Records that a target answered 410. @param hash of its configuration: another one begins anew */
  end(target: string, hash: string): Promise<void>;
}
