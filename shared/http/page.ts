import { gzipSync } from 'node:zlib';
import type { Context, Hono } from 'hono';
import { Fault } from '../errors.ts';
import type { Log } from '../log.ts';
import { addRoute, answerProblem, createApp } from './app.ts';
import { PAGE_ENDPOINTS } from './endpoints.ts';
import { acceptsGzip } from './prepare-answer.ts';

/** The built page. The name of a file is the hash of its content and its ending. */
export interface PageFiles {
  readonly script: PageFile;
  readonly style: PageFile;
}

interface PageFile {
  readonly name: string;
  readonly text: string;
}

/** The sign-in at an issuer of tokens: the code flow with PKCE, as a public client. */
interface PageLogin {
  readonly issuer: string;
  readonly clientId: string;
}

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M2 12h4V6h4v4h4' fill='none' stroke='%230072b2' stroke-width='2.4'/%3E%3C/svg%3E";

/** Returns an app that serves the page alone. With a sign-in, the document opens from the issuer's page too. */
export function pageApp(log: Log, origins: readonly string[], files: PageFiles, login?: PageLogin): Hono {
  const app = createApp(log, origins, { signInPath: login && PAGE_ENDPOINTS.getPage.path });
  pageRoutes(app, files, login);
  return app;
}

/** Serves the page. It holds no data and no rights: it calls the API like any other caller. */
export function pageRoutes(app: Hono, files: PageFiles, login?: PageLogin): void {
  const html = Buffer.from(document(files, login));
  const headers = { 'content-type': 'text/html; charset=utf-8', ...securityHeaders(login) };
  addRoute(app, PAGE_ENDPOINTS.getPage, c => c.body(html, 200, { ...headers, 'cache-control': 'no-cache' }));
  addRoute(app, PAGE_ENDPOINTS.getPageScript, assetHandler(files.script, 'text/javascript'));
  addRoute(app, PAGE_ENDPOINTS.getPageStyle, assetHandler(files.style, 'text/css'));
}

/** Returns a handler of one file. Its name is the hash of its content, so caches may keep it for ever. */
function assetHandler({ name, text }: PageFile, type: string): (c: Context) => Response {
  const bytes = Buffer.from(text);
  const gzipped = gzipSync(text, { level: 9 });
  return c => {
    if (c.req.param('name') !== name)
      return answerProblem(new Fault('not_found', 'this file is of another version: reload the page at /ui'));
    const zipped = acceptsGzip(c.req.header('accept-encoding'));
    return c.body(zipped ? gzipped : bytes, 200, {
      'content-type': `${type}; charset=utf-8`,
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      ...(zipped && { 'content-encoding': 'gzip' }),
    });
  };
}

function document({ script, style }: PageFiles, login: PageLogin | undefined): string {
  const config =
    login === undefined ? '' : `<meta name="login" content="${attribute(JSON.stringify(login))}">`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>PM Tuning</title><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">${config}<link rel="icon" href="${ICON}"><link rel="stylesheet" href="/ui/style/${style.name}"><script type="module" src="/ui/script/${script.name}"></script></head><body><div id="app"></div><noscript>This page needs JavaScript; the same is in the command line: npm run cli -- --help</noscript></body></html>`;
}

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

/** Nothing inline, nothing from elsewhere, no frame, no form that a browser submits. */
function securityHeaders(login: PageLogin | undefined): Readonly<Record<string, string>> {
  const issuer = login === undefined ? '' : ` ${new URL(login.issuer).origin}`;
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self'${issuer}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  };
}
