import * as z from 'zod';
import { maskPasswords } from '../shared/mask-passwords.ts';
import { EXIT, Failure } from './exit-codes.ts';

/** Maximum number of listed places of an invalid request. */
const MAX_PLACES = 20;

const problemSchema = z.looseObject({
  code: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
  /** API Gateway says here why it refuses a request. */
  message: z.string().optional(),
  errors: z.array(z.looseObject({ path: z.string(), message: z.string() })).optional(),
});

/** A 4xx or 5xx response. */
export class ServiceError extends Failure {
  readonly status: number;
  readonly body: unknown;
  /** Wait that the response's `Retry-After` requires, in milliseconds; 0 without one. */
  readonly retryAfterMs: number;

  constructor(status: number, body: unknown, retryAfterMs: number) {
    const { message, lines } = describe(status, body);
    super(status >= 500 ? EXIT.serviceFailed : EXIT.refused, message, lines);
    this.status = status;
    this.body = body;
    this.retryAfterMs = retryAfterMs;
  }

  /** The problem's `code`, or `http_<status>` when the response has none. */
  get code(): string {
    return problemSchema.safeParse(this.body).data?.code ?? `http_${this.status}`;
  }
}

type UnreachableKind = 'absent' | 'broken' | 'timeout';

/** No response: nothing listens at the address, the connection broke, or the time limit passed. */
export class Unreachable extends Failure {
  readonly kind: UnreachableKind;

  constructor(kind: UnreachableKind, message: string, advice: readonly string[], cause: unknown) {
    super(EXIT.unreachable, message, advice, cause);
    this.kind = kind;
  }
}

/** Returns the failure for a response that the API does not define. */
export function unexpectedResponse(url: string, problem: string): Failure {
  const advice = 'check that PM Tuning listens there, in the version of this command';
  return new Failure(EXIT.serviceFailed, `${maskPasswords(url)} answered with ${problem}; ${advice}`);
}

const NO_CODE_ADVICE =
  'the response has no problem code, so a gateway or another service may have sent it; check --url';

const NO_ACCESS_ADVICE =
  'the gateway refused the caller; sign with --sigv4 or --aws-profile, or give a token with --token-file';

function describe(status: number, body: unknown): { message: string; lines: string[] } {
  const problem = problemSchema.safeParse(body).data;
  if (!problem?.code) {
    const advice = status === 401 || status === 403 ? NO_ACCESS_ADVICE : NO_CODE_ADVICE;
    const reason = problem?.message === undefined ? '' : `: ${problem.message}`;
    return { message: `the service answered ${status}${reason}`, lines: [advice] };
  }
  const places = problem.errors ?? [];
  const lines = places.slice(0, MAX_PLACES).map(({ path, message }) => `${path || 'body'}: ${message}`);
  if (places.length > MAX_PLACES) lines.push(`… and ${places.length - MAX_PLACES} more`);
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

/** Returns the failure for an error of `fetch`. The message names the service, the error and what to do. */
export function fetchFailure(address: string, timeoutMs: number, error: unknown): Unreachable {
  const url = maskPasswords(address);
  if (error instanceof Error && error.name === 'TimeoutError') {
    const message = `${url} did not answer within ${timeoutMs / 1000} s`;
    return new Unreachable('timeout', message, ['try again, or allow more time with --timeout'], error);
  }
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = errorCode(cause);
  if (UNREACHABLE_CODES.has(code))
    return new Unreachable('absent', `no service at ${url} (${code}); start one with: npm start`, [], error);
  if (CONNECTION_LOST_CODES.has(code))
    return new Unreachable('broken', `the connection to ${url} broke (${code})`, ['try again'], error);
  return new Unreachable(
    'absent',
    `${url} cannot be called (${maskPasswords(errorReason(cause))})`,
    ['check --url'],
    error,
  );
}

/** Returns the `code` of a Node error, such as `ENOENT`; empty without one. */
export function errorCode(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
}

/** Returns the code of an error, or its message when it has no code. */
export function errorReason(error: unknown): string {
  return errorCode(error) || errorMessage(error);
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
