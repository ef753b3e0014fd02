import type { Backlog } from './backlog.ts';
import { Box } from './box.ts';
import type { SpoolDisk } from './disk.ts';
import type { SpooledItem } from './line.ts';
import { adoptBox, giveSignOfLife, listBoxes, signOff } from './owner.ts';
import type { SpoolWriter } from './writer.ts';

interface Retention {
  readonly maxBytes: number;
  readonly keepDeliveredMs: number;
}

interface QueueOptions {
  readonly boxes: string;
  readonly disk: SpoolDisk;
  readonly writer: SpoolWriter;
  readonly backlog: Backlog;
  readonly retention: Retention;
}

/** Items to deliver next. */
interface Delivery {
  readonly items: readonly SpooledItem[];
  /** Records that they were delivered. */
  done(): Promise<void>;
}

/** Limits of one request: the service takes 500 items and 1 MiB. */
const LIMITS = { items: 500, bytes: 900_000 };

/**
 * The queue of boxes that this process delivers: those of processes that ended, oldest first, then its own, then the
 * items in memory.
 */
export class BoxQueue {
  readonly #options: QueueOptions;
  readonly #adopted: Box[] = [];
  #own: Box | undefined;
  #damagedBefore = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Lines on disk that could not be read. */
  get damaged(): number {
    const boxes = this.#own ? [...this.#adopted, this.#own] : this.#adopted;
    return boxes.reduce((sum, box) => sum + box.damaged, this.#damagedBefore);
  }

  /** Returns the next items; undefined when nothing waits. */
  async next(): Promise<Delivery | undefined> {
    for (const box of [...this.#adopted, ...this.#ownBox()]) {
      const stretch = await box.next();
      if (stretch) return { items: stretch.items, done: () => box.markDelivered(stretch.next) };
    }
    const { writer } = this.#options;
    if (writer.failing === undefined || writer.isWriting || writer.unsaved.length === 0) return undefined;
    const items = firstOf(writer.lend());
    return { items, done: async () => writer.drop(items) };
  }

  /** True when every item that was taken is on disk. */
  get isSaved(): boolean {
    return this.#options.writer.unsaved.length === 0;
  }

  /** Gives up the boxes of other processes, so that the next process need not wait. */
  async close(): Promise<void> {
    for (const box of this.#adopted) await signOff(box.folder, this.#options.disk);
  }

  /** Ends a delivery, also one that failed. */
  release(): void {
    this.#options.writer.takeBack();
  }

  /** Takes over the boxes of processes that ended, gives signs of life, and deletes what need not be kept. */
  async tend(): Promise<void> {
    const { boxes, disk, writer, backlog } = this.#options;
    if (writer.folder !== undefined) await giveSignOfLife(writer.folder, disk);
    for (const box of this.#adopted) await giveSignOfLife(box.folder, disk);
    const mine = new Set([writer.folder, ...this.#adopted.map(box => box.folder)]);
    for (const folder of await listBoxes(boxes, disk)) {
      if (mine.has(folder)) continue;
      const adopted = await adoptBox(boxes, folder, disk);
      if (adopted === undefined) continue;
      const box = new Box(adopted, disk, LIMITS);
      const { items, bytes } = await box.backlog();
      backlog.inherit(items, bytes);
      this.#adopted.push(box);
    }
    await this.#deleteDelivered();
  }

  #ownBox(): Box[] {
    const { writer, disk } = this.#options;
    const { folder } = writer;
    if (folder === undefined) return [];
    if (this.#own?.folder !== folder) {
      this.#damagedBefore += this.#own?.damaged ?? 0;
      this.#own = new Box(folder, disk, LIMITS, () => writer.written ?? NOTHING);
    }
    return [this.#own];
  }

  /** Deletes delivered segments: those that are old, and the oldest while there are too many bytes. */
  async #deleteDelivered(): Promise<void> {
    const { maxBytes, keepDeliveredMs } = this.#options.retention;
    const all = [];
    for (const box of [...this.#adopted, ...this.#ownBox()])
      for (const segment of await box.segments()) all.push({ box, segment });
    let bytes = all.reduce((sum, { segment }) => sum + segment.bytes, 0);
    const delivered = all.filter(({ segment }) => segment.delivered);
    delivered.sort((a, b) => a.segment.modifiedAt - b.segment.modifiedAt);
    for (const { box, segment } of delivered) {
      if (bytes <= maxBytes && Date.now() - segment.modifiedAt < keepDeliveredMs) break;
      await box.remove(segment.number);
      bytes -= segment.bytes;
    }
    for (const box of [...this.#adopted])
      if (await box.removeIfEmpty()) {
        this.#damagedBefore += box.damaged;
        this.#adopted.splice(this.#adopted.indexOf(box), 1);
      }
  }
}

const NOTHING = { segment: -1, offset: 0 };

/** Returns the first items that fit into one request. */
function firstOf(items: readonly SpooledItem[]): SpooledItem[] {
  let bytes = 0;
  return items.slice(0, LIMITS.items).filter((item, i) => {
    bytes += Buffer.byteLength(item.text);
    return i === 0 || bytes <= LIMITS.bytes;
  });
}
