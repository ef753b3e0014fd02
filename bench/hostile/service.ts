import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Callers of the bench by role. */
const TOKENS = {
  victim: { token: 'victim-token-aaaaaaaaaaaa', role: 'pm', name: 'victim' },
  attacker: { token: 'attacker-token-aaaaaaaaaa', role: 'pm', name: 'attacker' },
  operator: { token: 'operator-token-aaaaaaaaaa', role: 'operator', name: 'op' },
} as const;
type Who = keyof typeof TOKENS;

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly ms: number;
}

/** The local service in a process of its own, with tokens, drift, and its data in memory. */
export class HostileService {
  readonly #child: ChildProcess;
  readonly #url: string;
  readonly #folder: string;

  static async start(): Promise<HostileService> {
    const folder = await mkdtemp(join(tmpdir(), 'pm-tuning-hostile-'));
    const auth = join(folder, 'tokens.json');
    const entries = Object.values(TOKENS).map(({ token, ...caller }) => [token, caller]);
    await writeFile(auth, JSON.stringify(Object.fromEntries(entries)));
    const args = ['local/serve.ts', '--memory', '--every', 'off', '--port', '0', '--auth', auth];
    const env = { ...process.env, POLICY: 'drift' };
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'], env });
    const url = await new Promise<string>((resolve, reject) => {
      let output = '';
      child.stdout.on('data', chunk => {
        output += chunk;
        const address = /listens on (http:\S+)/.exec(output)?.[1];
        if (address) resolve(address);
      });
      child.once('close', code => reject(new Error(`the service ended with ${code}`)));
    });
    return new HostileService(child, url, folder);
  }

  private constructor(child: ChildProcess, url: string, folder: string) {
    this.#child = child;
    this.#url = url;
    this.#folder = folder;
  }

  async call(who: Who, method: string, path: string, body?: object): Promise<Answer> {
    const sentAt = performance.now();
    const send = () =>
      fetch(`${this.#url}${path}`, {
        method,
        headers: { authorization: `Bearer ${TOKENS[who].token}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
    // The service may close an idle connection that is just taken for a request. Repeats change nothing.
    const response = await send().catch(send);
    const answer = (await response.json()) as Record<string, unknown>;
    return { status: response.status, body: answer, ms: performance.now() - sentAt };
  }

  /** Runs a cycle to its end. The start returns at once, so that no call waits for it. */
  async run(): Promise<Record<string, unknown>> {
    const { body } = await this.call('operator', 'POST', '/v1/cycles', { reason: 'bench', publish: true });
    for (;;) {
      await new Promise(resolve => setTimeout(resolve, 250));
      const run = await this.call('operator', 'GET', `/v1/cycles/${body.cycle_id}`);
      if (run.status === 200 && run.body.status !== 'running') return run.body;
    }
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'close');
    this.#child.kill('SIGINT');
    await ended;
    await rm(this.#folder, { recursive: true });
  }
}
