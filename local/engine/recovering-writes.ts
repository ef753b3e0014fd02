/*
 * LevelDB may lose what it acknowledges after a write that failed, for example on a full disk: the failed write leaves a
 * part of a record in the log, and recovery cannot read the records behind it. So:
 *
 * - Batches are written one at a time. After a failure every write is rejected at once, and reads go on.
 * - When the disk takes a test file, the database is closed and opened again. That reads the log up to the part, and
 *   later writes go to a new log.
 */

/** The methods of a database that this file uses. */
interface Database {
  batch(operations: readonly Operation[]): Promise<void>;
  close(): Promise<void>;
  open(): Promise<void>;
}

export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: unknown }
  | { readonly type: 'del'; readonly key: string };

/** Bytes of the test file. Opening again writes at most the log and the memory table, 4 MiB each. */
export const TEST_BYTES = 12 * 1024 * 1024;
/** Least milliseconds between two tests. */
const TEST_PAUSE_MS = 500;
/** Number of operations at which a batch is full. */
const MAX_BATCH = 1000;

interface Waiting {
  readonly operations: readonly Operation[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Writes to a database in one queue, and recovers from failed writes without losing an acknowledged one. */
export class RecoveringWrites {
  readonly #db: Database;
  readonly #testWrite: () => Promise<void>;
  readonly #queue: Waiting[] = [];
  #isWriting = false;
  /** The error of the write that failed, until the database is open again. */
  #failure: { readonly error: unknown } | undefined;
  #isOpen = true;
  #activeRequests = 0;
  #whenIdle: (() => void) | undefined;
  #isRecovering = false;
  /** Ends when the attempt to open the database again has ended; requests wait for it. */
  #reopening: { readonly ended: Promise<void> } | undefined;
  #lastTest = Number.NEGATIVE_INFINITY;

  /** @param testWrite rejects while the disk takes no writes */
  constructor(db: Database, testWrite: () => Promise<void>) {
    this.#db = db;
    this.#testWrite = testWrite;
  }

  /**
   * Runs a request that reads or writes the database; none runs while the database is opened again.
   * @throws the error of the failed write when the database could not be opened again
   */
  async run<T>(request: () => Promise<T>): Promise<T> {
    if (this.#failure) this.#tryRecovery();
    while (this.#reopening) await this.#reopening.ended;
    if (!this.#isOpen) throw this.#failure?.error;
    this.#activeRequests++;
    try {
      return await request();
    } finally {
      this.#activeRequests--;
      if (this.#activeRequests === 0) this.#whenIdle?.();
    }
  }

  /** Resolves when all operations are written, together. @throws the error of the database, also of an earlier write */
  write(operations: readonly Operation[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ operations, resolve, reject });
      if (!this.#isWriting) void this.#writeQueue();
    });
  }

  async #writeQueue(): Promise<void> {
    this.#isWriting = true;
    while (this.#queue.length > 0) {
      const batch = this.#nextBatch();
      try {
        if (this.#failure) throw this.#failure.error;
        await this.#db.batch(batch.flatMap(({ operations }) => operations));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#failure ??= { error };
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isWriting = false;
  }

  #nextBatch(): Waiting[] {
    let size = 0;
    let count = 0;
    for (const { operations } of this.#queue) {
      if (size >= MAX_BATCH) break;
      size += operations.length;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  /** Starts to recover, at most one attempt at a time. An attempt that fails leaves the failure, and a later one follows. */
  #tryRecovery(): void {
    if (this.#isRecovering || performance.now() - this.#lastTest < TEST_PAUSE_MS) return;
    this.#isRecovering = true;
    void this.#recover()
      .catch(() => undefined)
      .finally(() => {
        this.#lastTest = performance.now();
        this.#isRecovering = false;
      });
  }

  async #recover(): Promise<void> {
    await this.#testWrite();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#reopening = { ended: promise };
    try {
      await this.#idle();
      if (this.#isOpen) await this.#db.close();
      this.#isOpen = false;
      await this.#db.open();
      this.#isOpen = true;
      this.#failure = undefined;
    } finally {
      this.#reopening = undefined;
      resolve();
    }
  }

  /** Resolves when no request is under way. Their writes fail at once, so none of them waits for this file. */
  async #idle(): Promise<void> {
    if (this.#activeRequests > 0)
      await new Promise<void>(resolve => {
        this.#whenIdle = resolve;
      });
    this.#whenIdle = undefined;
  }
}
