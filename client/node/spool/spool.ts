import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Service } from '../../src/ports.ts';
import { Backlog } from './backlog.ts';
import { BoxQueue } from './box-queue.ts';
import { Deliverer } from './deliverer.ts';
import type { SpoolDisk } from './disk.ts';
import { realDisk } from './disk.ts';
import type { ItemKind } from './line.ts';
import { SpoolWriter } from './writer.ts';

export interface SpoolOptions {
  /** The folder of the spool; processes may share it. */
  readonly folder: string;
  /** The service that gets the items. */
  readonly service: Pick<Service, 'post'>;
  /** Limit of what is not delivered yet, bytes; beyond it `record` takes no more. By default 256 MiB. */
  readonly maxBytes?: number;
  /**
   * Time for which delivered segments are kept, milliseconds; by default a day. They are deleted earlier, the oldest
   * first, when delivered and other segments together have more than `maxBytes`.
   */
  readonly keepDeliveredMs?: number;
  /** Takes warnings: a disk that fails, and items that the service refused. It may throw. */
  readonly warn?: (message: string) => void;
  /** Returns a number from 0 to 1, 1 excluded. */
  readonly random?: () => number;
  /** Size of a segment, bytes; by default 1 MiB. */
  readonly segmentBytes?: number;
  /** @internal */
  readonly disk?: SpoolDisk;
}

/** The result of a call: the item was taken, or the reason why not. */
export type Receipt =
  | { readonly taken: true }
  /** `full`: the spool is at its limit. `invalid`: it is no JSON object, or too large. `closed`: after `close`. */
  | { readonly taken: false; readonly reason: 'full' | 'invalid' | 'closed'; readonly detail: string };

/** The content of the spool, and counts since it was opened. */
export interface SpoolState {
  /** Items that are not delivered yet, in memory and on disk. */
  readonly waiting: number;
  readonly waiting_bytes: number;
  /** Age of the oldest of them, seconds; 0 without one. */
  readonly oldest_age_seconds: number;
  /** Items that are not on disk yet. */
  readonly unsaved: number;
  /** Why items stay in memory, for example `ENOSPC`; absent while the disk works. */
  readonly disk_error?: string;
  /** Why the last delivery failed; absent after a success. */
  readonly delivery_error?: string;
  readonly counters: {
    readonly taken: number;
    /** Items that `record` or `resolve` did not take: full, invalid or closed. */
    readonly not_taken: number;
    readonly delivered: number;
    /** Items that the service refused for good; they are in `rejected.jsonl`. */
    readonly rejected: number;
    /** Lines on disk that could not be read. */
    readonly damaged: number;
    readonly failed_deliveries: number;
  };
}

/** Keeps events and outcomes on disk until the service has them. */
export interface Spool {
  /** Takes an event. It does no I/O and never throws; the event is on disk within 100 ms. */
  record(event: object): Receipt;
  /** Takes an outcome, in the form of an item of `POST /v1/outcomes`. */
  resolve(outcome: object): Receipt;
  /** Writes everything to disk. @returns true when each item that was taken before is on disk */
  flush(): Promise<boolean>;
  /** Waits until everything is delivered. @returns false when some of it is not after the time */
  delivered(timeoutMs: number): Promise<boolean>;
  state(): SpoolState;
  /** Writes everything to disk and stops the delivery. It may be called again. */
  close(): Promise<void>;
}

const MIB = 1024 * 1024;
/** Items that the disk does not take are kept in memory up to this many bytes. */
const MAX_UNSAVED_BYTES = 32 * MIB;
/** An item must fit into one request, which may have 1 MiB. */
const MAX_ITEM_BYTES = 1_000_000;

/** Opens a spool. It never throws: with a disk that fails it goes on in memory, and reports that. */
export function openSpool(options: SpoolOptions): Spool {
  return new DiskSpool(options);
}

class DiskSpool implements Spool {
  readonly #maxBytes: number;
  readonly #backlog = new Backlog();
  readonly #writer: SpoolWriter;
  readonly #queue: BoxQueue;
  readonly #deliverer: Deliverer;
  readonly #saveNow = (): void => this.#writer.saveNow();
  #notTaken = 0;
  #closing: Promise<void> | undefined;

  constructor(options: SpoolOptions) {
    const { folder, service, disk = realDisk, segmentBytes = MIB, random = Math.random } = options;
    const { maxBytes = 256 * MIB, keepDeliveredMs = 86_400_000 } = options;
    const warn = quiet(options.warn ?? (message => process.emitWarning(message)));
    const boxes = join(folder, 'boxes');
    makeFolder(boxes);
    this.#maxBytes = maxBytes;
    this.#writer = new SpoolWriter({
      boxes,
      disk,
      segmentBytes,
      onFailing: code => warn(diskMessage(folder, code)),
      onCommit: () => this.#deliverer.wake(),
    });
    this.#queue = new BoxQueue({
      boxes,
      disk,
      writer: this.#writer,
      backlog: this.#backlog,
      retention: { maxBytes, keepDeliveredMs },
    });
    this.#deliverer = new Deliverer({
      folder,
      disk,
      service,
      queue: this.#queue,
      backlog: this.#backlog,
      random,
      warn,
    });
    process.on('exit', this.#saveNow);
  }

  record(event: object): Receipt {
    return this.#take('event', event);
  }

  resolve(outcome: object): Receipt {
    return this.#take('outcome', outcome);
  }

  async flush(): Promise<boolean> {
    return this.#writer.flush();
  }

  async delivered(timeoutMs: number): Promise<boolean> {
    await this.#writer.flush();
    return this.#deliverer.finished(timeoutMs);
  }

  state(): SpoolState {
    const { failing } = this.#writer;
    const { error, failures } = this.#deliverer;
    const { items, bytes, oldest, taken, delivered, rejected } = this.#backlog;
    return {
      waiting: items,
      waiting_bytes: bytes,
      oldest_age_seconds: oldest === undefined ? 0 : Math.max(0, (Date.now() - oldest) / 1000),
      unsaved: this.#writer.unsaved.length,
      ...(failing !== undefined && { disk_error: failing }),
      ...(error !== undefined && { delivery_error: error }),
      counters: {
        taken,
        not_taken: this.#notTaken,
        delivered,
        rejected,
        damaged: this.#queue.damaged,
        failed_deliveries: failures,
      },
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#deliverer.stop();
    await this.#writer.close();
    await this.#queue.close();
    process.off('exit', this.#saveNow);
  }

  #take(kind: ItemKind, item: object): Receipt {
    if (this.#closing !== undefined) return this.#refuse('closed', 'the spool is closed');
    const text = textOf(item);
    if (text === undefined) return this.#refuse('invalid', `the ${kind} is no object that JSON can express`);
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_ITEM_BYTES)
      return this.#refuse('invalid', `the ${kind} has ${bytes} bytes, and the limit is ${MAX_ITEM_BYTES}`);
    if (this.#backlog.bytes + bytes > this.#maxBytes)
      return this.#refuse(
        'full',
        `${this.#backlog.items} items wait for the service, the limit of bytes is reached`,
      );
    if (this.#writer.unsavedBytes + bytes > MAX_UNSAVED_BYTES)
      return this.#refuse(
        'full',
        'the disk does not take items fast enough, and the memory for them is used up',
      );
    const at = Date.now();
    this.#backlog.add(at, bytes);
    this.#writer.append({ kind, at, text });
    return { taken: true };
  }

  #refuse(reason: 'full' | 'invalid' | 'closed', detail: string): Receipt {
    this.#notTaken++;
    return { taken: false, reason, detail };
  }
}

/** Returns undefined for a value that is no JSON object: another type, a circular one, one with a BigInt. */
function textOf(item: unknown): string | undefined {
  try {
    const text = JSON.stringify(item);
    return text?.startsWith('{') ? text : undefined;
  } catch {
    return undefined;
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch {
    // The writer tries again with each write, and reports why it fails.
  }
}

/** A warning must not stop the bot. */
function quiet(warn: (message: string) => void): (message: string) => void {
  return message => {
    try {
      warn(message);
    } catch {
      // The caller's function failed; there is nobody else to tell.
    }
  };
}

function diskMessage(folder: string, code: string | undefined): string {
  return code === undefined
    ? `the spool in ${folder} is written to disk again`
    : `the spool in ${folder} cannot be written (${code}): events stay in memory until it can; make room or rights`;
}
