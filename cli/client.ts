import { fetchFailure, ServiceError, Unreachable, unexpectedResponse } from './errors.ts';
import type { Host } from './host.ts';
import { backoffMs, retryAfterMs, TRANSIENT_STATUSES } from './retry.ts';

export interface ClientOptions {
  /** Where the service is; a path, such as a stage's, is kept. */
  readonly url: string;
  readonly token?: string | undefined;
  /** For one attempt, milliseconds. */
  readonly timeoutMs: number;
  readonly host: Host;
  /** Told before each repeated attempt. */
  readonly onRetry: (text: string) => void;
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** An object, or JSON text that is sent as it is. */
  readonly body?: object | string;
  /** Attempts in all; more than one only for calls that do no harm when done twice. Default 3 for GET, else 1. */
  readonly attempts?: number;
  readonly signal?: AbortSignal;
}

/** Speaks JSON over HTTP with one service. */
export class Client {
  readonly #options: ClientOptions;
  /** A service that answered once is expected back; one that never did is not waited for. */
  #reached = false;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * One call; the answer is the parsed body of a 2xx.
   * @throws ServiceRefused on 4xx and 5xx, Unreachable when nothing answers, Failure when it is no JSON,
   *   the signal's reason when that is aborted
   */
  async call(path: string, call: Call = {}): Promise<unknown> {
    const attempts = call.attempts ?? ((call.method ?? 'GET') === 'GET' ? 3 : 1);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(path, call);
      } catch (error) {
        call.signal?.throwIfAborted();
        if (attempt >= attempts || !this.#isRetryable(error)) throw error;
        await this.#waitBeforeRetry(error, attempt, attempts, call.signal);
      }
    }
  }

  #isRetryable(error: unknown): boolean {
    if (error instanceof ServiceError) return TRANSIENT_STATUSES.has(error.status);
    return error instanceof Unreachable && (error.kind !== 'absent' || this.#reached);
  }

  async #waitBeforeRetry(
    error: unknown,
    attempt: number,
    attempts: number,
    signal?: AbortSignal,
  ): Promise<void> {
    const { host, onRetry: note } = this.#options;
    const asked = error instanceof ServiceError ? error.retryAfterMs : 0;
    const ms = backoffMs(attempt, host.random(), asked);
    const why = error instanceof Error ? error.message : String(error);
    note(`${why} – again in ${(ms / 1000).toFixed(1)} s (attempt ${attempt + 1} of ${attempts})`);
    await host.sleep(ms, signal);
  }

  async #attempt(path: string, call: Call): Promise<unknown> {
    const { url, timeoutMs } = this.#options;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = call.signal ? AbortSignal.any([call.signal, timeout]) : timeout;
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.#urlOf(path, call.query), { ...this.#request(call), signal });
      text = await response.text();
    } catch (error) {
      throw fetchFailure(url, timeoutMs, error);
    }
    this.#reached = true;
    const body = parseJson(text);
    if (!response.ok)
      throw new ServiceError(
        response.status,
        body,
        retryAfterMs(response.headers.get('retry-after'), Date.now()),
      );
    if (body === undefined) throw unexpectedResponse(url, 'something that is no JSON');
    return body;
  }

  #request({ method = 'GET', body }: Call): RequestInit {
    const { token } = this.#options;
    const headers = new Headers({ accept: 'application/json' });
    if (token) headers.set('authorization', `Bearer ${token}`);
    if (body === undefined) return { method, headers };
    headers.set('content-type', 'application/json');
    return { method, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
  }

  #urlOf(path: string, query: Call['query'] = {}): string {
    const pairs = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] satisfies [string, string]],
    );
    const search = new URLSearchParams(pairs).toString();
    return `${this.#options.url.replace(/\/+$/, '')}${path}${search === '' ? '' : `?${search}`}`;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
