import type { Context, MiddlewareHandler } from 'hono';
import { Hono } from 'hono';
import * as z from 'zod';
import { Fault } from '../errors.ts';
import type { Log } from '../log.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { parsePatternKey } from '../pattern/pattern-key.ts';
import { parse, unknownName } from '../validation.ts';
import { callerOf } from './caller.ts';
import type { Endpoint } from './endpoints.ts';
import { ofrepErrors } from './ofrep-errors.ts';
import { ownPagesOnly } from './own-pages.ts';
import { prepareAnswer } from './prepare-answer.ts';
import { problemOf, RETRY_AFTER_SECONDS } from './problem.ts';
import { readBody } from './read-body.ts';

const NO_PARAMETERS = z.strictObject({});

type Handler = (c: Context) => Response | Promise<Response>;

interface AppOptions {
  readonly authenticate?: MiddlewareHandler | undefined;
  readonly signInPath?: string | undefined;
}

/**
 * Returns an app that answers every error as problem+json, rejects pages of other origins, and logs no payload.
 * @param origins own origins besides the address that a request was sent to
 * @param options.authenticate admits a request or answers it, before anything else of it is read
 * @param options.signInPath the document to which an issuer of tokens leads back
 */
export function createApp(
  log: Log,
  origins: readonly string[] = [],
  { authenticate, signInPath }: AppOptions = {},
): Hono {
  const app = new Hono();
  app.use('/ofrep/*', ofrepErrors);
  app.use(ownPagesOnly(origins, signInPath));
  if (authenticate) app.use(authenticate);
  app.use(async (c, next) => {
    assertEncoding(c.req.url);
    // An authenticated caller without a name is refused on every route.
    callerOf(c);
    await next();
  });
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

/** The request to make instead of one whose answer is too large, where the endpoint names none. */
const SMALLER = 'ask for fewer rows with limit';

/**
 * Registers the handler of a route. Every answer is prepared for sending. A route of the API without a schema of its
 * query rejects every parameter. The open routes, which monitors call, ignore them.
 */
export function addRoute(
  app: Hono,
  { method, path, smaller, query }: Endpoint & { readonly query?: z.ZodObject },
  handler: Handler,
): void {
  const takesNone = query === undefined && path.startsWith('/v1/');
  app.on(method, path.replaceAll(/\{(\w+)\}/g, ':$1'), async c => {
    if (takesNone) readQuery(c, NO_PARAMETERS);
    return prepareAnswer(c, await handler(c), smaller ?? SMALLER);
  });
}

/** Returns the problem+json response for an error. @param more further members of the body */
export function answerProblem(error: unknown, more: object = {}): Response {
  const problem = problemOf(error);
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  };
  if (problem.status === 503) headers['retry-after'] = String(RETRY_AFTER_SECONDS);
  return new Response(JSON.stringify({ ...problem, ...more }), { status: problem.status, headers });
}

/**
 * Parses the body as JSON; an empty body is an empty object.
 * @throws Fault `invalid_body`, `invalid_encoding`, `body_too_large`, `body_timeout`
 */
export async function readJson(c: Context): Promise<unknown> {
  const text = decodeUtf8(await readBody(c));
  try {
    return text.trim() === '' ? {} : JSON.parse(text);
  } catch (cause) {
    throw new Fault('invalid_body', 'the body must be JSON', { cause });
  }
}

/** @throws Fault `invalid_encoding` */
function decodeUtf8(bytes: ArrayBuffer | Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Fault('invalid_encoding', 'the body is not UTF-8: send JSON in UTF-8, not compressed', {
      cause,
    });
  }
}

/** Runs of percent-encoded bytes. */
const PERCENT_ENCODED = /(?:%[0-9a-f]{2})+/gi;

/**
 * Rejects an address whose percent-encoded bytes are not UTF-8. Decoders would replace such bytes by U+FFFD, so that
 * different values would become one.
 * @throws Fault `invalid_encoding`
 */
function assertEncoding(url: string): void {
  for (const [run] of url.matchAll(PERCENT_ENCODED))
    if (!isEncodedUtf8(run))
      throw new Fault(
        'invalid_encoding',
        `the address has ${run.slice(0, 12)}, which is not UTF-8: percent-encode the UTF-8 bytes of each character`,
      );
}

function isEncodedUtf8(run: string): boolean {
  try {
    decodeURIComponent(run);
    return true;
  } catch {
    return false;
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
  // A loose object would drop this name without an error.
  if (names.includes('__proto__')) throw unknownParameter('__proto__', Object.keys(schema.shape));
  return parse(schema, Object.fromEntries(parameters), 'invalid_request');
}

/**
 * Returns the fault for a query parameter that a route does not know.
 * @param prefixes beginnings of parameters whose rest the caller chooses, such as `scope.`
 */
export function unknownParameter(
  name: string,
  fixed: readonly string[],
  prefixes: readonly string[] = [],
): Fault {
  const rest = name.slice(name.indexOf('.') + 1);
  const candidates = [...fixed, ...prefixes.map(prefix => `${prefix}${rest}`)];
  const forms = [...fixed, ...prefixes.map(prefix => `${prefix}NAME`)];
  const message = unknownName(name, candidates, forms);
  return new Fault('invalid_request', message, { issues: [{ path: name.slice(0, 64), message }] });
}

/** Returns the fault for a span of time that ends before it begins. */
export function emptySpan(): Fault {
  return new Fault('invalid_request', 'from is after to: exchange them, or leave one out', {
    issues: [{ path: 'from', message: 'must not be after to' }],
  });
}

/** Parses the pattern key in the path. @throws Fault `invalid_pattern_key` */
export function patternParam(c: Context): PatternKey {
  return parsePatternKey(c.req.param('pattern_key') ?? '');
}
