import type { Context } from 'hono';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { z } from 'zod';
import { Fault } from '../errors.ts';
import type { Log } from '../log.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { parsePatternKey } from '../pattern/pattern-key.ts';
import { parse } from '../validation.ts';
import type { Endpoint } from './endpoints.ts';
import { MAX_BODY_BYTES } from './endpoints.ts';
import { problemOf, RETRY_AFTER_SECONDS } from './problem.ts';

export type Handler = (c: Context) => Response | Promise<Response>;

/** An app whose every error is problem+json, whose bodies are bounded and whose log holds no payload. */
export function createApp(log: Log): Hono {
  const app = new Hono();
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => tooLarge() }));
  app.notFound(c => {
    const allowed = methodsOf(app, c.req.path);
    if (allowed.length === 0) return answerProblem(new Fault('not_found', 'no such path'));
    const response = answerProblem(new Fault('method_not_allowed', `this path takes ${allowed.join(', ')}`));
    response.headers.set('allow', allowed.join(', '));
    return response;
  });
  app.onError((error, c) => {
    const response = answerProblem(error);
    if (response.status >= 500)
      log.error('request failed', error, { method: c.req.method, route: c.req.path.slice(0, 200) });
    return response;
  });
  return app;
}

/** The methods that an app takes on a path; what stands before every handler is registered for all of them. */
function methodsOf(app: Hono, path: string): string[] {
  const fits = (route: string): boolean =>
    new RegExp(`^${route.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`).test(path);
  return app.routes.filter(({ method, path }) => method !== 'ALL' && fits(path)).map(({ method }) => method);
}

/** Registers the handler of a route. */
export function addRoute(app: Hono, { method, path }: Endpoint, handler: Handler): void {
  app.on(method, path.replaceAll(/\{(\w+)\}/g, ':$1'), handler);
}

/** A problem+json response for a fault. @param more further members of the body */
export function answerProblem(error: unknown, more: object = {}): Response {
  const problem = problemOf(error);
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' };
  if (problem.status === 503) headers['retry-after'] = String(RETRY_AFTER_SECONDS);
  return new Response(JSON.stringify({ ...problem, ...more }), { status: problem.status, headers });
}

/** The body as JSON; empty is an empty object. @throws Fault `invalid_body`, `body_too_large` */
export async function readJson(c: Context): Promise<unknown> {
  const bytes = await c.req.arrayBuffer();
  // API Gateway hands the body over whole, so the stream limit above does not see it.
  if (bytes.byteLength > MAX_BODY_BYTES) throw bodyTooLarge();
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.trim() === '' ? {} : JSON.parse(text);
  } catch (cause) {
    throw new Fault('invalid_body', 'the body is not JSON in UTF-8', { cause });
  }
}

/** The query by a schema. @throws Fault `invalid_request` naming what does not fit, a repeated name too */
export function readQuery<T extends z.ZodObject>(c: Context, schema: T): z.output<T> {
  const parameters = new URL(c.req.url).searchParams;
  const names = [...parameters.keys()];
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined)
    throw new Fault('invalid_request', 'a parameter is given twice', {
      issues: [{ path: repeated.slice(0, 64), message: 'must be given once' }],
    });
  if (names.includes('__proto__'))
    throw new Fault('invalid_request', 'a parameter is unknown', {
      issues: [{ path: '__proto__', message: 'is no parameter' }],
    });
  return parse(schema, Object.fromEntries(parameters), 'invalid_request');
}

/** The pattern in the path. @throws Fault `invalid_pattern_key` */
export function patternParam(c: Context): PatternKey {
  return parsePatternKey(c.req.param('pattern_key') ?? '');
}

function bodyTooLarge(): Fault {
  return new Fault('body_too_large', `a body has at most ${MAX_BODY_BYTES} bytes`);
}

function tooLarge(): Response {
  return answerProblem(bodyTooLarge());
}
