import type { Problem } from '../../shared/http/schemas/problem.ts';

/* Calls of the API. A token is kept in memory, and in this tab's session storage only if its owner chose that. */

const STORED = 'pm-tuning-token';
let token: string | undefined = sessionStorage.getItem(STORED) ?? undefined;

/** Sets the token of all further calls. @param keep true keeps it until this tab is closed */
export function useToken(text: string | undefined, keep = false): void {
  token = text;
  if (text !== undefined && keep) sessionStorage.setItem(STORED, text);
  else sessionStorage.removeItem(STORED);
}

export const hasToken = (): boolean => token !== undefined;

/** A call that failed: the problem that the service answered, or none when it did not answer. */
export class CallError extends Error {
  readonly status: number;
  readonly problem: Problem | undefined;

  constructor(status: number, problem: Problem | undefined) {
    super(
      problem?.detail ?? (status === 0 ? 'the service does not answer' : `the service answered ${status}`),
    );
    this.status = status;
    this.problem = problem;
  }

  /** The message and what is wrong at each place of the body. */
  get sentence(): string {
    const places = this.problem?.errors?.map(({ path, message }) => `${path} ${message}`) ?? [];
    return [this.message, ...places].join('; ');
  }
}

/** Longest wait for an answer, in milliseconds: a run that is waited for may take 29 s. */
const TIMEOUT_MS = 35_000;

export async function call<T>(method: 'GET' | 'PUT' | 'POST', path: string, body?: object): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new CallError(0, undefined);
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok || answer === undefined)
    throw new CallError(response.status, answer as Problem | undefined);
  return answer as T;
}

/** Returns a path with its query; parameters without a value are left out. */
export function path(
  base: string,
  query: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  return pairs.length === 0 ? base : `${base}?${new URLSearchParams(pairs)}`;
}

/** Returns the path of a call about one pattern. */
export const ofPattern = (pattern: string, rest: string): string =>
  `/v1/patterns/${encodeURIComponent(pattern)}/${rest}`;
