import { Agent, request } from 'node:http';
import { parentPort, Worker } from 'node:worker_threads';

/*
 * This client of the service runs in a thread of its own, so that its work does not count as the service's. It keeps
 * `parallel` requests in flight over keep-alive connections and times each of them.
 */

interface Load {
  readonly port: number;
  readonly path: string;
  readonly bodies: readonly string[];
  readonly parallel: number;
}

interface LoadResult {
  /** Milliseconds of all requests together. */
  readonly ms: number;
  /** Milliseconds of each request. */
  readonly each: readonly number[];
}

export class HttpLoad {
  readonly #worker = new Worker(new URL(import.meta.url));

  run(load: Load): Promise<LoadResult> {
    return new Promise((resolve, reject) => {
      this.#worker.removeAllListeners();
      this.#worker.once('error', reject);
      this.#worker.once('message', (result: LoadResult | { error: string }) =>
        'error' in result ? reject(new Error(result.error)) : resolve(result),
      );
      this.#worker.postMessage(load);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

function post(agent: Agent, { port, path }: Load, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const outgoing = request({ agent, host: '127.0.0.1', port, path, method: 'POST', headers }, response => {
      response.resume();
      response.once('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
      );
      response.once('error', reject);
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

async function run(load: Load): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.parallel });
  const each: number[] = [];
  let next = 0;
  const start = performance.now();
  const sendNext = async (): Promise<void> => {
    while (next < load.bodies.length) {
      const body = load.bodies[next++] ?? '';
      const sentAt = performance.now();
      await post(agent, load, body);
      each.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: load.parallel }, sendNext));
  const ms = performance.now() - start;
  agent.destroy();
  return { ms, each };
}

parentPort?.on('message', (load: Load) => {
  run(load).then(
    result => parentPort?.postMessage(result),
    error => parentPort?.postMessage({ error: String(error) }),
  );
});
