import type { MiddlewareHandler } from 'hono';
import { isObject } from '../json.ts';

/** The path of the flag with a key is this path and `/KEY`. */
const FLAGS = '/ofrep/v1/evaluate/flags';
/** Maximum number of characters of a key that an error repeats. */
const MAX_KEY = 512;

/** The words of the protocol for problems of this service; the others are `GENERAL`. */
const ERROR_CODES: Readonly<Record<string, string>> = {
  not_found: 'FLAG_NOT_FOUND',
  invalid_body: 'PARSE_ERROR',
  invalid_encoding: 'PARSE_ERROR',
  invalid_request: 'INVALID_CONTEXT',
};

/**
 * Rewrites problem details as errors of the OpenFeature Remote Evaluation Protocol: `{key, errorCode, errorDetails}`
 * without a value, as `application/json`. Providers read no other form. The route of all flags has no key.
 */
export const ofrepErrors: MiddlewareHandler = async (c, next) => {
  await next();
  if (!c.res.headers.get('content-type')?.startsWith('application/problem+json')) return;
  const problem: unknown = await c.res.json();
  const { code, detail } = isObject(problem) ? problem : {};
  const key = keyOf(c.req.path);
  const error = {
    ...(key !== undefined && { key }),
    errorCode: ERROR_CODES[String(code)] ?? 'GENERAL',
    errorDetails: String(detail),
  };
  const headers = new Headers(c.res.headers);
  headers.set('content-type', 'application/json');
  headers.delete('content-length');
  headers.delete('content-encoding');
  c.res = new Response(JSON.stringify(error), { status: c.res.status, headers });
};

function keyOf(path: string): string | undefined {
  if (!path.startsWith(`${FLAGS}/`)) return undefined;
  const text = path.slice(FLAGS.length + 1);
  return decoded(text).slice(0, MAX_KEY);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
