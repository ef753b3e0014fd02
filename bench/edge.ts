import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { listen } from '../local/http-server.ts';
import { openService } from '../local/service.ts';
import { jsonLog } from '../shared/log.ts';
import type { Override } from '../shared/override/override.ts';
import { runDrill } from '../test/client/node/drill.ts';
import { S1 } from '../test/support/episodes.ts';
import { override } from '../test/support/overrides.ts';
import { putInForce } from '../test/support/put-in-force.ts';
import { machine, quantile, table } from './support/report.ts';

/*
 * Measures an edge under 1,000 look-ups a second with 20,000 overrides, its memory, and the calls of a bot whose service
 * is killed, stopped and rolled back.
 * Usage: npm run bench:edge [-- --write] [-- --quick]
 */

const OVERRIDES = 20_000;
const PER_SECOND = 1000;
const WRITE = process.argv.includes('--write');
const SECONDS = process.argv.includes('--quick') ? 5 : 30;
const RESULTS = new URL('results/edge.md', import.meta.url);
/** The edge as it is deployed: built by `npm run build:edge`. */
const BUILD = fileURLToPath(new URL('../edge/build.ts', import.meta.url));
const MAIN = fileURLToPath(new URL('../edge/dist/cli/pm-tuning.js', import.meta.url));

const DIMENSIONS = ['chain', 'timeframe', 'bucket', 'venue', 'regime', 'session', 'side', 'tier'];
const VALUES = 6;

/** Returns a scope with a value in each dimension. The sequence is fixed, and does not repeat soon. */
function scopeOf(i: number): Record<string, string> {
  return Object.fromEntries(
    DIMENSIONS.map((name, d) => [name, `v${Math.floor((i * 2_654_435_761) / 7 ** d) % VALUES}`]),
  );
}

/** Returns distinct slices of one to four dimensions, two levers each. */
function manyOverrides(): Override[] {
  const slices = new Map<string, Record<string, string>>();
  for (let i = 0; slices.size < OVERRIDES / 2; i++) {
    const names = DIMENSIONS.filter((_, d) => (i >> d) & 1).slice(0, 4);
    const full = scopeOf(i * 31 + 7);
    const slice = Object.fromEntries(names.map(name => [name, full[name] ?? '']));
    slices.set(JSON.stringify(slice), slice);
  }
  return [...slices.values()].flatMap((slice, i) => [
    override('tuning_ts_min', slice, 0.8 + (i % 40) / 100),
    override('tuning_halo', slice, 0.8 + (i % 37) / 100),
  ]);
}

interface Load {
  readonly sent: number;
  readonly failed: number;
  readonly milliseconds: readonly number[];
  readonly matched: number;
}

/** Sends look-ups at a steady rate, whatever the answers take. */
async function load(port: number, seconds: number): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const milliseconds: number[] = [];
  let [sent, failed, matched] = [0, 0, 0];
  const pending: Promise<void>[] = [];
  const started = performance.now();
  while (performance.now() - started < seconds * 1000) {
    const due = Math.floor(((performance.now() - started) * PER_SECOND) / 1000);
    for (; sent < due; sent++) pending.push(lookUp(agent, port, sent));
    await wait(1);
  }
  await Promise.all(pending);
  agent.destroy();
  return { sent, failed, milliseconds, matched };

  function lookUp(agent: Agent, port: number, i: number): Promise<void> {
    const body = JSON.stringify({
      pattern_key: S1,
      scope: scopeOf(i),
      thresholds: { ts_min: 0.6, halo_max: 1 },
    });
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const begun = performance.now();
    return new Promise(resolve => {
      const call = request(
        { agent, port, host: '127.0.0.1', method: 'POST', path: '/v1/overrides/lookup', headers },
        response => {
          let text = '';
          response.on('data', chunk => {
            text += String(chunk);
          });
          response.on('end', () => {
            milliseconds.push(performance.now() - begun);
            if (response.statusCode !== 200) failed++;
            else if (text.includes('"matched"')) matched++;
            resolve();
          });
        },
      );
      call.on('error', () => {
        failed++;
        resolve();
      });
      call.end(body);
    });
  }
}

async function startEdge(dir: string, upstream: string): Promise<{ child: ChildProcess; port: number }> {
  const options = ['edge', '--upstream', upstream, '--dir', dir, '--listen', '127.0.0.1:0'];
  const child = spawn(process.execPath, [MAIN, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise<number>(resolve =>
    child.stdout.on('data', chunk => {
      const [, found] = /listens on http:\S+:(\d+)/.exec(String(chunk)) ?? [];
      if (found !== undefined) resolve(Number(found));
    }),
  );
  while ((await fetch(`http://127.0.0.1:${port}/readyz`)).status !== 200) await wait(100);
  return { child, port };
}

/** Returns the present and the highest resident memory of a process, MB (Linux). */
function memory(pid: number): { now: number; highest: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
  return { now: kilobytes('VmRSS') / 1024, highest: kilobytes('VmHWM') / 1024 };
}

async function measureEdge(): Promise<(readonly [string, number, string])[]> {
  const dir = mkdtempSync(join(tmpdir(), 'pm-bench-edge-'));
  spawnSync(process.execPath, [BUILD], { stdio: 'inherit' });
  const service = await openService({ log: jsonLog('error', console.error, Date.now) });
  await putInForce(service.runtime, S1, manyOverrides());
  const server = await listen(service.app, 0);
  const { child, port } = await startEdge(dir, `http://127.0.0.1:${server.port}`);
  try {
    await load(port, 3);
    const { sent, failed, milliseconds, matched } = await load(port, SECONDS);
    const { now, highest } = memory(child.pid ?? 0);
    return [
      ['look-ups sent', sent, ''],
      ['of them failed', failed, ''],
      ['of them with an override', matched, ''],
      ['p50, ms', quantile(milliseconds, 0.5), ''],
      ['p99, ms', quantile(milliseconds, 0.99), 'below 2'],
      ['p99.9, ms', quantile(milliseconds, 0.999), ''],
      ['memory under load, MB', now, 'below 120'],
      ['highest memory, MB', highest, ''],
    ];
  } finally {
    child.kill('SIGTERM');
    await new Promise(resolve => child.on('close', resolve));
    await server.close();
    await service.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function measureDrill(): Promise<(readonly [string, number, string])[]> {
  const { episodes, exceptions, durations, lost } = await runDrill(5);
  return [
    ['episodes', episodes, ''],
    ['exceptions', exceptions, '0'],
    ['lost events or outcomes', lost.length, '0'],
    ['calls', durations.length, ''],
    ['p50 of a call, ms', quantile(durations, 0.5), ''],
    ['p99 of a call, ms', quantile(durations, 0.99), ''],
    ['p99.9 of a call, ms', quantile(durations, 0.999), ''],
    ['longest call, ms', Math.max(...durations), 'at most 1'],
  ];
}

const titles = ['measure', 'value', 'target'] as const;
const edge = table(titles, await measureEdge());
const drill = table(titles, await measureDrill());
const page = `# bench:edge

${new Date().toISOString().slice(0, 10)}, ${machine({})}. Load average at the end: ${loadavg()[0]?.toFixed(1)}.

An edge with ${OVERRIDES.toLocaleString('en-US')} overrides, ${PER_SECOND.toLocaleString('en-US')} look-ups a second for
${SECONDS} seconds over loopback. A duration is that of the whole request, as its caller sees it; the
caller shares the cores.

\`\`\`
${edge}
\`\`\`

A bot with an episode every 5 ms. Its service is killed, started again, stopped for 7 s with SIGSTOP, and
rolled back. Each episode is three calls: a look-up, an event, an outcome.

\`\`\`
${drill}
\`\`\`
`;
process.stdout.write(page);
if (WRITE) writeFileSync(RESULTS, page);
