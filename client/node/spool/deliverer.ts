import type { Service } from '../../src/ports.ts';
import type { Backlog } from './backlog.ts';
import type { BoxQueue } from './box-queue.ts';
import type { SpoolDisk } from './disk.ts';
import { errorCode } from './disk.ts';
import { SIGN_OF_LIFE_MS } from './owner.ts';
import { keepRefused } from './refused-file.ts';
import { NotDelivered, sendItems } from './send.ts';

interface DelivererOptions {
  /** The folder of the file of refused items. */
  readonly folder: string;
  readonly disk: SpoolDisk;
  readonly service: Pick<Service, 'post'>;
  readonly queue: BoxQueue;
  readonly backlog: Backlog;
  readonly random: () => number;
  readonly warn: (message: string) => void;
}

/** First and longest mean wait after a failure, milliseconds. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Items of a request: at most, and at least after requests without an answer. The service takes 500. */
const MOST_ITEMS = 500;
const FEWEST_ITEMS = 25;

/** Delivers what waits, one request at a time, and waits longer after each failure. Nothing makes it stop for good. */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #tending: NodeJS.Timeout;
  #retry: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #consecutive = 0;
  /** Items of the next request. A loaded service that answers 500 too late would else never answer in time. */
  #items = MOST_ITEMS;
  #failures = 0;
  #error: string | undefined;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(options: DelivererOptions) {
    this.#options = options;
    this.#tending = setInterval(() => this.#start(() => options.queue.tend()), SIGN_OF_LIFE_MS).unref();
    this.#start(() => options.queue.tend());
  }

  /** Why the last delivery failed; undefined after a success. */
  get error(): string | undefined {
    return this.#error;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Delivers what waits, unless a failure asks for patience. */
  wake(): void {
    if (this.#retry === undefined) this.#start();
  }

  /** Waits until nothing waits for the service. @returns false after the time */
  async finished(timeoutMs: number): Promise<boolean> {
    const end = performance.now() + timeoutMs;
    while (this.#options.backlog.items > 0 && !this.#stopped && performance.now() < end) {
      this.wake();
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    return this.#options.backlog.items === 0;
  }

  /** Stops after the request that runs. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#tending);
    clearTimeout(this.#retry);
    await this.#running;
  }

  #start(before?: () => Promise<void>): void {
    if (this.#stopped) return;
    if (this.#running !== undefined) {
      this.#again = true;
      if (before) void this.#running.then(() => this.#start(before));
      return;
    }
    this.#running = this.#work(before).finally(() => {
      this.#running = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.wake();
    });
  }

  async #work(before: (() => Promise<void>) | undefined): Promise<void> {
    try {
      await before?.();
      if (this.#retry !== undefined) return;
      while (!this.#stopped && (await this.#deliverNext()));
    } catch (error) {
      this.#waitAfter(error);
    } finally {
      this.#options.queue.release();
    }
  }

  /** @returns whether there was something to deliver. @throws NotDelivered, errors of the disk */
  async #deliverNext(): Promise<boolean> {
    const { queue, backlog, service, folder, disk } = this.#options;
    const before = backlog.taken;
    const nothingUnsaved = queue.isSaved;
    const delivery = await queue.next();
    if (!delivery) {
      // Lines that were damaged on disk are waited for no longer.
      if (nothingUnsaved && backlog.taken === before) backlog.clear();
      return false;
    }
    backlog.oldest = delivery.items[0]?.at;
    const refused = await sendItems(service, delivery.items, this.#items);
    await keepRefused(folder, refused, disk);
    await delivery.done();
    backlog.settle(delivery.items, refused.length);
    this.#consecutive = 0;
    this.#items = Math.min(MOST_ITEMS, this.#items * 2);
    this.#error = undefined;
    const [first] = refused;
    if (first)
      this.#warn(
        `the service refused ${refused.length} items, for example for ${first.code}: see rejected.jsonl in ${folder}`,
      );
    return true;
  }

  #waitAfter(error: unknown): void {
    this.#failures++;
    this.#consecutive++;
    this.#error = error instanceof NotDelivered ? error.message : errorCode(error);
    if (error instanceof NotDelivered && error.isUnanswered)
      this.#items = Math.max(FEWEST_ITEMS, this.#items >> 1);
    const asked = error instanceof NotDelivered ? error.retryAfterMs : 0;
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(this.#consecutive - 1, 20));
    // Full jitter: many bots do not come back at once.
    const wait = asked + this.#options.random() * longest;
    if (this.#stopped) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.wake();
    }, wait).unref();
    if (this.#consecutive > 1)
      this.#warn(`events wait for the service (${this.#error}); they are kept and sent again`);
  }

  /** Warns at most once an hour. */
  #warn(message: string): void {
    if (performance.now() - this.#warnedAt < HOUR_MS) return;
    this.#warnedAt = performance.now();
    this.#options.warn(message);
  }
}
