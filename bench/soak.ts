import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DAY_MS } from '../shared/time.ts';
import { formatNumber, machine, median, quantile } from './support/report.ts';

/*
 * This bench runs a mixed load on the local service: events, outcomes, look-ups, and a cycle every 30 s. After half of the
 * time it kills the service (kill -9) and starts it again on the same folder. The bench succeeds when
 *
 * - no acknowledged write is missing,
 * - no request fails except around the restart,
 * - memory grows by at most 10 %.
 *
 *   --minutes 10    --write  writes bench/results/soak.md
 */
const { values: options } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, write: { type: 'boolean', default: false } },
});
const totalMs = Number(options.minutes) * 60_000;
if (!(totalMs >= 60_000)) throw new Error('--minutes takes a number of at least 1');

const PATTERNS = ['pm.uptrend.S1.entry', 'pm.uptrend.S2.entry', 'pm.uptrend.S3.retest'];
const BATCH = 20;
const INGEST_PAUSE_MS = 100;
const LOOK_UP_PAUSE_MS = 20;
const READERS = 2;
/**
 * Time until an event leaves the window of one day, in milliseconds. So each run reads about as many events as the one
 * before, although the stored data grow. Memory that grows is then a leak.
 */
const IN_WINDOW_MS = 60_000;
/** Maximum growth of memory, as a share. It is meaningful from 10 minutes on, after several cycles of each process. */
const MAX_GROWTH = 0.1;

interface Service {
  readonly child: ChildProcess;
  readonly url: string;
  /** Bytes once a second: of the process itself, and of its mapped files (LevelDB's tables, in the system's cache). */
  readonly memory: number[];
  readonly mapped: number[];
}

const folder = await mkdtemp(join(tmpdir(), 'pm-tuning-soak-'));
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
const print = (text: string): void => void process.stderr.write(`${text}\n`);

async function start(): Promise<Service> {
  const args = ['local/serve.ts', '--data', folder, '--every', '30s', '--port', '0'];
  const env = { ...process.env, LOOKBACK_DAYS: '1' };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let logTail = '';
  child.stderr.on('data', chunk => {
    logTail = (logTail + chunk).slice(-4000);
  });
  child.once('close', (code, signal) => {
    if (!isUp || isOver) return;
    print(`the service ended unexpectedly (${code ?? signal}); the end of its log:\n${logTail}`);
    process.exit(1);
  });
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout?.on('data', chunk => {
      output += chunk;
      const address = /listens on (http:\S+)/.exec(output)?.[1];
      if (address) resolve(address);
    });
    child.once('close', code => reject(new Error(`the service ended with ${code}`)));
  });
  return { child, url, memory: [], mapped: [] };
}

/** False from the kill until the service listens again. */
let isUp = true;
/** True when the load ends. */
let isOver = false;
let service = await start();
const services = [service];

const counts = { requests: 0, failed: 0, interrupted: 0, lookUps: 0, degraded: 0 };
const lookUpMs: number[] = [];

/** Sends a request; returns undefined when it failed. */
async function post(path: string, body: object): Promise<Record<string, unknown> | undefined> {
  const wasUp = isUp;
  counts.requests++;
  try {
    const response = await fetch(`${service.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
    const answer = (await response.json()) as Record<string, unknown>;
    if (response.ok) return answer;
    if (wasUp && isUp) {
      counts.failed++;
      print(`${path} ${response.status} ${JSON.stringify(answer).slice(0, 300)}`);
    }
  } catch {
    // Around the kill a connection may end. At any other time that is a failure.
    if (wasUp && isUp && !isOver) counts.failed++;
    else counts.interrupted++;
  }
  return undefined;
}

type WriteRequest = { readonly path: string; readonly body: { readonly [list: string]: readonly object[] } };
const acknowledged: WriteRequest[] = [];

/** Retries a request until it is acknowledged, as a client does. */
async function sendUntilAcknowledged(request: WriteRequest): Promise<void> {
  while (!(await post(request.path, request.body))) await pause(500);
  acknowledged.push(request);
}

async function ingest(): Promise<void> {
  for (let batch = 0; !isOver; batch++) {
    const at = new Date(Date.now() - DAY_MS + IN_WINDOW_MS).toISOString();
    const pattern_key = PATTERNS[batch % PATTERNS.length];
    const ids = Array.from({ length: BATCH }, (_, i) => `soak-${batch}-${i}`);
    const events = ids.map((episode_id, i) => ({
      pattern_key,
      episode_id,
      decision: i % 3 === 0 ? 'acted' : 'skipped',
      scope: {
        chain: ['solana', 'base'][i % 2],
        timeframe: ['15m', '1h', '4h'][i % 3],
        bucket: `b${batch % 7}`,
      },
      factors: { ts_score: 0.5 + i / 100, ts_min: 0.6, dx_count: i % 4 },
      timestamp: at,
    }));
    const outcomes = ids.map((episode_id, i) => ({
      pattern_key,
      episode_id,
      outcome: (i + batch) % 4 === 0 ? 'failure' : 'success',
      resolved_at: at,
    }));
    // Every fifth batch of outcomes is sent before its events.
    const requests: WriteRequest[] = [
      { path: '/v1/events', body: { events } },
      { path: '/v1/outcomes', body: { outcomes } },
    ];
    for (const request of batch % 5 === 4 ? requests.reverse() : requests)
      await sendUntilAcknowledged(request);
    await pause(INGEST_PAUSE_MS);
  }
}

async function lookUp(): Promise<void> {
  for (let i = 0; !isOver; i++) {
    const scope = { chain: 'solana', timeframe: '15m', bucket: `b${i % 7}` };
    const request = { pattern_key: PATTERNS[i % PATTERNS.length], scope, thresholds: { ts_min: 0.6 } };
    const sentAt = performance.now();
    const answer = await post('/v1/overrides/lookup', request);
    if (answer) {
      lookUpMs.push(performance.now() - sentAt);
      counts.lookUps++;
      if (answer.degraded) counts.degraded++;
    }
    await pause(LOOK_UP_PAUSE_MS);
  }
}

async function watchMemory(): Promise<void> {
  while (!isOver) {
    const status = await readFile(`/proc/${service.child.pid}/status`, 'utf8').catch(() => '');
    const bytes = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
    if (isUp && bytes('RssAnon') > 0) {
      service.memory.push(bytes('RssAnon'));
      service.mapped.push(bytes('RssFile'));
    }
    await pause(1000);
  }
}

/** Returns the growth of memory: without the first third, the median of the second half over that of the first, minus 1. */
function growth(memory: readonly number[]): number {
  const warm = memory.slice(Math.floor(memory.length / 3));
  const half = Math.floor(warm.length / 2);
  return median(warm.slice(half)) / median(warm.slice(0, half)) - 1;
}

const work = [ingest(), ...Array.from({ length: READERS }, lookUp), watchMemory()];
await pause(totalMs / 2);
print('kill -9');
isUp = false;
const ended = once(service.child, 'close');
service.child.kill('SIGKILL');
await ended;
const restart = performance.now();
service = await start();
services.push(service);
isUp = true;
const restartMs = performance.now() - restart;
print('the service listens again');
await pause(totalMs / 2);
isOver = true;
await Promise.all(work);

print('sending every acknowledged write again');
let missing = 0;
for (const { path, body } of acknowledged) {
  const answer = await post(path, body);
  missing += Object.values(body).flat().length - Number(answer?.unchanged ?? 0);
}
const cycle = (await post('/v1/cycles?wait=true', { lookback_days: 2, publish: true, reason: 'bench' })) as
  | { status: string; patterns: { events_read: number }[] }
  | undefined;
const eventsRead = cycle?.patterns.reduce((sum, pattern) => sum + pattern.events_read, 0);
const events = acknowledged.filter(request => request.path === '/v1/events').length * BATCH;
const cycleList = (await (await fetch(`${service.url}/v1/cycles?limit=1000`)).json()) as {
  cycles: { status: string }[];
};
const succeeded = cycleList.cycles.filter(run => run.status === 'succeeded').length;
service.child.kill('SIGINT');
await once(service.child, 'close');
await rm(folder, { recursive: true });

const growths = services.map(({ memory }) => growth(memory));
const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
const rows: readonly (readonly [label: string, value: string, holds?: boolean])[] = [
  ['minutes', options.minutes],
  ['requests', formatNumber(counts.requests)],
  ['events acknowledged, each with an outcome', formatNumber(events)],
  ['acknowledged writes missing', String(missing), missing === 0],
  ['events the last cycle read', formatNumber(eventsRead ?? Number.NaN), eventsRead === events],
  [
    'cycles succeeded',
    `${succeeded} of ${cycleList.cycles.length}`,
    succeeded >= cycleList.cycles.length - 1,
  ],
  ['failures outside the restart', String(counts.failed), counts.failed === 0],
  ['requests without a response at the kill', String(counts.interrupted)],
  ['look-ups', `${formatNumber(counts.lookUps)}, ${counts.degraded} degraded`, counts.degraded === 0],
  ['look-up p50, p99', `${formatNumber(median(lookUpMs))} ms, ${formatNumber(quantile(lookUpMs, 0.99))} ms`],
  ['start after kill -9', `${formatNumber(restartMs)} ms`],
  ['files mapped at the end', services.map(({ mapped }) => mib(mapped.at(-1) ?? 0)).join(', ')],
  ...services.map(
    ({ memory }, i) =>
      [
        `memory ${i === 0 ? 'before' : 'after'} the kill`,
        `${mib(median(memory))}, ${((growths[i] ?? 0) * 100).toFixed(1)} %`,
        (growths[i] ?? 0) <= MAX_GROWTH,
      ] as const,
  ),
];
const width = Math.max(...rows.map(([label]) => label.length));
const lines = rows.map(([label, value, holds]) =>
  `${label.padEnd(width)}  ${value.padEnd(20)}${holds === undefined ? '' : holds ? 'holds' : 'MISSED'}`.trimEnd(),
);
const report = [machine({}), '', ...lines].join('\n');
console.log(report);
if (rows.some(([, , holds]) => holds === false)) process.exitCode = 1;
if (options.write)
  await writeFile(
    new URL('results/soak.md', import.meta.url),
    `# Mixed load, with a kill in the middle\n\nMade by \`npm run bench:soak -- --write --minutes ${options.minutes}\` on ` +
      `${new Date().toISOString().slice(0, 10)}. Memory: the\nmedian of each process without mapped files (those are LevelDB’s tables, in the system’s cache), and its growth after a third to\nwarm up. Events leave the window after a minute, so a run reads about as many while the stored data grow.\n\n` +
      `\`\`\`text\n${report}\n\`\`\`\n`,
  );
