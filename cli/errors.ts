import * as z from 'zod';
import { EXIT, Failure } from './exit-codes.ts';

const MAX_SHOWN = 20;

const problemSchema = z.looseObject({
  code: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.looseObject({ path: z.string(), message: z.string() })).optional(),
});

/** A 4xx or 5xx answer. */
export class ServiceError extends Failure {
  readonly status: number;
  readonly body: unknown;
  /** What `Retry-After` asked for, in milliseconds. */
  readonly retryAfterMs: number;

  constructor(status: number, body: unknown, retryAfterMs: number) {
    const { message, lines } = describe(status, body);
    super(status >= 500 ? EXIT.serviceFailed : EXIT.refused, message, lines);
    this.status = status;
    this.body = body;
    this.retryAfterMs = retryAfterMs;
  }

  /** The problem's `code`, or `http_<status>` when the answer has none. */
  get code(): string {
    return problemSchema.safeParse(this.body).data?.code ?? `http_${this.status}`;
  }
}

/** No answer: nobody is there to be called, the connection broke, or it took too long. */
export class Unreachable extends Failure {
  readonly kind: 'absent' | 'broken' | 'timeout';

  constructor(kind: 'absent' | 'broken' | 'timeout', message: string, cause?: unknown) {
    super(EXIT.unreachable, message, [], cause);
    this.kind = kind;
  }
}

/** An answer that is none of the API's. */
export function unexpectedResponse(url: string, what: string): Failure {
  return new Failure(EXIT.serviceFailed, `${url} answered ${what}; is PM Tuning listening there?`);
}

function describe(status: number, body: unknown): { message: string; lines: string[] } {
  const problem = problemSchema.safeParse(body).data;
  if (!problem?.code) return { message: `the service answered ${status}`, lines: [] };
  const places = problem.errors ?? [];
  const lines = places.slice(0, MAX_SHOWN).map(({ path, message }) => `${path || 'body'}: ${message}`);
  if (places.length > MAX_SHOWN) lines.push(`… and ${places.length - MAX_SHOWN} more`);
  const detail = problem.detail ?? problem.title ?? '';
  return { message: `${problem.code} (${status})${detail ? `: ${detail}` : ''}`, lines };
}

const UNREACHABLE_CODES = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

const CONNECTION_LOST_CODES = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** What `fetch` threw, as a failure that says which service and what to do. */
export function fetchFailure(url: string, timeoutMs: number, error: unknown): Unreachable {
  if (error instanceof Error && error.name === 'TimeoutError')
    return new Unreachable('timeout', `${url} did not answer within ${timeoutMs / 1000} s`, error);
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = codeOf(cause);
  if (UNREACHABLE_CODES.has(code))
    return new Unreachable('absent', `no service at ${url} (${code}); start one with: npm start`, error);
  if (CONNECTION_LOST_CODES.has(code))
    return new Unreachable('broken', `the connection to ${url} broke (${code})`, error);
  const why = code || (cause instanceof Error ? cause.message : String(cause));
  return new Unreachable('absent', `${url} cannot be called (${why})`, error);
}

function codeOf(cause: unknown): string {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : '';
  return typeof code === 'string' ? code : '';
}
