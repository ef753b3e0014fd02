/*
 * The client gets its surroundings through these ports. A browser-like runtime passes none: `platform.ts` has the
 * defaults.
 * `client/node` adds a storage on disk, a token file and the file `off`; the edge adds SigV4; tests add a clock.
 */

/** One JSON document of the service as it was received: the index of snapshots, or the snapshot of one pattern. */
export interface StoredDocument {
  /** The pattern key of a snapshot, or `index`. */
  readonly key: string;
  /** The body of the answer, unchanged. */
  readonly text: string;
  /** The tag under which the index listed the document when it was confirmed; that of the index itself. */
  readonly tag: string;
  /** Last time at which the service confirmed the document, milliseconds since 1970 by the wall clock. */
  readonly contactAt: number;
}

/** The key of the index of snapshots; no pattern key is equal to it. */
export const INDEX_KEY = 'index';

/**
 * Keeps documents over a restart. No method may throw or reject: a storage that fails goes on without, and reports that
 * itself. A document must come back as it was saved, or not at all: the storage checks its bytes.
 */
export interface SnapshotStorage {
  /** Reads every document. It is called once, by `open`, so that the client is ready at once. */
  load(): readonly StoredDocument[];
  /** Reads the documents that other processes saved since the last `load` or `newer`. It is called before each poll. */
  newer(): Promise<readonly StoredDocument[]>;
  /** Saves a document that the client has applied. */
  save(document: StoredDocument): Promise<void>;
  /** Records that the service confirmed a saved document. @param contactAt milliseconds since 1970 */
  touch(key: string, contactAt: number): Promise<void>;
}

/** A request as `authorize` sees it. */
export interface OutgoingRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Adds headers to a request: a signature (SigV4), or a token. It may reject; the request then counts as failed. */
export type Authorize = (
  request: OutgoingRequest,
) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;

/** The part of `fetch` that the client uses. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchAnswer>;

export interface FetchInit {
  readonly method: 'GET' | 'POST';
  readonly headers: Record<string, string>;
  readonly body?: string;
  /** Always `error`: a token never follows a redirect to another host. */
  readonly redirect: 'error';
  readonly signal: AbortSignal;
}

export interface FetchAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** Two clocks and a timer. */
export interface Clock {
  /** Milliseconds of a clock that never jumps; its zero does not matter. Intervals and ages are measured with it. */
  monotonic(): number;
  /** Milliseconds since 1970. Only times that outlive the process are taken from it. */
  wall(): number;
  /**
   * Calls back once after a delay.
   * @param keepsAlive whether the timer keeps the process alive; it does not by default
   * @returns a function that cancels the timer
   */
  after(milliseconds: number, callback: () => void, keepsAlive?: boolean): () => void;
}

/** The answer to a request that was sent; a body of more than the limit, or a time-out, rejects instead. */
export interface ServiceAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: string;
}

/**
 * Sends requests to the service with the client's token, time-out (5 s, body included) and limit of size. A 401 reads the
 * token again and repeats the request once. `post` is for the delivery of a spool.
 */
export interface Service {
  /** @param path from the root of the service, for example `/v1/snapshots` */
  get(path: string, etag?: string): Promise<ServiceAnswer>;
  post(path: string, body: object): Promise<ServiceAnswer>;
}
