import { listen } from '../local/http-server.ts';
import type { Edge, EdgeOptions } from './edge.ts';
import { openEdge } from './edge.ts';

interface ServeOptions extends EdgeOptions {
  readonly host: string;
  readonly port: number;
}

interface ServedEdge {
  readonly edge: Edge;
  readonly port: number;
  /** Takes no more requests, writes the spool to disk, and ends within five seconds. */
  stop(): Promise<void>;
}

/**
 * Serves an edge over HTTP. Without a token it listens on the loopback interface only.
 * @throws Error with `code` EADDRINUSE, EADDRNOTAVAIL, ENOTFOUND, EACCES; Error for another host without a token
 */
export async function serveEdge({ host, port, ...options }: ServeOptions): Promise<ServedEdge> {
  const edge = openEdge(options);
  const tokens = options.token !== undefined;
  const server = await listen(edge.app, port, { host, tokens, origins: options.origins ?? [] }).catch(
    async error => {
      await edge.close();
      throw error;
    },
  );
  const stop = async (): Promise<void> => {
    // A delivery that runs is given up: what it has sent is sent again by the next process.
    edge.core.close();
    await edge.spool.flush();
    await server.close();
    await edge.close();
  };
  return { edge, port: server.port, stop };
}
