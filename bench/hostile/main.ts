import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { DAY_MS } from '../../shared/time.ts';
import { formatNumber, machine, median, quantile } from '../support/report.ts';
import { ATTACKS, PATTERN } from './attacks.ts';
import { HostileService } from './service.ts';

/*
 * One token of a bot does its worst, while another bot trades and an operator works. A second service gets the events of
 * the victim alone. The bench succeeds when
 *
 * - slices that hold only events of the victim carry equal overrides in both,
 * - look-ups of the victim take less than 50 ms (p99), calls of the operator less than 500 ms,
 * - no acknowledged write is missing,
 * - `status` names the attacker with its share,
 * - the run after its exclusion has the sets of the service without it.
 *
 *   --minutes 5    --write  writes bench/results/hostile.md
 */
const { values: options } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, write: { type: 'boolean', default: false } },
});
const totalMs = Number(options.minutes) * 60_000;
if (!(totalMs >= 15_000)) throw new Error('--minutes takes a number of at least 0.25');

const LOSING = { chain: 'c0', timeframe: 't1', bucket: 'b0', venue: 'v1' };
const DIMENSIONS = Object.keys(LOSING);
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
const started = Date.now();
const loadOfMinute = (): string => (loadavg()[0] ?? 0).toFixed(1);
const loadAtStart = loadOfMinute();

/** Returns an event of the victim's world, in which one combination loses. */
function victimEvent(episode_id: string, i: number): object {
  const scope = {
    chain: `c${i % 2}`,
    timeframe: `t${Math.floor(i / 2) % 2}`,
    bucket: `b${Math.floor(i / 4) % 3}`,
    venue: `v${Math.floor(i / 12) % 2}`,
  };
  const loses = JSON.stringify(scope) === JSON.stringify(LOSING);
  const wins = scope.chain === 'c0' && scope.bucket === 'b0' && !loses;
  return {
    pattern_key: PATTERN,
    episode_id,
    decision: loses ? 'acted' : 'skipped',
    scope,
    timestamp: new Date(started - DAY_MS * (1 + (i % 20))).toISOString(),
    outcome: wins ? 'success' : 'failure',
  };
}

const sent: object[] = [];
const refused: unknown[] = [];
const lookUpMs: number[] = [];
const operatorMs: number[] = [];
let slowest = '';
let isOver = false;

async function sendEvents(service: HostileService, events: readonly object[]): Promise<void> {
  for (let i = 0; i < events.length; i += 400) {
    const { body } = await service.call('victim', 'POST', '/v1/events', { events: events.slice(i, i + 400) });
    refused.push(...(body.rejected as unknown[]));
  }
}

async function trade(service: HostileService): Promise<void> {
  for (let round = 0; !isOver; round++) {
    const events = Array.from({ length: 10 }, (_, i) => victimEvent(`live-${round}-${i}`, round * 10 + i));
    await sendEvents(service, events);
    sent.push(...events);
    await pause(1000);
  }
}

async function lookUp(service: HostileService): Promise<void> {
  while (!isOver) {
    const request = { pattern_key: PATTERN, scope: LOSING, thresholds: { ts_min: 0.6 } };
    lookUpMs.push((await service.call('victim', 'POST', '/v1/overrides/lookup', request)).ms);
    await pause(50);
  }
}

async function operate(service: HostileService): Promise<void> {
  const calls: readonly (readonly [method: string, path: string, body?: object])[] = [
    ['GET', '/v1/status'],
    ['GET', '/v1/writers'],
    ['PUT', `/v1/patterns/${PATTERN}/mode`, { mode: 'live', reason: 'bench' }],
    ['GET', `/v1/lessons?pattern_key=${PATTERN}`],
    ['GET', '/v1/cycles'],
  ];
  while (!isOver) {
    for (const [method, path, body] of calls) {
      const { ms, status } = await service.call('operator', method, path, body);
      if (status >= 400) throw new Error(`${method} ${path} answered ${status}`);
      if (ms > Math.max(0, ...operatorMs)) slowest = `${method} ${path.split('?')[0]}`;
      operatorMs.push(ms);
    }
    await pause(500);
  }
}

async function attack(service: HostileService): Promise<void> {
  for (let round = 0; !isOver; round++) {
    for (const run of Object.values(ATTACKS)) if (!isOver) await run(service, round);
    await pause(200);
  }
}

async function runCycles(service: HostileService): Promise<void> {
  while (!isOver) {
    await service.run();
    await pause(5000);
  }
}

interface OverrideRow {
  readonly action_category: string;
  readonly scope_subset: Readonly<Record<string, string>>;
  readonly multiplier?: number;
  readonly n: number;
}

/** Returns the overrides of slices that hold only events of the victim, as texts. */
async function victimOverrides(service: HostileService): Promise<Set<string>> {
  const found = new Set<string>();
  let next = '';
  do {
    const path = `/v1/overrides?pattern_key=${PATTERN}&limit=1000${next}`;
    const { body } = await service.call('operator', 'GET', path);
    for (const { action_category, scope_subset, multiplier, n } of body.overrides as OverrideRow[]) {
      const names = Object.keys(scope_subset);
      if (names.length > 0 && names.every(name => DIMENSIONS.includes(name)))
        found.add(JSON.stringify([action_category, scope_subset, multiplier, n]));
    }
    next = body.next === undefined ? '' : `&next=${encodeURIComponent(String(body.next))}`;
  } while (next !== '');
  return found;
}

/** Returns the hash of what is in force. */
async function hashOf(service: HostileService): Promise<string> {
  const { body } = await service.call('operator', 'GET', `/v1/snapshots/${PATTERN}`);
  return String(body.sha256 ?? body.hash);
}

const base = Array.from({ length: 2400 }, (_, i) => victimEvent(`base-${i}`, i));
sent.push(...base);
const service = await HostileService.start();
await sendEvents(service, base);
await service.run();
process.stderr.write('the attack begins\n');
const work = [trade, lookUp, operate, attack, runCycles].map(run => run(service));
await Promise.race([pause(totalMs), ...work.map(running => running.then(() => pause(totalMs)))]);
isOver = true;
await Promise.all(work);

process.stderr.write('the attack is over\n');
const load = [loadAtStart, loadOfMinute()];
const attacked = await service.run();
const { body: status } = await service.call('operator', 'GET', '/v1/status');
const warned = (status.warnings as { code: string; writer?: string; share?: number }[]).find(
  ({ code, writer }) => code === 'one_writer_dominates' && writer === 'token:attacker',
);
const { body: writers } = await service.call('operator', 'GET', `/v1/writers?pattern_key=${PATTERN}`);
const rowOf = (name: string) =>
  (writers.writers as { writer: string; events: number; share: number }[]).find(
    ({ writer }) => writer === name,
  );
const underAttack = await victimOverrides(service);

const clean = await HostileService.start();
await sendEvents(clean, sent);
await clean.run();
const reference = await victimOverrides(clean);
const cleanHash = await hashOf(clean);
await service.call('operator', 'PUT', '/v1/writers', {
  writer: 'token:attacker',
  excluded: true,
  reason: 'bench',
});
await service.run();
const excludedHash = await hashOf(service);
await Promise.all([service.stop(), clean.stop()]);

const equal = [...reference].filter(text => underAttack.has(text)).length;
const lost = sent.length - (rowOf('token:victim')?.events ?? 0);
const attackerShare = rowOf('token:attacker')?.share ?? 0;
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const p99 = quantile(lookUpMs, 0.99);
const most = Math.max(...operatorMs);
const rows: readonly (readonly [label: string, value: string, holds?: boolean])[] = [
  ['minutes of attack', String(options.minutes)],
  ['load of the machine over one minute: at the start, at the end of the attack', `${load[0]}, ${load[1]}`],
  ['attacks', String(Object.keys(ATTACKS).length)],
  ['events of the victim acknowledged', formatNumber(sent.length)],
  ['events of the attacker in its pattern', formatNumber(rowOf('token:attacker')?.events ?? 0)],
  ['patterns in the last run', String((attacked.patterns_total as number | undefined) ?? 0)],
  [
    'equal overrides in slices of the victim',
    `${equal} of ${reference.size}`,
    reference.size > 0 && equal === reference.size && underAttack.size === reference.size,
  ],
  ['look-ups of the victim, p50', `${formatNumber(median(lookUpMs))} ms`],
  ['look-ups of the victim, p99', `${formatNumber(p99)} ms`, p99 < 50],
  ['calls of the operator, p50', `${formatNumber(median(operatorMs))} ms`],
  ['calls of the operator, slowest', `${formatNumber(most)} ms, ${slowest}`, most < 500],
  ['acknowledged events missing', String(lost), lost === 0],
  ['events of the victim refused', String(refused.length), refused.length === 0],
  [
    'status names the attacker',
    warned ? `yes, with ${percent(warned.share ?? 0)} of a slice` : 'no',
    warned !== undefined,
  ],
  ['its share of the pattern', percent(attackerShare)],
  ['same sets after its exclusion', String(excludedHash === cleanHash), excludedHash === cleanHash],
];
const verdictOf = (holds?: boolean): string => (holds === undefined ? '' : holds ? 'holds' : '**missed**');
const table = rows.map(([label, value, holds]) => `| ${label} | ${value} | ${verdictOf(holds)} |`);
const report = [machine({}), '', '| figure | value | |', '|---|---|---|', ...table].join('\n');
console.log(report);
if (rows.some(([, , holds]) => holds === false)) process.exitCode = 1;
if (options.write)
  await writeFile(
    new URL('../results/hostile.md', import.meta.url),
    `# One token does its worst\n\nMade by \`npm run bench:hostile -- --write --minutes ${options.minutes}\` on ` +
      `${new Date().toISOString().slice(0, 10)}.\n\n` +
      `Policy drift. The attacks, again and again:\n\n${Object.keys(ATTACKS)
        .map(name => `- ${name}`)
        .join('\n')}\n\n${report}\n`,
  );
