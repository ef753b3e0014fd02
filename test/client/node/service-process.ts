import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const SERVE = fileURLToPath(new URL('../../../local/serve.ts', import.meta.url));

/** The local service as a process of its own, on one port, which can be killed, stopped and started again. */
export class ServiceProcess {
  readonly url: string;
  readonly #data: string;
  readonly #port: number;
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  private constructor(data: string, port: number) {
    this.#data = data;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** @param data folder of the service */
  static async start(data: string): Promise<ServiceProcess> {
    const service = new ServiceProcess(data, await freePort());
    await service.start();
    return service;
  }

  async start(): Promise<void> {
    const options = ['--data', this.#data, '--port', String(this.#port), '--every', 'off'];
    const child = spawn(process.execPath, [SERVE, ...options], {
      env: { ...process.env, POLICY: 'drift' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#child = child;
    this.#ended = new Promise(resolve => child.on('close', resolve));
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', chunk => {
        if (String(chunk).includes('listens on')) resolve();
      });
      child.on('close', code => reject(new Error(`the service ended with ${code}`)));
    });
  }

  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(name);
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#ended;
  }

  /** Sends a request and returns the body. @throws Error for another status than 2xx */
  async call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  }
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
