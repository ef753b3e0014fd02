import type { HeldSnapshots } from './held-snapshots.ts';
import { readRetryAfter } from './poll-schedule.ts';
import type { Clock, Service, ServiceAnswer, SnapshotStorage } from './ports.ts';
import { INDEX_KEY } from './ports.ts';
import type { IndexEntry, ReadOptions, SnapshotIndex } from './read-documents.ts';
import { checkDigests, readIndex, readSnapshot } from './read-documents.ts';
import type { ServedPattern } from './served.ts';

/** Entries of a page of the index. */
const PAGE = 1000;
/** Snapshots that are read at once. */
const PARALLEL = 4;

/** A poll that did not reach its end. */
export class PollFailure extends Error {
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

interface PollerDeps {
  readonly service: Service;
  readonly held: HeldSnapshots;
  readonly storage: SnapshotStorage | undefined;
  readonly clock: Clock;
  readonly sha256: (text: string) => string | Promise<string>;
  readonly options: ReadOptions;
  readonly onTaken: (served: ServedPattern) => void;
  readonly onRejected: (error: unknown) => void;
}

/** Brings what is in memory up to date: the index first, then the snapshots that changed. */
export class Poller {
  readonly #deps: PollerDeps;

  constructor(deps: PollerDeps) {
    this.#deps = deps;
  }

  /** @throws PollFailure; what was taken before it stays */
  async poll(): Promise<void> {
    const { held, storage, clock, onTaken, onRejected } = this.#deps;
    if (storage) for (const served of held.takeStored(await storage.newer(), onRejected)) onTaken(served);
    await this.#pollIndex();
    const changed = held.changed();
    let rejected: unknown;
    for (let i = 0; i < changed.length; i += PARALLEL)
      await Promise.all(
        changed.slice(i, i + PARALLEL).map(entry =>
          this.#pollSnapshot(entry).catch(error => {
            // A snapshot that is invalid does not hold up the others; a service that fails does.
            if (error instanceof PollFailure) throw error;
            onRejected(error);
            rejected = error;
          }),
        ),
      );
    if (rejected !== undefined) throw new PollFailure(messageOf(rejected));
    await storage?.touch(INDEX_KEY, clock.wall());
  }

  async #pollIndex(): Promise<void> {
    const { held, storage, clock, onRejected } = this.#deps;
    const first = await this.#get(`/v1/snapshots?limit=${PAGE}`, held.index?.etag);
    if (first.status === 304) return held.confirm(clock.monotonic());
    let index: SnapshotIndex;
    try {
      index = await this.#restOf(readIndex(first.text));
    } catch (error) {
      if (!(error instanceof PollFailure)) onRejected(error);
      throw asFailure(error);
    }
    held.takeIndex(index, clock.monotonic());
    const { etag, mode, pollSeconds, entries } = index;
    const text = JSON.stringify({ schema: 1, etag, poll_seconds: pollSeconds, mode, patterns: entries });
    await storage?.save({ key: INDEX_KEY, text, tag: etag, contactAt: clock.wall() });
  }

  /** Reads the further pages of an index. A list that changed meanwhile is read again by the next poll. */
  async #restOf(first: SnapshotIndex): Promise<SnapshotIndex> {
    const entries = [...first.entries];
    for (let { next } = first; next !== undefined; ) {
      const { text } = await this.#get(`/v1/snapshots?limit=${PAGE}&next=${encodeURIComponent(next)}`);
      const page = readIndex(text);
      if (page.etag !== first.etag) throw new PollFailure('the index changed while it was read');
      entries.push(...page.entries);
      next = page.next;
    }
    return { ...first, entries, next: undefined };
  }

  async #pollSnapshot(entry: IndexEntry): Promise<void> {
    const { held, storage, clock, sha256, options, onTaken } = this.#deps;
    const { pattern_key: pattern, etag: tag } = entry;
    const path = `/v1/snapshots/${encodeURIComponent(pattern)}?form=compact`;
    const { status, text } = await this.#get(path, held.served(pattern)?.etag);
    if (status === 304) return held.confirmEntry(entry);
    const snapshot = readSnapshot(text, pattern, options);
    await checkDigests(snapshot, sha256);
    const { served } = snapshot;
    held.take(served, tag, clock.monotonic());
    onTaken(served);
    await storage?.save({ key: pattern, text, tag, contactAt: clock.wall() });
  }

  /** @throws PollFailure unless the answer is 200, or 304 to a tag */
  async #get(path: string, etag?: string): Promise<ServiceAnswer> {
    const { service, clock } = this.#deps;
    const answer = await service.get(path, etag).catch(error => {
      throw asFailure(error);
    });
    if (answer.status === 200 || (answer.status === 304 && etag !== undefined)) return answer;
    const retryAfter = readRetryAfter(answer.headers.get('retry-after'), clock.wall());
    throw new PollFailure(`the service answered ${answer.status}`, retryAfter);
  }
}

function asFailure(error: unknown): PollFailure {
  return error instanceof PollFailure ? error : new PollFailure(messageOf(error));
}

/** Returns the message of an error and of what caused it: `fetch` says little by itself. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
