import { type SignedFetch, SigningError } from '../shared/aws/signed-fetch.ts';
import { errorMessage, fetchFailure, ServiceError, Unreachable, unexpectedResponse } from './errors.ts';
import { EXIT, Failure } from './exit-codes.ts';
import type { Host } from './host.ts';
import { backoffMs, retryAfterMs, TRANSIENT_STATUSES } from './retry.ts';

interface ClientOptions {
  /** Address of the service, to which request paths are appended. It may have a path itself, such as the stage of an API. */
  readonly url: string;
  readonly token?: string | undefined;
  readonly send: SignedFetch;
  /** Time limit of one attempt, in milliseconds. */
  readonly timeoutMs: number;
  readonly host: Host;
  /** Called before each retry with a line for the reader. */
  readonly onRetry: (text: string) => void;
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** An object, or JSON text that is sent unchanged. */
  readonly body?: object | string;
  /** Total number of attempts, by default 3 for GET and else 1. Only idempotent calls may have more than one. */
  readonly attempts?: number;
  readonly signal?: AbortSignal;
}

const SIGNING_ADVICE =
  'choose credentials with --aws-profile, or check them with: aws sts get-caller-identity';

/** HTTP client of one service, with JSON bodies and retries. */
export class Client {
  readonly #options: ClientOptions;
  /** Becomes true with the first response. A refused connection is retried only after that. */
  #reached = false;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * Sends one request, with retries, and returns the parsed body of the 2xx response.
   * @throws ServiceError on 4xx and 5xx, Unreachable without a response, Failure when the body is not JSON or the request
   *   cannot be signed, the signal's reason when the signal is aborted
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
    const { host, onRetry } = this.#options;
    const ms = backoffMs(attempt, host.random(), error instanceof ServiceError ? error.retryAfterMs : 0);
    const next = `retry in ${(ms / 1000).toFixed(1)} s (attempt ${attempt + 1} of ${attempts})`;
    onRetry(`${errorMessage(error)} – ${next}`);
    await host.sleep(ms, signal);
  }

  async #attempt(path: string, call: Call): Promise<unknown> {
    const { url, timeoutMs, send } = this.#options;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = call.signal ? AbortSignal.any([call.signal, timeout]) : timeout;
    let response: Response;
    let text: string;
    try {
      response = await send(this.#urlOf(path, call.query), { ...this.#request(call), signal });
      text = await response.text();
    } catch (error) {
      if (error instanceof SigningError)
        throw new Failure(EXIT.usage, error.message, [SIGNING_ADVICE], error);
      throw fetchFailure(url, timeoutMs, error);
    }
    this.#reached = true;
    const body = parseJson(text);
    if (!response.ok) {
      const waitMs = retryAfterMs(response.headers.get('retry-after'), Date.now());
      throw new ServiceError(response.status, body, waitMs);
    }
    if (body === undefined) throw unexpectedResponse(url, 'a body that is not JSON');
    return body;
  }

  #request({ method = 'GET', body }: Call) {
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

/** Returns undefined for a text that is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
