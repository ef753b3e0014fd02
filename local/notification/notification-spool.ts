import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { writeAtomically } from '../../client/node/disk/atomic-write.ts';
import type { Log } from '../../shared/log.ts';
import type { NotificationEvent } from '../../shared/notification/notification-event.ts';
import { notificationEventSchema } from '../../shared/notification/notification-event.ts';

const waitingSchema = z.object({
  target: z.string(),
  event: notificationEventSchema,
  /** Attempts so far. */
  attempts: z.number(),
  /** When the next attempt is due, milliseconds since 1970. */
  due: z.number(),
});
/** An event that a target has not taken yet. */
export type WaitingMessage = Readonly<z.output<typeof waitingSchema>>;

/** Messages that wait at most; beyond it the oldest are given up. */
const MAX_WAITING = 1000;

const nameOf = ({ target, event }: Pick<WaitingMessage, 'target' | 'event'>): string =>
  `${target} ${event.id}`;

/** The messages that no target has taken yet, in one file. Each change replaces the file, so a crash loses none. */
export class NotificationSpool {
  readonly #path: string | undefined;
  readonly #log: Log;
  readonly #waiting: Map<string, WaitingMessage>;
  #written: Promise<void> = Promise.resolve();

  /** @param path undefined keeps the messages in memory */
  constructor(path: string | undefined, log: Log) {
    this.#path = path;
    this.#log = log;
    this.#waiting = new Map(readMessages(path, log).map(message => [nameOf(message), message]));
  }

  /**
   * Takes an event for a target, to be sent at once; an event that waits already stays as it is. `save` keeps it.
   * @param now milliseconds since 1970
   */
  add(target: string, event: NotificationEvent, now: number): void {
    const message = { target, event, attempts: 0, due: now };
    if (!this.#waiting.has(nameOf(message))) this.#waiting.set(nameOf(message), message);
    for (const [name, oldest] of this.#waiting) {
      if (this.#waiting.size <= MAX_WAITING) break;
      this.#waiting.delete(name);
      this.#log.warn('notification given up: too many wait', {
        target: oldest.target,
        event: oldest.event.id,
      });
    }
  }

  /** Returns the messages whose next attempt is due, oldest first. */
  due(now: number): WaitingMessage[] {
    return [...this.#waiting.values()].filter(({ due }) => due <= now);
  }

  /** Returns when the next attempt is due, milliseconds since 1970; undefined when nothing waits. */
  nextDue(): number | undefined {
    return this.#waiting.size === 0
      ? undefined
      : Math.min(...[...this.#waiting.values()].map(({ due }) => due));
  }

  /** Replaces a message after an attempt. */
  replace(message: WaitingMessage): void {
    this.#waiting.set(nameOf(message), message);
  }

  /** Removes a message that was delivered or given up. */
  remove(message: WaitingMessage): void {
    this.#waiting.delete(nameOf(message));
  }

  /** Writes the messages to the file. @throws the errors of the file system */
  save(): Promise<void> {
    const path = this.#path;
    if (path === undefined) return Promise.resolve();
    this.#written = this.#written
      .catch(() => undefined)
      .then(() => writeAtomically(path, JSON.stringify([...this.#waiting.values()])));
    return this.#written;
  }
}

/** Reads the messages of a file. One that is damaged is kept beside it, and the spool begins empty. */
function readMessages(path: string | undefined, log: Log): WaitingMessage[] {
  if (path === undefined) return [];
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  try {
    return z.array(waitingSchema).parse(JSON.parse(text));
  } catch (error) {
    log.error(`the spool of notifications is damaged: it is kept as ${path}.damaged`, error);
    renameSync(path, `${path}.damaged`);
    return [];
  }
}
