import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { drainBody } from './drain-body.ts';
import { isLoopback, refuseForeignHost } from './loopback-guard.ts';

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

interface ListenOptions {
  readonly host?: string;
  readonly tokens?: boolean;
  readonly origins?: readonly string[];
}

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
    const fetch = async (request: Request) => {
      const response =
        (tokens ? undefined : refuseForeignHost(request, origins)) ?? (await app.fetch(request));
      if (response.status >= 400 && !(await drainBody(request, response.status === 413)))
        response.headers.set('connection', 'close');
      return response;
    };
    const server = serve({ fetch, port, hostname: host }, info => {
      const close = (): Promise<void> =>
        new Promise(done => {
          server.close(() => done());
          // Idle keep-alive connections would keep the process running.
          (server as Server).closeIdleConnections();
        });
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
