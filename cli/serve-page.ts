import type { Context } from 'hono';
import { type Listening, listen } from '../local/http-server.ts';
import type { SignedFetch } from '../shared/aws/signed-fetch.ts';
import { createApp } from '../shared/http/app.ts';
import { ENDPOINTS, type Endpoint } from '../shared/http/endpoints.ts';
import { type PageFiles, pageRoutes } from '../shared/http/page.ts';
import { prepareAnswer } from '../shared/http/prepare-answer.ts';
import { readBody } from '../shared/http/read-body.ts';
import type { Log } from '../shared/log.ts';

interface PageOptions {
  readonly page: PageFiles;
  /** Address of the service whose data the page shows. */
  readonly upstream: string;
  /** Sends a request to the service, signed. */
  readonly send: SignedFetch;
  /** Returns what went wrong with a request that had no answer, and what to do. */
  readonly reasonOf: (error: unknown, timeoutMs: number) => string;
  readonly host: string;
  readonly port: number;
  readonly log: Log;
}

/** Longest wait for an answer of the service, milliseconds: API Gateway ends a request after 30 s. */
const TIMEOUT_MS = 35_000;

/** Headers that go on, in either direction. Credentials of the browser, its origin and its site stay here. */
const REQUEST_HEADERS = ['accept', 'content-type'];
const ANSWER_HEADERS = ['content-type', 'cache-control', 'retry-after', 'etag'];

/**
 * Serves the page on loopback, and hands its calls of the API on to a service, signed. The service that it hands them to
 * takes the signature for the caller's, so the same requests are refused as at a local service without tokens: those of
 * pages of other origins, and those for another host name.
 * @throws Error with `code` EADDRINUSE, EADDRNOTAVAIL, ENOTFOUND, EACCES; Error for a host that is not loopback
 */
export async function servePage({ page, host, port, log, ...way }: PageOptions): Promise<Listening> {
  const app = createApp(log);
  app.get('/', c => c.redirect('/ui'));
  pageRoutes(app, page);
  for (const { method, path } of apiEndpoints())
    app.on(method, path.replaceAll(/\{(\w+)\}/g, ':$1'), c => handOn(c, way));
  return listen(app, port, { host });
}

function apiEndpoints(): readonly Endpoint[] {
  const all: readonly Endpoint[] = Object.values(ENDPOINTS);
  return all.filter(endpoint => endpoint.deployed !== false);
}

async function handOn(
  c: Context,
  { upstream, send, reasonOf }: Pick<PageOptions, 'upstream' | 'send' | 'reasonOf'>,
): Promise<Response> {
  const { pathname, search } = new URL(c.req.url);
  const body = c.req.method === 'GET' ? undefined : new Uint8Array(await readBody(c));
  try {
    const answer = await send(`${upstream.replace(/\/+$/, '')}${pathname}${search}`, {
      method: c.req.method,
      headers: picked(c.req.raw.headers, REQUEST_HEADERS),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body && { body }),
    });
    const { status } = answer;
    // API Gateway refuses a signature without a problem. The page would take it for its own and want a token.
    if (status === 403 && !isProblem(answer))
      return unanswered(
        'signature_refused',
        'API Gateway refuses the signature (403): sign with a role that may call this route',
      );
    const headers = picked(answer.headers, ANSWER_HEADERS);
    const content = status === 204 || status === 304 ? null : await answer.arrayBuffer();
    return await prepareAnswer(c, new Response(content, { status, headers }), 'ask for fewer rows');
  } catch (error) {
    return unanswered('service_unreachable', reasonOf(error, TIMEOUT_MS));
  }
}

const isProblem = ({ headers }: Response): boolean =>
  headers.get('content-type')?.startsWith('application/problem+json') === true;

function picked(headers: Headers, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap(name => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

/** Returns the problem of a request that the service has not answered. Its codes are none of the service's. */
function unanswered(code: string, detail: string): Response {
  const headers = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' };
  const problem = { type: 'about:blank', title: 'The service has not answered', status: 502, code, detail };
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}
