import { Fault } from '../errors.ts';
import type { Item } from './client.ts';
import type { ControlTable } from './control-table.ts';
import { FORMAT, FORMAT_ATTRIBUTE, FORMAT_VERSION_SORT } from './keys.ts';

/*
 * The version of the stored formats.
 *
 * - The data carry the version of the newest format that they hold: item `format`/`version` of the control table.
 * - A head, an archived generation and a chunk of a row set may carry the version of their own format.
 * - Data and items without a version have version 1: release 0.1.0 wrote none.
 *
 * A service reads every version up to its own and refuses a newer one. So an item of an older format that is written
 * late, by a container that was started before an update, stays readable.
 */

/** The version that this code writes, and the newest that it reads. Raise it with every change of a stored format. */
const FORMAT_VERSION = 1;

/** Checks and records the version of the data, once per process. */
export class StoredFormat {
  readonly #control: ControlTable;
  #supported = false;

  constructor(control: ControlTable) {
    this.#control = control;
  }

  /**
   * Checks that this service can read the data. Only the first success of a process costs a read.
   * @throws Fault `newer_data`
   */
  async check(): Promise<void> {
    if (!this.#supported) await this.#read();
  }

  /**
   * Checks that this service can read the data, and records the version of data that carry none.
   * @throws Fault `newer_data`
   */
  async open(): Promise<void> {
    if (this.#supported || (await this.#read())) return;
    await this.#control.db.put({
      TableName: this.#control.name,
      Item: { pk: FORMAT, sk: FORMAT_VERSION_SORT, version: FORMAT_VERSION },
      ConditionExpression: 'attribute_not_exists(pk)',
    });
  }

  /** Returns whether the data carry a version. @throws Fault `newer_data` */
  async #read(): Promise<boolean> {
    const item = await this.#control.get(FORMAT, FORMAT_VERSION_SORT);
    if (item) assertSupported(item.version, 'the stored data have');
    this.#supported = true;
    return item !== undefined;
  }
}

/**
 * Checks that this service can read the format of one item.
 * @param what names the item in the message, for example `the head of this pattern`
 * @throws Fault `newer_data`
 */
export function assertReadable(item: Item, what: string): void {
  const version = item[FORMAT_ATTRIBUTE];
  if (version !== undefined) assertSupported(version, `${what} has`);
}

function assertSupported(version: unknown, subject: string): void {
  if (typeof version === 'number' && version <= FORMAT_VERSION) return;
  throw new Fault(
    'newer_data',
    `${subject} format version ${String(version).slice(0, 20)}, and this service reads versions up to ${FORMAT_VERSION}; ` +
      'update the service',
  );
}
