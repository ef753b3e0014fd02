import type { Authorize, Clock, Fetch, FetchAnswer, Service, ServiceAnswer } from './ports.ts';

/** Time for a request and its answer, body included, milliseconds. */
const TIME_OUT_MS = 5000;
/** Largest body that is read, bytes after gzip. */
const MAX_BYTES = 64 * 1024 * 1024;

interface ServiceSettings {
  readonly url: string;
  readonly token: string | (() => string | Promise<string>) | undefined;
  readonly authorize: Authorize | undefined;
  readonly fetch: Fetch;
  readonly clock: Clock;
}

interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly fixed: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Sends requests with the token, a time-out and a limit of size. */
export class HttpService implements Service {
  readonly #settings: ServiceSettings;
  readonly #base: string;
  readonly #running = new Set<AbortController>();
  #token: string | undefined;

  constructor(settings: ServiceSettings) {
    this.#settings = settings;
    this.#base = settings.url.replace(/\/+$/, '');
  }

  get(path: string, etag?: string): Promise<ServiceAnswer> {
    const fixed: Record<string, string> = etag === undefined ? {} : { 'if-none-match': etag };
    return this.#send({ method: 'GET', path, fixed, body: undefined });
  }

  post(path: string, body: object): Promise<ServiceAnswer> {
    const fixed = { 'content-type': 'application/json' };
    return this.#send({ method: 'POST', path, fixed, body: JSON.stringify(body) });
  }

  /** Ends every request that runs. */
  abort(): void {
    for (const controller of this.#running) controller.abort(new Error('the client was closed'));
  }

  /** Runs an exchange within the time-out. A token, a signature or a transport that hangs does not hold it up. */
  async #send(request: Request): Promise<ServiceAnswer> {
    const controller = new AbortController();
    this.#running.add(controller);
    const cancel = this.#settings.clock.after(TIME_OUT_MS, () =>
      controller.abort(new Error(`there was no answer within ${TIME_OUT_MS / 1000} seconds`)),
    );
    try {
      const { signal } = controller;
      return await Promise.race([this.#exchange(signal, request), aborted(signal)]);
    } finally {
      cancel();
      this.#running.delete(controller);
      // The connection of an answer that was not read to its end is closed.
      controller.abort();
    }
  }

  /** A 401 reads the token again, and repeats the request once if it is another one. */
  async #exchange(signal: AbortSignal, request: Request): Promise<ServiceAnswer> {
    this.#token ??= await this.#readToken();
    const used = this.#token;
    const answer = await this.#sendOnce(signal, request);
    if (answer.status !== 401) return answer;
    this.#token = await this.#readToken();
    return this.#token === used ? answer : this.#sendOnce(signal, request);
  }

  async #readToken(): Promise<string | undefined> {
    const { token } = this.#settings;
    const text = typeof token === 'function' ? await token() : token;
    return text?.trim() || undefined;
  }

  async #sendOnce(signal: AbortSignal, { method, path, fixed, body }: Request): Promise<ServiceAnswer> {
    const { fetch, authorize } = this.#settings;
    const url = `${this.#base}${path}`;
    const headers: Record<string, string> = { accept: 'application/json', ...fixed };
    if (this.#token !== undefined) headers.authorization = `Bearer ${this.#token}`;
    const more = authorize && (await authorize({ method, url, headers, body }));
    const init = { method, headers: { ...headers, ...more }, redirect: 'error', signal } as const;
    return readAnswer(await fetch(url, body === undefined ? init : { ...init, body }));
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

async function readAnswer(answer: FetchAnswer): Promise<ServiceAnswer> {
  const { status, headers, body } = answer;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error(`the answer has more than ${MAX_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return { status, headers, text: text + decoder.decode() };
}
