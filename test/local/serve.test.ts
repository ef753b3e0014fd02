import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parsePeriod } from '../../local/scheduler.ts';
import { events } from '../support/api.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pm-tuning-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Starts the service as `npm start` does. */
function start(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['local/serve.ts', ...args], {
    env: { ...process.env, PORT: '0', ...env },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', chunk => {
    out += chunk;
  });
  child.stderr.on('data', chunk => {
    err += chunk;
  });
  const ended = once(child, 'close').then(([code]) => ({ code, out, err }));
  const listening = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const url = /listens on (http:\S+)/.exec(out)?.[1];
      if (url && out.includes('Ctrl-C')) resolve(url);
    });
    void ended.then(({ code }) => reject(new Error(`ended with ${code}: ${err}`)));
  });
  // A test of a start that fails awaits only `ended`.
  listening.catch(() => undefined);
  const stop = async () => {
    child.kill('SIGINT');
    return ended;
  };
  return { child, ended, listening, stop, out: () => out };
}

/** Reads a value repeatedly, for about 20 s at most, until it fulfils the condition; returns the last one. */
async function until<T>(read: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    const value = await read();
    if (isDone(value) || tries > 200) return value;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

const json = async (url: string, init?: RequestInit) =>
  (await fetch(url, init)).json() as Promise<Record<string, unknown>>;

describe('npm start', () => {
  test('npm start serves, prints commands to try, keeps its data over a restart and stops cleanly on Ctrl-C', async () => {
    const first = start(['--data', folder, '--every', 'off'], { POLICY: 'drift' });
    const url = await first.listening;
    expect(first.out()).toContain('npm run cli -- import');
    const body = JSON.stringify({ events: events(40, 'e') });
    expect(await json(`${url}/v1/events`, { method: 'POST', body })).toEqual({
      accepted: 40,
      unchanged: 0,
      rejected: [],
    });
    await json(`${url}/v1/cycles?wait=true`, {
      method: 'POST',
      body: '{"as_of":"2025-01-20T00:00:00Z","publish":true,"reason":"a test"}',
    });
    const { code, err } = await first.stop();
    expect(code).toBe(0);
    // The log has the line that closes the run, and no error.
    expect(err).toContain('cycle closed');
    expect(err).not.toContain('"level":"error"');

    const second = start(['--data', folder, '--every', 'off']);
    const secondUrl = await second.listening;
    const lookup = `${secondUrl}/v1/overrides/lookup?pattern_key=pm.uptrend.S1.entry&scope.chain=solana&thresholds.ts_min=1`;
    expect(await json(lookup)).toMatchObject({ generation: 1, thresholds: { ts_min: Math.exp(-0.2) } });
    expect((await second.stop()).code).toBe(0);
  });

  test('npm start runs a cycle every period without a request', async () => {
    const service = start(['--memory', '--every', '1s']);
    const url = await service.listening;
    const cycles = await until(
      () => json(`${url}/v1/cycles`),
      answer => (answer.cycles as { finished_at?: string }[]).filter(c => c.finished_at).length >= 2,
    );
    expect((cycles.cycles as { status: string }[]).map(c => c.status).slice(-2)).toEqual([
      'succeeded',
      'succeeded',
    ]);
    expect((await service.stop()).code).toBe(0);
  });

  test('npm start on a port in use prints one line and exits with code 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, err } = await start(['--memory', '--port', String(port)]).ended;
    expect([code, err]).toEqual([
      1,
      `port ${port} is in use; stop what listens there, or choose another with --port\n`,
    ]);
    other.close();
  });

  test('[A6] npm start prints no password of its endpoint, neither in an error nor in its banner', async () => {
    const failing = start(['--every', 'off'], { DYNAMODB_ENDPOINT: 'http://user:secret@127.0.0.1:1' });
    const { code, out, err } = await failing.ended;
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('the DynamoDB endpoint http://user:***@127.0.0.1:1 does'),
    ]);
    expect(out + err).not.toContain('secret');
  });

  test('npm start with a folder that cannot be written prints one line and exits with code 1', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { code, err } = await start(['--data', join(folder, 'file', 'data')]).ended;
    expect(code).toBe(1);
    expect(err).toMatch(/^cannot write to the data folder \S+ \(ENOTDIR\); choose another with --data\n$/);
  });

  test('npm start with a folder in use prints one line and exits with code 1', async () => {
    const first = start(['--data', folder]);
    await first.listening;
    const { code, err } = await start(['--data', folder]).ended;
    expect([code, err]).toEqual([
      1,
      `the data folder ${folder} is in use by another process; stop it, or start with another folder (--data)\n`,
    ]);
    await first.stop();
  });

  test.each(['CURRENT', 'MANIFEST', '.log', '.ldb'])(
    '[D7] npm start with a damaged %s in the data folder prints one line and exits with code 1',
    async fileKind => {
      const data = join(folder, 'data');
      // The second start moves the log of the first one into a table file.
      for (let round = 0; round < 2; round++) {
        const service = start(['--data', data, '--every', 'off']);
        const body = JSON.stringify({ events: events(500, `round-${round}`) });
        await json(`${await service.listening}/v1/events`, { method: 'POST', body });
        await service.stop();
      }
      const files = readdirSync(data).filter(name =>
        fileKind.startsWith('.') ? name.endsWith(fileKind) : name.startsWith(fileKind),
      );
      expect(files).not.toEqual([]);
      for (const name of files)
        writeFileSync(join(data, name), Buffer.alloc(70_000, 'not what was written '));
      const { code, err } = await start(['--data', data]).ended;
      expect(code).toBe(1);
      expect(err).toMatch(/^the data folder \S+ is damaged \(.*\); restore it from a backup.*\n$/);
    },
  );

  test.each([
    [['--every', '5'], '--every takes a time'],
    [['--port', 'http'], '--port takes a number'],
    [['--dta', 'x'], "Unknown option '--dta'"],
  ])(
    'npm start with the invalid options %j prints the error and exits with code 2',
    async (args, message) => {
      const { code, err } = await start(args).ended;
      expect(code).toBe(2);
      expect(err).toContain(message);
    },
  );

  test('npm start with an unreachable endpoint prints one line and exits with code 1', async () => {
    const { code, err } = await start([], { DYNAMODB_ENDPOINT: 'http://127.0.0.1:9' }).ended;
    expect(code).toBe(1);
    expect(err).toMatch(/^the DynamoDB endpoint http:\/\/127\.0\.0\.1:9 does not work: .*\n$/);
  });

  test('[A2] the service rejects a request that a web page could have made', async () => {
    const service = start(['--memory', '--every', 'off']);
    const url = await service.listening;
    const foreign = await fetch(`${url}/v1/status`, { headers: { origin: 'https://example.com' } });
    expect([foreign.status, (await foreign.json()) as object]).toMatchObject([403, { code: 'forbidden' }]);
    await service.stop();
  });
});

test.each([
  ['10m', 600_000],
  ['1h', 3_600_000],
  ['90s', 90_000],
  ['off', undefined],
])('The period %s of --every is read as %s ms', (text, ms) => {
  expect(parsePeriod(text)).toBe(ms);
});
