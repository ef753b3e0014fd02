import { gzip } from 'node:zlib';
import type { Context } from 'hono';
import { Fault } from '../errors.ts';
import { handedOnBytes, MAX_ANSWER_BYTES } from './answer-size.ts';

/** JSON of more bytes is gzipped for callers that accept it. */
const GZIP_BYTES = 10_000;
const JSON_TYPE = /^application\/(problem\+)?json\b/;

/**
 * Prepares the answer of a route for sending (contract, section 11).
 *
 * - It must not be stored by caches, unless the route says otherwise.
 * - JSON of more than 10 kB is gzipped for callers that accept it. Lambda hands a gzipped body on in base64.
 * @param advice what to ask for instead of an answer that is too large
 * @throws Fault `answer_too_large`
 */
export async function prepareAnswer(c: Context, response: Response, advice: string): Promise<Response> {
  if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store');
  if (!response.body || !JSON_TYPE.test(response.headers.get('content-type') ?? '')) return response;
  const text = await response.text();
  if (Buffer.byteLength(text) <= GZIP_BYTES) return new Response(text, response);
  response.headers.append('vary', 'Accept-Encoding');
  if (acceptsGzip(c.req.header('accept-encoding'))) return gzipped(text, response, advice);
  assertSize(handedOnBytes(text), advice);
  return new Response(text, response);
}

async function gzipped(text: string, response: Response, advice: string): Promise<Response> {
  const bytes = await compressed(text);
  assertSize(Math.ceil(bytes.byteLength / 3) * 4, advice);
  const { headers } = response;
  headers.set('content-encoding', 'gzip');
  // A strong tag would promise equal bytes, and those without gzip differ (RFC 9110, section 8.8.1).
  const etag = headers.get('etag');
  if (etag?.startsWith('"')) headers.set('etag', `W/${etag}`);
  return new Response(bytes, response);
}

function compressed(text: string): Promise<Buffer<ArrayBuffer>> {
  return new Promise((resolve, reject) =>
    gzip(text, (error, bytes) => (error ? reject(error) : resolve(bytes))),
  );
}

/** @param bytes of the body as Lambda hands it on */
function assertSize(bytes: number, advice: string): void {
  if (bytes <= MAX_ANSWER_BYTES) return;
  const [size, limit] = [bytes, MAX_ANSWER_BYTES].map(n => (n / 1e6).toFixed(1));
  throw new Fault('answer_too_large', `the answer has ${size} MB, and the limit is ${limit} MB: ${advice}`);
}

/** Returns whether an Accept-Encoding header allows gzip: by name or by `*`, with a weight above 0 (RFC 9110). */
export function acceptsGzip(header = ''): boolean {
  const weights = new Map<string, number>();
  for (const entry of header.toLowerCase().split(',')) {
    const [name = '', ...parameters] = entry.split(';').map(part => part.trim());
    const weight = parameters.find(parameter => parameter.startsWith('q='))?.slice('q='.length);
    weights.set(name, weight === undefined ? 1 : Number(weight));
  }
  return (weights.get('gzip') ?? weights.get('*') ?? 0) > 0;
}
