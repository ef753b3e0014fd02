import { Worker } from 'node:worker_threads';
import type { Context, Hono } from 'hono';
import type {
  ForwardedRequest,
  ForwardedResponse,
  FromWorker,
  StoreRequest,
  StoreResponse,
  ToWorker,
  WorkerSettings,
} from './messages.ts';

/** Calls the storage engine of the main thread. */
export type StoreHandler = (request: StoreRequest) => Promise<StoreResponse>;

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One thread. It starts with its first task, and again with the next one after it has ended. */
class ComputingThread {
  readonly #settings: WorkerSettings;
  readonly #store: StoreHandler;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #lastId = 0;

  constructor(settings: WorkerSettings, store: StoreHandler) {
    this.#settings = settings;
    this.#store = store;
  }

  run(task: { kind: 'mine'; payload: unknown } | { kind: 'request'; request: ForwardedRequest }) {
    const id = ++this.#lastId;
    return new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#start().postMessage({ ...task, id } satisfies ToWorker);
    });
  }

  async stop(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: this.#settings });
    // A worker that waits for tasks does not keep the process alive.
    worker.unref();
    worker.on('message', (message: FromWorker) => void this.#receive(worker, message));
    worker.once('error', error => this.#fail(worker, error));
    worker.once('exit', () => this.#fail(worker, new Error('the computing thread ended')));
    this.#worker = worker;
    return worker;
  }

  async #receive(worker: Worker, message: FromWorker): Promise<void> {
    if (message.kind === 'store') {
      const { id } = message;
      const answer: ToWorker = await this.#store(message.request).then(
        response => ({ kind: 'stored', id, response }),
        error => ({ kind: 'not-stored', id, message: String(error) }),
      );
      return worker.postMessage(answer);
    }
    const task = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.kind === 'done') task?.resolve(message.value);
    // The state machine acts on the name of an error.
    else task?.reject(Object.assign(new Error(message.message), { name: message.name }));
  }

  #fail(worker: Worker, error: unknown): void {
    if (this.#worker === worker) this.#worker = undefined;
    for (const { reject } of this.#pending.values())
      reject(error instanceof Error ? error : new Error(String(error)));
    this.#pending.clear();
  }
}

/**
 * Computes what takes long in threads of their own, so that look-ups and the calls of operators do not wait: one thread
 * mines the patterns of runs, one answers what-ifs and studies.
 */
export class Computing {
  readonly #runs: ComputingThread;
  readonly #studies: ComputingThread;

  /** @param store the storage engine; it is not called when the settings name an endpoint */
  constructor(settings: WorkerSettings, store: StoreHandler) {
    this.#runs = new ComputingThread(settings, store);
    this.#studies = new ComputingThread(settings, store);
  }

  /** Runs the step `Mine` of a run. */
  readonly mine = (payload: unknown): Promise<unknown> => this.#runs.run({ kind: 'mine', payload });

  /** Registers the routes that a thread answers. Must be called before the same routes of this thread are registered. */
  forwardStudies(app: Hono): void {
    const forward = (c: Context): Promise<Response> => this.#forward(c);
    app.on(['GET', 'POST'], '/v1/whatif', forward);
    app.get('/v1/patterns/:pattern_key/nmin', forward);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#runs.stop(), this.#studies.stop()]);
  }

  async #forward(c: Context): Promise<Response> {
    const { url, method, headers } = c.req.raw;
    const body = method === 'POST' ? new Uint8Array(await c.req.arrayBuffer()) : undefined;
    const request: ForwardedRequest = { url, method, headers: [...headers], ...(body && { body }) };
    const answer = (await this.#studies.run({ kind: 'request', request })) as ForwardedResponse;
    const sent = answer.headers.map(([name, value]): [string, string] => [name, value]);
    return new Response(Uint8Array.from(answer.body), { status: answer.status, headers: sent });
  }
}
