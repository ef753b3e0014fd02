import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { Listening } from '../../local/http-server.ts';
import { listen } from '../../local/http-server.ts';
import { openApi } from '../support/api.ts';
import { S1 } from '../support/episodes.ts';

let api: Awaited<ReturnType<typeof openApi>>;
let server: Listening;
beforeAll(async () => {
  api = await openApi();
  server = await listen(api.service.app, 0);
});
afterAll(async () => {
  await server.close();
  await api.close();
});

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  /** Resolves with the exit code, or with the signal that ended the process. */
  readonly ended: Promise<number | string | null>;
}

/** Starts an edge as a user does. */
async function startEdge(dir: string, upstream = `http://127.0.0.1:${server.port}`): Promise<Running> {
  const options = ['edge', '--upstream', upstream, '--dir', dir, '--listen', '127.0.0.1:0', '--poll', '1'];
  const child = spawn(process.execPath, [MAIN, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise<number | string | null>(resolve =>
    child.on('close', (code, signal) => resolve(signal ?? code)),
  );
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stderr.on('data', chunk => {
      output += String(chunk);
    });
    child.stdout.on('data', chunk => {
      output += String(chunk);
      const [, found] = /listens on (http:\S+)/.exec(output) ?? [];
      if (found !== undefined) resolve(found);
    });
    void ended.then(code => reject(new Error(`the edge ended with ${code}: ${output}`)));
  });
  return { child, url, ended };
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pm-edge-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const eventOf = (id: string): object => ({
  pattern_key: S1,
  episode_id: id,
  decision: 'skipped',
  scope: { chain: 'solana' },
  timestamp: '2025-01-10T00:00:00Z',
});

async function post(url: string, path: string, body: object): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function stored(): Promise<string[]> {
  const ids: string[] = [];
  let next = '';
  do {
    const page = await api.send('GET', `/v1/events?pattern_key=${S1}&limit=1000${next}`);
    const body = (await page.json()) as { events: { episode_id: string }[]; next?: string };
    ids.push(...body.events.map(({ episode_id }) => episode_id));
    next = body.next === undefined ? '' : `&next=${encodeURIComponent(body.next)}`;
  } while (next !== '');
  return ids;
}

async function isStored(id: string): Promise<boolean> {
  const page = await api.send('GET', `/v1/events?pattern_key=${S1}&episode_id=${id}`);
  return ((await page.json()) as { events: unknown[] }).events.length === 1;
}

it('[K34] An edge that is killed in the middle of 10,000 spooled events delivers all of them, and each is stored once', async () => {
  const dir = temporaryFolder();
  const ids = Array.from({ length: 10_000 }, (_, i) => `killed-${String(i).padStart(5, '0')}`);
  const batches = Array.from({ length: 20 }, (_, i) => ids.slice(i * 500, (i + 1) * 500));
  let running = await startEdge(dir);
  for (const [i, batch] of batches.entries()) {
    // The edge is killed while it delivers, after it has taken the first, third and sixth thousand.
    if ([2, 6, 12].includes(i)) {
      running.child.kill('SIGKILL');
      expect(await running.ended).toBe('SIGKILL');
      running = await startEdge(dir);
    }
    const answer = await post(running.url, '/v1/events', { events: batch.map(eventOf) });
    expect([answer.status, await answer.json()]).toEqual([202, { spooled: 500, rejected: [] }]);
  }
  await expect.poll(async () => (await stored()).length, { timeout: 120_000, interval: 500 }).toBe(10_000);
  expect((await stored()).sort()).toEqual(ids);
  const { events } = await api.status();
  expect(events.total).toBe(10_000);
});

it('[K35] SIGTERM writes the spool to disk and ends the edge with code 0, also while the service is away', async () => {
  const dir = temporaryFolder();
  // Nothing listens on the port of discard.
  const away = await startEdge(dir, 'http://127.0.0.1:9');
  expect((await post(away.url, '/v1/events', eventOf('term-1'))).status).toBe(202);
  away.child.kill('SIGTERM');
  expect(await away.ended).toBe(0);
  const next = await startEdge(dir);
  await expect.poll(() => isStored('term-1'), { timeout: 60_000 }).toBe(true);
  next.child.kill('SIGTERM');
  expect(await next.ended).toBe(0);
});

it('Of two edges on one folder each delivers its own events, and the one that stays those of the other', async () => {
  const dir = temporaryFolder();
  const [first, second] = [await startEdge(dir, 'http://127.0.0.1:9'), await startEdge(dir)];
  await post(first.url, '/v1/events', eventOf('two-1'));
  await post(second.url, '/v1/events', eventOf('two-2'));
  await expect.poll(() => isStored('two-2'), { timeout: 60_000 }).toBe(true);
  first.child.kill('SIGKILL');
  await expect.poll(() => isStored('two-1'), { timeout: 60_000 }).toBe(true);
});
