import type { SpooledItem } from './line.ts';

/** Counts what waits for the service, and what became of items. */
export class Backlog {
  items = 0;
  bytes = 0;
  taken = 0;
  delivered = 0;
  rejected = 0;
  /** Time of the oldest waiting item, milliseconds since 1970. */
  oldest: number | undefined;

  /** Counts an item that was taken. */
  add(at: number, bytes: number): void {
    this.taken++;
    this.inherit(1, bytes);
    this.oldest ??= at;
  }

  /** Counts the items of a box that was adopted. */
  inherit(items: number, bytes: number): void {
    this.items += items;
    this.bytes += bytes;
  }

  /** Counts items that no longer wait. @param rejected how many of them the service refused */
  settle(items: readonly SpooledItem[], rejected: number): void {
    this.items = Math.max(0, this.items - items.length);
    this.bytes = Math.max(0, this.bytes - items.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0));
    this.delivered += items.length - rejected;
    this.rejected += rejected;
    this.oldest = undefined;
  }

  /** Records that nothing waits. */
  clear(): void {
    this.items = 0;
    this.bytes = 0;
    this.oldest = undefined;
  }
}
