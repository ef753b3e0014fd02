import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Position } from './box.ts';
import { segmentName } from './box.ts';
import type { SpoolDisk } from './disk.ts';
import { errorCode } from './disk.ts';
import type { SpooledItem } from './line.ts';
import { encodeLine } from './line.ts';
import { boxName, createBox, signOff } from './owner.ts';

interface WriterOptions {
  /** The folder of all boxes. */
  readonly boxes: string;
  readonly disk: SpoolDisk;
  /** A segment of more bytes is followed by a new one. */
  readonly segmentBytes: number;
  /** Called when writing begins to fail, with the code of the error, and with undefined when it works again. */
  readonly onFailing: (code: string | undefined) => void;
  /** Called after items were written, or could not be. */
  readonly onCommit: () => void;
}

interface Segment {
  readonly number: number;
  readonly path: string;
  readonly handle: FileHandle;
  readonly inode: number;
  bytes: number;
}

/** Time in which items are gathered for one fsync, milliseconds. */
const GROUP_MS = 25;
/** Time before a write that failed is tried again, milliseconds. */
const RETRY_MS = 1000;

/** Writes the names of a folder to the disk. Where a folder cannot be opened, as on Windows, the system does so itself. */
async function syncFolder(folder: string, disk: SpoolDisk): Promise<void> {
  const handle = await disk.open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close().catch(() => undefined);
}

/**
 * Appends items to the box of this process, with one fsync for all items of 25 ms (group commit). While the disk fails,
 * items stay in memory and are tried again each second.
 */
export class SpoolWriter {
  readonly #options: WriterOptions;
  #folder: string | undefined;
  #segment: Segment | undefined;
  #nextSegment = 0;
  /** Items that are not on disk, in order. */
  #unsaved: SpooledItem[] = [];
  #unsavedBytes = 0;
  #failing: string | undefined;
  #lent = false;
  #timer: NodeJS.Timeout | undefined;
  #commit: Promise<void> | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** The box; undefined before the first write. */
  get folder(): string | undefined {
    return this.#folder;
  }

  /** The code of the error because of which items stay in memory. */
  get failing(): string | undefined {
    return this.#failing;
  }

  get isWriting(): boolean {
    return this.#commit !== undefined;
  }

  get unsaved(): readonly SpooledItem[] {
    return this.#unsaved;
  }

  get unsavedBytes(): number {
    return this.#unsavedBytes;
  }

  /** The place up to which items are on disk. */
  get written(): Position | undefined {
    if (this.#segment) return { segment: this.#segment.number, offset: this.#segment.bytes };
    return this.#folder === undefined ? undefined : { segment: this.#nextSegment, offset: 0 };
  }

  /** Takes an item. It is written within about 25 ms. */
  append(item: SpooledItem): void {
    this.#unsaved.push(item);
    this.#unsavedBytes += item.text.length;
    this.#schedule(GROUP_MS);
  }

  /** Returns the items in memory for delivery. Nothing is written until `takeBack`, so that no item is counted twice. */
  lend(): readonly SpooledItem[] {
    this.#lent = true;
    return this.#unsaved;
  }

  takeBack(): void {
    this.#lent = false;
  }

  /** Removes items from memory. */
  drop(items: readonly SpooledItem[]): void {
    const dropped = new Set(items);
    this.#unsaved = this.#unsaved.filter(item => !dropped.has(item));
    this.#unsavedBytes = this.#unsaved.reduce((sum, { text }) => sum + text.length, 0);
  }

  /** Writes what is in memory now. @returns true when every item that was handed over before is on disk */
  async flush(): Promise<boolean> {
    const last = this.#unsaved.at(-1);
    await this.#commit;
    await this.#run();
    return last === undefined || !this.#unsaved.includes(last);
  }

  /** Writes what is in memory, and gives the box up. */
  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
    await this.#segment?.handle.close().catch(() => undefined);
    this.#segment = undefined;
    if (this.#folder !== undefined) await signOff(this.#folder, this.#options.disk);
  }

  /** Writes what is in memory without a promise: for the end of the process. */
  saveNow(): void {
    if (this.#unsaved.length === 0) return;
    try {
      const folder = this.#folder ?? join(this.#options.boxes, boxName());
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      // A write that still runs has the present segment, so these lines take one of their own.
      const descriptor = openSync(join(folder, segmentName(this.#nextSegment + 1)), 'a', 0o600);
      writeSync(descriptor, this.#unsaved.map(encodeLine).join(''));
      fsyncSync(descriptor);
      closeSync(descriptor);
    } catch {
      // The disk fails, and the process ends: nothing else can be done.
    }
  }

  #schedule(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#run();
    }, ms).unref();
  }

  /** Runs one commit at a time. */
  #run(): Promise<void> {
    this.#commit ??= this.#write().finally(() => {
      this.#commit = undefined;
      if (this.#unsaved.length > 0) this.#schedule(this.#failing === undefined ? GROUP_MS : RETRY_MS);
      this.#options.onCommit();
    });
    return this.#commit;
  }

  async #write(): Promise<void> {
    const items = this.#unsaved;
    if (items.length === 0 || this.#lent) return;
    const count = items.length;
    try {
      // The second try is for a box that another process has taken.
      for (let tries = 0; !(await this.#appendAll(items.slice(0, count))); tries++)
        if (tries === 1) throw new Error('the folder of the spool keeps disappearing');
      this.drop(items.slice(0, count));
      this.#setFailing(undefined);
    } catch (error) {
      await this.#leaveSegment();
      // The box was taken by another process, or deleted; the next try makes a new one.
      if (errorCode(error) === 'ENOENT') this.#folder = undefined;
      this.#setFailing(errorCode(error));
    }
  }

  /** @returns false when the box was taken: the items must be written into a new one */
  async #appendAll(items: readonly SpooledItem[]): Promise<boolean> {
    const { disk } = this.#options;
    const segment = await this.#openSegment();
    const bytes = Buffer.from(items.map(encodeLine).join(''));
    await segment.handle.appendFile(bytes);
    await segment.handle.datasync();
    const found = await disk.stat(segment.path).catch(() => undefined);
    if (found?.ino !== segment.inode) {
      await this.#leaveSegment();
      this.#folder = undefined;
      return false;
    }
    segment.bytes += bytes.byteLength;
    if (segment.bytes > this.#options.segmentBytes) this.#nextSegment = segment.number + 1;
    return true;
  }

  async #openSegment(): Promise<Segment> {
    const { disk, boxes } = this.#options;
    if (this.#folder === undefined) {
      this.#folder = await createBox(boxes, disk);
      this.#nextSegment = 0;
    }
    if (this.#segment && this.#segment.number >= this.#nextSegment) return this.#segment;
    await this.#segment?.handle.close();
    const number = this.#nextSegment;
    const path = join(this.#folder, segmentName(number));
    const handle = await disk.open(path, 'a', 0o600);
    const { ino: inode } = await handle.stat();
    await syncFolder(this.#folder, disk);
    this.#segment = { number, path, handle, inode, bytes: 0 };
    return this.#segment;
  }

  /** Leaves a segment whose last line may be cut, so that nothing is appended to it. */
  async #leaveSegment(): Promise<void> {
    await this.#segment?.handle.close().catch(() => undefined);
    if (this.#segment) this.#nextSegment = this.#segment.number + 1;
    this.#segment = undefined;
  }

  #setFailing(code: string | undefined): void {
    const changed = (this.#failing === undefined) !== (code === undefined);
    this.#failing = code;
    if (changed) this.#options.onFailing(code);
  }
}
