import type { IncomingMessage, Server } from 'node:http';
import type { Http2Bindings, HttpBindings } from '@hono/node-server';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { drainBody } from './drain-body.ts';
import { isLoopback, refuseForeignHost } from './loopback-guard.ts';

export interface Listening {
  readonly port: number;
  /** Accepts no more connections, waits for the requests under way, and cuts those off that take longer. */
  close(): Promise<void>;
}

interface ListenOptions {
  readonly host?: string;
  readonly tokens?: boolean;
  readonly origins?: readonly string[];
}

/** Milliseconds in which requests under way may end when the server closes. */
const CLOSE_MS = 1500;

/** Limits of Node for what arrives outside of a body that a handler reads, in milliseconds. */
const ARRIVAL_LIMITS = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 2000 };

/**
 * Maximum bytes of a request's address and headers. Beyond it Node answers a bare 431, so it is larger than Node's own
 * 16 KiB: an address that is too long by a mistake gets a problem that names the mistake.
 */
const MAX_HEAD_BYTES = 64 * 1024;

/**
 * Serves an app over HTTP. Without tokens it listens on the loopback interface only and rejects requests to other names.
 * @param port 0 takes a free port
 * @param options.tokens true when the app requires tokens; the server may then listen on any host
 * @param options.origins own origins, such as that of a proxy; without tokens, requests to their host names pass
 * @throws Error with `code` EADDRINUSE, EADDRNOTAVAIL, ENOTFOUND, EACCES
 */
export function listen(
  app: Hono,
  port: number,
  { host = '127.0.0.1', tokens = false, origins = [] }: ListenOptions = {},
): Promise<Listening> {
  if (!tokens && !isLoopback(host))
    throw new Error(
      'without tokens only the loopback interface is allowed; require tokens, or listen on 127.0.0.1',
    );
  return new Promise((resolve, reject) => {
    const fetch = async (request: Request, { incoming }: HttpBindings | Http2Bindings) => {
      const response =
        (tokens ? undefined : refuseForeignHost(request, origins)) ?? (await app.fetch(request));
      if (!(await drainBody(incoming as IncomingMessage))) response.headers.set('connection', 'close');
      return response;
    };
    const options = {
      fetch,
      port,
      hostname: host,
      serverOptions: { ...ARRIVAL_LIMITS, maxHeaderSize: MAX_HEAD_BYTES },
    };
    const server = serve(options, info => {
      const close = () => closeServer(server as Server);
      // A host name may resolve to another interface, so the address in use decides.
      if (tokens || isLoopback(info.address)) resolve({ port: info.port, close });
      else
        void close().then(() =>
          reject(
            new Error(`${host} is not loopback (${info.address}); require tokens, or listen on 127.0.0.1`),
          ),
        );
    });
    server.once('error', reject);
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise(done => {
    const timer = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
    server.close(() => {
      clearTimeout(timer);
      done();
    });
    // Idle keep-alive connections would keep the process running.
    server.closeIdleConnections();
  });
}
