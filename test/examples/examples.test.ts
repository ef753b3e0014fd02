import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { openEdge } from '../../edge/edge.ts';
import type { Listening } from '../../local/http-server.ts';
import { listen } from '../../local/http-server.ts';
import { jsonLog } from '../../shared/log.ts';
import { pythonWithProvider } from '../ofrep/python-with-provider.ts';
import { openApi } from '../support/api.ts';
import { S1 } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';
import { putInForce } from '../support/put-in-force.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const hasPython = spawnSync('python3', ['--version']).status === 0;

let api: Awaited<ReturnType<typeof openApi>>;
let server: Listening;
beforeAll(async () => {
  api = await openApi();
  await putInForce(api.service.runtime, S1, [override('tuning_ts_min', { chain: 'solana' }, 0.9)]);
  server = await listen(api.service.app, 0);
});
afterAll(async () => {
  await server.close();
  await api.close();
});

const urlOf = ({ port }: Listening): string => `http://127.0.0.1:${port}`;

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pm-example-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens an edge of the service in a folder until the test ends, and returns its address. */
async function openEdgeAt(dir: string): Promise<string> {
  const edge = openEdge({ upstream: urlOf(server), dir, log: jsonLog('error', console.error, Date.now) });
  onTestFinished(() => edge.close());
  await edge.core.refresh();
  const edgeServer = await listen(edge.app, 0);
  onTestFinished(() => edgeServer.close());
  return urlOf(edgeServer);
}

/** Runs a program in a folder and returns what it printed; the service of this process goes on meanwhile. */
function run(program: string, options: readonly string[], cwd: string) {
  const child = spawn(program, options, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', chunk => {
    out += String(chunk);
  });
  child.stderr.on('data', chunk => {
    err += String(chunk);
  });
  return new Promise<{ code: number | null; out: string; err: string }>(resolve =>
    child.on('close', code => resolve({ code, out, err })),
  );
}

interface Stored {
  readonly decision: string;
  readonly factors: Readonly<Record<string, unknown>>;
  readonly outcomes: readonly unknown[];
}

async function stored(prefix: string): Promise<Stored[]> {
  const page = await api.send('GET', `/v1/events?pattern_key=${S1}&limit=1000`);
  const { events } = (await page.json()) as { events: (Stored & { episode_id: string })[] };
  return events.filter(({ episode_id }) => episode_id.startsWith(prefix));
}

/** Every episode is logged with the tuned threshold, what moved it, and its outcome. */
function expectComplete(events: readonly Stored[]): void {
  for (const { decision, factors, outcomes } of events) {
    expect(factors).toMatchObject({ ts_min: 0.54, halo_max: 1, applied: { multipliers: { ts_min: 0.9 } } });
    expect(decision).toBe((factors.blocked_by as unknown[]).length > 0 ? 'skipped' : 'acted');
    expect(outcomes).toHaveLength(1);
  }
}

/** Waits until so many episodes have their outcome, and checks each. */
async function expectStored(prefix: string, episodes: number): Promise<void> {
  const resolved = async () => (await stored(prefix)).filter(({ outcomes }) => outcomes.length === 1).length;
  await expect.poll(resolved, { timeout: 90_000 }).toBe(episodes);
  expectComplete(await stored(prefix));
}

it.skipIf(!hasPython)('The bot in Python logs what it did and skipped through an edge', async () => {
  const dir = temporaryFolder();
  const edgeUrl = await openEdgeAt(dir);
  const bot = await run('python3', [join(ROOT, 'examples/python/bot.py'), edgeUrl, '20'], dir);
  expect(bot).toEqual({ code: 0, out: '20 episodes\n', err: '' });
  await expectStored('py-', 20);
});

it.skipIf(!hasPython)('The bot in Python trades with its base thresholds while nothing answers', async () => {
  const options = [join(ROOT, 'examples/python/bot.py'), 'http://127.0.0.1:9', '2'];
  const bot = await run('python3', options, temporaryFolder());
  expect([bot.code, bot.out]).toEqual([0, '2 episodes\n']);
  expect(bot.err).toContain('not logged, send it again later');
});

it('The bot in Python has at most 60 lines and imports the standard library only', () => {
  const text = readFileSync(join(ROOT, 'examples/python/bot.py'), 'utf8');
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(60);
  const imported = [...text.matchAll(/^import (.+)$/gm)].flatMap(([, names = '']) => names.split(', '));
  const standard = ['datetime', 'json', 'random', 'sys', 'urllib.error', 'urllib.request'];
  expect(imported).toEqual(standard);
});

it('The bot in TypeScript logs what it did and skipped through the client', async () => {
  const dir = temporaryFolder();
  const file = join(dir, 'bot.ts');
  cpSync(join(ROOT, 'examples/typescript/bot.ts'), file);
  const client = new URL('../../client/node/open.ts', import.meta.url).href;
  writeFileSync(file, readFileSync(file, 'utf8').replace('pm-tuning-client/node', client));
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
  const bot = await run(process.execPath, [file, urlOf(server), '20'], dir);
  expect(bot.code).toBe(0);
  expect(bot.out).toMatch(/^20 episodes/);
  const events = await stored('ts-');
  expect(events).toHaveLength(20);
  expectComplete(events);
});

it.skipIf(pythonWithProvider === undefined)(
  'The bot with the OpenFeature SDK logs what it did and skipped through an edge',
  async () => {
    const dir = temporaryFolder();
    const edgeUrl = await openEdgeAt(dir);
    const file = join(ROOT, 'examples/openfeature-python/bot.py');
    const bot = await run(String(pythonWithProvider), [file, edgeUrl, '5'], dir);
    expect(bot).toEqual({ code: 0, out: '5 episodes\n', err: '' });
    await expectStored('of-', 5);
  },
);

/** Returns the first snippet of a language on the page of OpenFeature, with the address of the service of this test. */
function snippet(language: string): string {
  const page = readFileSync(join(ROOT, 'docs/openfeature.md'), 'utf8');
  const [, text = ''] = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(page) ?? [];
  expect(text).toContain('http://127.0.0.1:8788');
  return text.replace('http://127.0.0.1:8788', urlOf(server));
}

it('The snippet in TypeScript on the page of OpenFeature prints the tuned thresholds', async () => {
  const dir = temporaryFolder();
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'), 'junction');
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
  writeFileSync(join(dir, 'bot.ts'), snippet('ts'));
  const bot = await run(process.execPath, ['bot.ts'], dir);
  expect([bot.code, bot.out]).toEqual([0, '0.54 0\n']);
});

it.skipIf(pythonWithProvider === undefined)(
  'The snippet in Python on the page of OpenFeature prints the tuned thresholds',
  async () => {
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'bot.py'), snippet('python'));
    const bot = await run(String(pythonWithProvider), ['bot.py'], dir);
    expect([bot.code, bot.out]).toEqual([0, '0.54 0.0\n']);
  },
);
