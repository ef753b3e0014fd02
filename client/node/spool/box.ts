import { join } from 'node:path';
import type { SpoolDisk } from './disk.ts';
import type { SpooledItem } from './line.ts';
import { decodeLines, seal, unseal } from './line.ts';

/*
 * A box is the folder of one writer: numbered segments, which are appended to and never changed, and the file
 * `delivered`, which holds the position up to which everything was delivered. Without that file everything is delivered
 * again, which the service takes as `unchanged`.
 */

/** A place in a box: the number of a segment, and bytes from its start. */
export interface Position {
  readonly segment: number;
  readonly offset: number;
}

/** Items that follow each other, and the place after them. */
interface Stretch {
  readonly items: readonly SpooledItem[];
  readonly next: Position;
}

/** Limits of one read, for events and for outcomes each. */
interface StretchLimits {
  readonly items: number;
  readonly bytes: number;
}

interface BoxSegment {
  readonly number: number;
  readonly bytes: number;
  /** Time of the last write, milliseconds since 1970. */
  readonly modifiedAt: number;
  readonly delivered: boolean;
}

const START: Position = { segment: 0, offset: 0 };
const SEGMENT = /^(\d{8})\.spool$/;
const DELIVERED = 'delivered';

export const segmentName = (segment: number): string => `${String(segment).padStart(8, '0')}.spool`;

/** The reader of one box. */
export class Box {
  readonly folder: string;
  readonly #disk: SpoolDisk;
  readonly #limits: StretchLimits;
  /** The place up to which the writer has written; undefined in the box of a process that ended. */
  readonly #written: (() => Position | undefined) | undefined;
  #position: Position | undefined;
  /** The places of damaged lines: a place that is read again counts once. */
  readonly #damaged = new Set<string>();

  constructor(folder: string, disk: SpoolDisk, limits: StretchLimits, written?: () => Position | undefined) {
    this.folder = folder;
    this.#disk = disk;
    this.#limits = limits;
    this.#written = written;
  }

  /** Damaged lines that were passed over. */
  get damaged(): number {
    return this.#damaged.size;
  }

  /** Returns the next items that are not delivered; undefined when there are none now. It never rejects. */
  async next(): Promise<Stretch | undefined> {
    this.#position ??= await this.#readPosition();
    for (const segment of await this.#segmentsFrom(this.#position.segment)) {
      const from = segment === this.#position.segment ? this.#position.offset : 0;
      const stretch = await this.#readSegment(segment, from);
      if (stretch && stretch.items.length > 0) return stretch;
    }
    return undefined;
  }

  /** Returns the number and the bytes of the items that are not delivered. */
  async backlog(): Promise<{ readonly items: number; readonly bytes: number }> {
    const position = this.#position ?? (await this.#readPosition());
    let [items, bytes] = [0, 0];
    for (const segment of await this.#segmentsFrom(position.segment)) {
      const from = segment === position.segment ? position.offset : 0;
      for (const { item } of decodeLines(await this.#bytesOf(segment), from)) {
        if (!item) continue;
        items++;
        bytes += Buffer.byteLength(item.text);
      }
    }
    return { items, bytes };
  }

  /** Records that everything before a position was delivered. */
  async markDelivered(position: Position): Promise<void> {
    this.#position = position;
    const path = join(this.folder, DELIVERED);
    try {
      // A position that is lost only repeats a delivery, so nothing waits for the disk.
      await this.#disk.writeFile(`${path}.tmp`, seal(JSON.stringify(position)), { mode: 0o600 });
      await this.#disk.rename(`${path}.tmp`, path);
    } catch {
      // The position stays in memory.
    }
  }

  /** Returns the segments with their size in bytes and the time of their last write, oldest first. */
  async segments(): Promise<BoxSegment[]> {
    this.#position ??= await this.#readPosition();
    const { segment: current } = this.#position;
    const found: BoxSegment[] = [];
    for (const number of await this.#segmentsFrom(0)) {
      const stat = await this.#disk.stat(join(this.folder, segmentName(number))).catch(() => undefined);
      if (!stat) continue;
      const delivered = number < current || (number === current && (await this.#isDeliveredEnd(number)));
      found.push({ number, bytes: stat.size, modifiedAt: stat.mtimeMs, delivered });
    }
    return found;
  }

  /** Deletes a delivered segment. One with damaged lines is renamed instead, so that a person can look at it. */
  async remove(segment: number): Promise<void> {
    const path = join(this.folder, segmentName(segment));
    const isDamaged = [...decodeLines(await this.#bytesOf(segment))].some(({ item }) => item === undefined);
    const removing = isDamaged ? this.#disk.rename(path, `${path}.damaged`) : this.#disk.unlink(path);
    await removing.catch(() => undefined);
  }

  /** Deletes the box when it has no segments. @returns whether it is gone */
  async removeIfEmpty(): Promise<boolean> {
    if (this.#written !== undefined || (await this.#segmentsFrom(0)).length > 0) return false;
    for (const name of [DELIVERED, 'owner'])
      await this.#disk.unlink(join(this.folder, name)).catch(() => undefined);
    // A folder with damaged segments stays.
    await this.#disk.rmdir(this.folder).catch(() => undefined);
    return true;
  }

  /** Reports whether the last segment of a box without a writer was delivered to its end. */
  async #isDeliveredEnd(segment: number): Promise<boolean> {
    if (this.#written !== undefined) return false;
    const rest = [...decodeLines(await this.#bytesOf(segment), this.#position?.offset)];
    return rest.every(({ item }) => item === undefined);
  }

  async #readSegment(segment: number, from: number): Promise<Stretch | undefined> {
    const written = this.#written?.();
    if (this.#written && (!written || segment > written.segment)) return undefined;
    const all = await this.#bytesOf(segment);
    const bytes = written?.segment === segment ? all.subarray(0, written.offset) : all;
    const counts = { event: { items: 0, bytes: 0 }, outcome: { items: 0, bytes: 0 } };
    const items: SpooledItem[] = [];
    let offset = from;
    for (const { item, end } of decodeLines(bytes, from)) {
      if (item) {
        const count = counts[item.kind];
        count.items++;
        count.bytes += Buffer.byteLength(item.text);
        const isFull = count.items > this.#limits.items || count.bytes > this.#limits.bytes;
        if (isFull && items.length > 0) break;
        items.push(item);
      } else {
        this.#damaged.add(`${segment}:${end}`);
      }
      offset = end;
    }
    return { items, next: { segment, offset } };
  }

  async #segmentsFrom(first: number): Promise<number[]> {
    const names = await this.#disk.readdir(this.folder).catch((): string[] => []);
    return names
      .flatMap(name => SEGMENT.exec(name)?.[1] ?? [])
      .map(Number)
      .filter(segment => segment >= first)
      .sort((a, b) => a - b);
  }

  async #bytesOf(segment: number): Promise<Buffer> {
    return this.#disk.readFile(join(this.folder, segmentName(segment))).catch(() => Buffer.alloc(0));
  }

  async #readPosition(): Promise<Position> {
    try {
      const text = (await this.#disk.readFile(join(this.folder, DELIVERED))).toString('utf8');
      const position = unseal(text.trimEnd());
      return position === undefined ? START : (JSON.parse(position) as Position);
    } catch {
      // Without a position that can be read everything is delivered again.
      return START;
    }
  }
}
