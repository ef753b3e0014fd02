import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Operation, RecoveringWrites } from '../../local/engine/recovering-writes.ts';
import { statusSchema } from '../../shared/http/schemas/status.ts';
import { events } from '../support/api.ts';
import { measurement } from '../support/measurements.ts';

/** A database that loses what is written after a failed write, as LevelDB does, until it is opened again. */
class FragileDatabase {
  readonly stored = new Map<string, unknown>();
  isFull = false;
  canOpen = true;
  isOpen = true;
  opened = 0;
  #hasPartialRecord = false;

  async batch(operations: readonly Operation[]): Promise<void> {
    if (!this.isOpen) throw new Error('not open');
    await new Promise(setImmediate);
    if (this.isFull) {
      this.#hasPartialRecord = true;
      throw new Error('ENOSPC');
    }
    if (this.#hasPartialRecord) return;
    for (const operation of operations)
      if (operation.type === 'put') this.stored.set(operation.key, operation.value);
      else this.stored.delete(operation.key);
  }
  async close(): Promise<void> {
    this.isOpen = false;
  }
  async open(): Promise<void> {
    if (!this.canOpen) throw new Error('cannot open');
    this.isOpen = true;
    this.opened++;
    this.#hasPartialRecord = false;
  }
}

describe('writes to a database that fails', () => {
  const put = (key: string): Operation[] => [{ type: 'put', key, value: 1 }];
  let database: FragileDatabase;
  let writes: RecoveringWrites;
  beforeEach(() => {
    database = new FragileDatabase();
    writes = new RecoveringWrites(database, async () => {
      if (database.isFull) throw new Error('ENOSPC');
    });
  });

  /** Sends writes one after another until one is taken; fails after 10 s. */
  async function writeUntilTaken(key: string): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      const error = await writes
        .run(() => writes.write(put(key)))
        .then(
          () => undefined,
          cause => cause,
        );
      if (error === undefined) return;
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    throw new Error('no write was taken');
  }

  it('[D8] A write that is acknowledged beside and after a failed one is never lost', async () => {
    const acknowledged: string[] = [];
    const write = async (key: string): Promise<void> => {
      await writes
        .run(() => writes.write(put(key)))
        .then(
          () => void acknowledged.push(key),
          () => undefined,
        );
    };
    const before = Array.from({ length: 50 }, (_, i) => write(`before-${i}`));
    database.isFull = true;
    await Promise.all([...before, ...Array.from({ length: 50 }, (_, i) => write(`full-${i}`))]);
    database.isFull = false;
    await Promise.all(Array.from({ length: 50 }, (_, i) => write(`freed-${i}`)));
    await writeUntilTaken('last');
    expect(database.opened).toBe(1);
    expect(acknowledged.filter(key => !database.stored.has(key))).toEqual([]);
    expect(database.stored.has('last')).toBe(true);
  });

  it('No request runs while the database is opened again, and each one that waited then runs', async () => {
    database.isFull = true;
    await expect(writes.run(() => writes.write(put('a')))).rejects.toThrow('ENOSPC');
    database.isFull = false;
    const seen: boolean[] = [];
    const read = () => writes.run(async () => void seen.push(database.isOpen));
    for (let i = 0; i < 200; i++) {
      await Promise.all([read(), read()]);
      await new Promise(setImmediate);
    }
    await writeUntilTaken('b');
    expect(seen.length).toBe(400);
    expect(seen.every(Boolean)).toBe(true);
  });

  it('A database that cannot be opened again rejects requests until it can', async () => {
    database.isFull = true;
    await expect(writes.run(() => writes.write(put('a')))).rejects.toThrow('ENOSPC');
    database.isFull = false;
    database.canOpen = false;
    const read = () => writes.run(async () => 'read').catch(() => 'rejected');
    const answers = new Set<string>();
    for (let tries = 0; tries < 200 && !answers.has('rejected'); tries++) {
      answers.add(await read());
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    expect(answers).toEqual(new Set(['read', 'rejected']));
    database.canOpen = true;
    await writeUntilTaken('b');
    expect([...database.stored.keys()]).toEqual(['b']);
  });
});

/** Whether this machine can limit the size of a process's files while it runs: a disk that is full, for one process. */
const canLimit = (() => {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!canLimit)('npm start on a disk that is full', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pm-tuning-full-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function start() {
    const child = spawn(
      process.execPath,
      ['local/serve.ts', '--data', folder, '--every', 'off', '--port', '0'],
      { env: { ...process.env, N_MIN: '33' } },
    );
    let out = '';
    child.stderr.resume();
    child.stdout.on('data', chunk => {
      out += chunk;
    });
    while (!out.includes('Ctrl-C')) await once(child.stdout, 'data');
    const url = /listens on (http:\S+)/.exec(out)?.[1] ?? '';
    const stop = async () => {
      child.kill('SIGINT');
      await once(child, 'close');
    };
    return { pid: String(child.pid), url, stop };
  }

  const status = async (url: string) => statusSchema.parse(await (await fetch(`${url}/v1/status`)).json());

  it('[D8] A disk that is full and freed under load loses no acknowledged event, and status says so meanwhile', async () => {
    const service = await start();
    const timestamp = new Date(Date.now() - 3_600_000).toISOString();
    const acknowledged: object[][] = [];
    const answers = { taken: 0, refused: 0 };
    let batch = 0;
    const load = async (isDone: () => boolean): Promise<void> => {
      for (let tries = 0; !isDone() && tries < 500; tries++) {
        const sent = events(25, `b${batch++}`, { timestamp, factors: { note: 'x'.repeat(500) } });
        const body = JSON.stringify({ events: sent });
        const response = await fetch(`${service.url}/v1/events`, { method: 'POST', body });
        await response.body?.cancel();
        if (response.status === 200) acknowledged.push(sent);
        answers[response.status === 200 ? 'taken' : 'refused']++;
      }
    };
    const loadFrom = (count: number, isDone: () => boolean) =>
      Promise.all(Array.from({ length: count }, () => load(isDone)));
    await loadFrom(1, () => answers.taken >= 2);
    await fetch(`${service.url}/v1/cycles?wait=true`, { method: 'POST' });
    for (let round = 1; round <= 2; round++) {
      // Files may not grow beyond half a megabyte: the next write to the log is cut off there.
      execFileSync('prlimit', ['--pid', service.pid, `--fsize=${512 * 1024}:unlimited`]);
      const refused = answers.refused;
      await loadFrom(4, () => answers.refused >= refused + 8);
      const full = await status(service.url);
      expect(full.healthy).toBe(false);
      expect(full.reasons).toContainEqual({
        code: 'store_refuses_writes',
        detail: expect.stringContaining('no restart is needed'),
      });
      const lookup = await fetch(`${service.url}/v1/overrides/lookup?pattern_key=pm.uptrend.S1.entry`);
      expect([lookup.status, await lookup.json()]).toEqual([
        200,
        expect.not.objectContaining({ degraded: {} }),
      ]);

      execFileSync('prlimit', ['--pid', service.pid, '--fsize=unlimited:unlimited']);
      const taken = answers.taken;
      await loadFrom(4, () => answers.taken >= taken + 8);
      expect((await status(service.url)).reasons).toEqual([]);
    }
    await service.stop();

    const again = await start();
    let unchanged = 0;
    for (const sent of acknowledged) {
      const body = JSON.stringify({ events: sent });
      const response = await fetch(`${again.url}/v1/events`, { method: 'POST', body });
      unchanged += ((await response.json()) as { unchanged: number }).unchanged;
    }
    await again.stop();
    expect(answers.refused).toBeGreaterThanOrEqual(16);
    expect(unchanged).toBe(acknowledged.length * 25);
    expect(readFileSync(join(folder, 'LOG'), 'utf8')).not.toMatch(/corruption/i);
    measurement(
      'disk full',
      `twice full and freed under load: ${acknowledged.length * 25} events acknowledged, 0 lost; ${answers.refused} requests refused`,
    );
  });
});
