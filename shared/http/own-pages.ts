import type { Context, MiddlewareHandler } from 'hono';
import { Fault } from '../errors.ts';

/*
 * A browser adds `Origin` or `Sec-Fetch-Site` to what a page sends. The page of another origin could thus use the rights
 * of whoever looks at it (cross-site request forgery). The service sends no CORS header, but a browser delivers a form
 * or a `text/plain` body without asking first, so such requests are rejected here.
 */

/** Values of `Sec-Fetch-Site` for requests of the service's own pages, and for those that the user started. */
const OWN_SITES: ReadonlySet<string | undefined> = new Set([undefined, 'same-origin', 'none']);

/**
 * Returns a middleware that rejects requests of pages of other origins. Callers that send neither `Origin` nor
 * `Sec-Fetch-Site` are no pages; their requests pass whatever their content type.
 * @param origins own origins besides the address that the request was sent to, such as that of a proxy
 * @param signInPath the document to which an issuer of tokens leads back, so that it opens from the issuer's page too
 * @throws Fault `forbidden`, `unsupported_media_type`
 */
export function ownPagesOnly(origins: readonly string[], signInPath?: string): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.path === signInPath && isNavigation(c)) return next();
    const origin = c.req.header('origin');
    const site = c.req.header('sec-fetch-site');
    if (origin !== undefined && !isOwn(origin, c.req.url, origins)) throw foreign(`Origin: ${origin}`);
    if (!OWN_SITES.has(site)) throw foreign(`Sec-Fetch-Site: ${site}`);
    if ((origin !== undefined || site !== undefined) && hasBody(c) && !isJson(c.req.header('content-type')))
      throw new Fault(
        'unsupported_media_type',
        'the body that a page sends must be JSON: send the header Content-Type: application/json',
      );
    await next();
  };
}

/** Returns true for a document that opens in a tab of its own. No page reads its content, and it may be in no frame. */
function isNavigation(c: Context): boolean {
  return (
    c.req.method === 'GET' &&
    c.req.header('sec-fetch-mode') === 'navigate' &&
    c.req.header('sec-fetch-dest') === 'document'
  );
}

/** A browser writes an origin in one form only, so the text is compared, and any other form is foreign. */
function isOwn(origin: string, url: string, origins: readonly string[]): boolean {
  return origin === new URL(url).origin || origins.includes(origin);
}

function foreign(header: string): Fault {
  return new Fault(
    'forbidden',
    `pages of other origins may not call this service (${header.slice(0, 200)}); behind a proxy, start it with --origin URL or ORIGINS`,
  );
}

function hasBody(c: Context): boolean {
  if (c.req.header('transfer-encoding') !== undefined) return true;
  const length = c.req.header('content-length');
  return length === undefined ? c.req.raw.body !== null : Number(length) !== 0;
}

function isJson(contentType: string | undefined): boolean {
  // A header that was sent twice contains a comma and is no single type.
  return /^application\/json\s*(;[^,]*)?$/i.test(contentType ?? '');
}
