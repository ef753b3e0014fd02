import type { NotificationState, NotificationStore } from '../notification/notification-state.ts';
import { notificationStateSchema } from '../notification/notification-state.ts';
import type { ControlTable } from './control-table.ts';
import { deflateJson, inflateJson } from './deflated-json.ts';
import * as keys from './keys.ts';

/**
 * The state of notifications in the control table: that of the poller in one item, as JSON, deflated; and one item for
 * each target that ended.
 */
export class DynamoNotificationStore implements NotificationStore {
  readonly #control: ControlTable;

  constructor(control: ControlTable) {
    this.#control = control;
  }

  async state(): Promise<NotificationState | undefined> {
    const item = await this.#control.get(keys.NOTIFICATIONS, keys.NOTIFICATION_STATE);
    if (!(item?.z instanceof Uint8Array)) return undefined;
    return notificationStateSchema.parse(inflateJson(item.z));
  }

  async replaceState(state: NotificationState): Promise<boolean> {
    return this.#control.db.put({
      TableName: this.#control.name,
      Item: {
        pk: keys.NOTIFICATIONS,
        sk: keys.NOTIFICATION_STATE,
        v: state.version,
        z: deflateJson(state),
      },
      ConditionExpression: 'attribute_not_exists(pk) OR v = :before',
      ExpressionAttributeValues: { ':before': state.version - 1 },
    });
  }

  async ended(): Promise<ReadonlyMap<string, string>> {
    const items = await this.#control.db.query(
      this.#control.partition(keys.NOTIFICATIONS, keys.ENDED_PREFIX),
    );
    return new Map(items.map(({ sk, hash }) => [String(sk).slice(keys.ENDED_PREFIX.length), String(hash)]));
  }

  async end(target: string, hash: string): Promise<void> {
    const at = new Date(this.#control.now()).toISOString();
    await this.#control.put(keys.NOTIFICATIONS, `${keys.ENDED_PREFIX}${target}`, { hash, at });
  }
}
