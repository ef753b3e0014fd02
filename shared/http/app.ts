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
import { ownPagesOnly } from './own-pages.ts';
import { problemOf, RETRY_AFTER_SECONDS } from './problem.ts';

type Handler = (c: Context) => Response | Promise<Response>;

/**
 * Returns an app that answers every error as problem+json, rejects pages of other origins, limits the size of bodies,
 * and logs no payload.
 * @param origins own origins besides the address that a request was sent to
 */
export function createApp(log: Log, origins: readonly string[] = []): Hono {
  const app = new Hono();
  app.use(ownPagesOnly(origins));
  const limit = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => answerProblem(bodyTooLarge()) });
  // The limit reads a body without a length itself. Errors of the handlers never pass here.
  app.use(async (c, next) => (await limit(c, next).catch(bodyCutOff)) ?? undefined);
  app.notFound(c => {
    const allowed = methodsOf(app, c.req.path);
    if (allowed.length === 0)
      return answerProblem(new Fault('not_found', 'no route has this path: see /openapi.json'));
    const response = answerProblem(
      new Fault('method_not_allowed', `the method is not allowed: use ${allowed.join(' or ')}`),
    );
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

/** Returns the methods with a handler for a path. Middleware is registered for `ALL` and does not count. */
function methodsOf(app: Hono, path: string): string[] {
  const matches = (routePath: string): boolean =>
    new RegExp(`^${routePath.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`).test(path);
  return app.routes
    .filter(route => route.method !== 'ALL' && matches(route.path))
    .map(({ method }) => method);
}

/** Registers the handler of a route. */
export function addRoute(app: Hono, { method, path }: Endpoint, handler: Handler): void {
  app.on(method, path.replaceAll(/\{(\w+)\}/g, ':$1'), handler);
}

/** Returns the problem+json response for an error. @param more further members of the body */
export function answerProblem(error: unknown, more: object = {}): Response {
  const problem = problemOf(error);
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' };
  if (problem.status === 503) headers['retry-after'] = String(RETRY_AFTER_SECONDS);
  return new Response(JSON.stringify({ ...problem, ...more }), { status: problem.status, headers });
}

/** Parses the body as JSON; an empty body is an empty object. @throws Fault `invalid_body`, `body_too_large` */
export async function readJson(c: Context): Promise<unknown> {
  const bytes = await c.req.arrayBuffer().catch(bodyCutOff);
  // API Gateway delivers the body as a whole, so the limit on the stream above does not apply.
  if (bytes.byteLength > MAX_BODY_BYTES) throw bodyTooLarge();
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.trim() === '' ? {} : JSON.parse(text);
  } catch (cause) {
    throw new Fault('invalid_body', 'the body must be JSON in UTF-8', { cause });
  }
}

/**
 * Parses the query with a schema. A repeated name is an error.
 * @throws Fault `invalid_request` with an issue for each invalid place
 */
export function readQuery<T extends z.ZodObject>(c: Context, schema: T): z.output<T> {
  const parameters = new URL(c.req.url).searchParams;
  const names = [...parameters.keys()];
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined)
    throw new Fault('invalid_request', 'a query parameter is repeated: send it once', {
      issues: [{ path: repeated.slice(0, 64), message: 'must be sent once' }],
    });
  if (names.includes('__proto__'))
    throw new Fault('invalid_request', 'a query parameter is unknown', {
      issues: [{ path: '__proto__', message: 'is not a parameter' }],
    });
  return parse(schema, Object.fromEntries(parameters), 'invalid_request');
}

/** Parses the pattern key in the path. @throws Fault `invalid_pattern_key` */
export function patternParam(c: Context): PatternKey {
  return parsePatternKey(c.req.param('pattern_key') ?? '');
}

/** Reports a body that cannot be read to its end: the client hung up. That is no error of the service. */
function bodyCutOff(cause: unknown): never {
  throw new Fault('invalid_body', 'the body ended before its announced length: send it again', { cause });
}

function bodyTooLarge(): Fault {
  return new Fault('body_too_large', `the body must not exceed ${MAX_BODY_BYTES} bytes`);
}
