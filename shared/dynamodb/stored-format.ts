import { Fault } from '../errors.ts';
import type { Item } from './client.ts';
import type { ControlTable } from './control-table.ts';
import { FORMAT, FORMAT_ATTRIBUTE, FORMAT_VERSION_SORT } from './keys.ts';

/*
 * Stored data carry the version of their format.
 *
 * - The data carry the version of the newest format that they hold: item `format`/`version` of the control table.
 * - A head, an archived generation and a chunk of a row set may carry the version of their own format.
 * - Data and items without a version have version 1: release 0.1.0 wrote none.
 *
 * A service reads every version up to its own and rejects a newer one. During an update:
 *
 * - A container of the old release may still write items of the old format. The new release reads them.
 * - A container of the new release may write items of the new format before a run records the version of the data. The
 *   old release rejects each such item by the item's own version.
 */

/** The version that this code writes, and the newest that it reads. Raise it with every change of a stored format. */
const FORMAT_VERSION = 2;

/** Checks and records the version of the data. After its first success in a process it sends no more requests. */
export class StoredFormat {
  readonly #control: ControlTable;
  #recorded = false;

  constructor(control: ControlTable) {
    this.#control = control;
  }

  /**
   * Checks that this service can read the data. Data with an older version, or with none, get the version of this
   * service. A run and the local service call this before anything else. Ingest does not: an event of an older format
   * stays readable, and a rejected event would be lost.
   * @throws Fault `newer_data`
   */
  async open(): Promise<void> {
    if (this.#recorded) return;
    const stored = await this.#read();
    // Another process may have recorded a version since the read; a newer one is rejected by the second read.
    if ((stored === undefined || stored < FORMAT_VERSION) && !(await this.#record())) await this.#read();
    this.#recorded = true;
  }

  /** Records the version of this service; returns false when the data have this or a newer version by now. */
  #record(): Promise<boolean> {
    return this.#control.db.put({
      TableName: this.#control.name,
      Item: { pk: FORMAT, sk: FORMAT_VERSION_SORT, version: FORMAT_VERSION },
      ConditionExpression: 'attribute_not_exists(pk) OR version < :version',
      ExpressionAttributeValues: { ':version': FORMAT_VERSION },
    });
  }

  /** Returns the version that the data carry, if any. @throws Fault `newer_data` */
  async #read(): Promise<number | undefined> {
    // A query, because the function that opens a run may read the table by queries only.
    const items = await this.#control.db.query(this.#control.partition(FORMAT));
    const item = items.find(({ sk }) => sk === FORMAT_VERSION_SORT);
    return item && assertSupported(item.version, 'the stored data have');
  }
}

/**
 * Checks that this service can read the format of one item.
 * @param subject names the item in the message, for example `the head of this pattern`
 * @throws Fault `newer_data`
 */
export function assertReadable(item: Item, subject: string): void {
  const version = item[FORMAT_ATTRIBUTE];
  if (version !== undefined) assertSupported(version, `${subject} has`);
}

function assertSupported(version: unknown, subject: string): number {
  if (typeof version === 'number' && version <= FORMAT_VERSION) return version;
  throw new Fault(
    'newer_data',
    `${subject} format version ${String(version).slice(0, 20)}, and this service reads versions up to ${FORMAT_VERSION}; ` +
      'update the service',
  );
}
