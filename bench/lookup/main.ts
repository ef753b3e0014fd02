import { spawnSync } from 'node:child_process';
import { writeFileSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Scope } from '../../shared/pattern/scope.ts';
import { installBenchPackages } from '../support/bench-packages.ts';
import type { Target } from '../support/report.ts';
import { machine, quantile, table, targetTable } from '../support/report.ts';
import type { AdviceTimes } from './advice.ts';
import { measureAdvice } from './advice.ts';
import type { Contestant } from './contestants.ts';
import { CONTESTANTS, PEER_PACKAGES, peerVersions } from './contestants.ts';
import { drawRules, drawScopes } from './rules.ts';
import type { Timed } from './time-each.ts';
import { clockCost, timeEach } from './time-each.ts';

/*
 * Look-ups of one lever by the product's index and by the packages of others, on the same rules: 8 dimensions, of which
 * a rule fixes 40 %. Every contestant that chooses the most specific rule must return the same value. Then look-ups of the
 * client with the advice of a model, beside those without.
 */

const SIZES = [200, 1000, 5000, 20_000];
/** Scopes that are looked up repeatedly, after a first time. */
const REPEATED = 2000;
const ROUNDS = 10;
/** Look-ups of repeated scopes that are timed at once. */
const GROUP = 16;
const COMPARED = 100;
/** Name under which the look-ups with advice are measured. */
const ADVICE = 'advice';
const MB = 1e6;

const { values: options } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    /** Measures one contestant, by its name and the number of rules, or `advice`, and prints the result as JSON. */
    only: { type: 'string' },
    rules: { type: 'string', default: '200' },
  },
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface Measured {
  readonly size: number;
  readonly name: string;
  readonly loadMs: number;
  readonly megabytes: number;
  readonly cold: Timed;
  readonly repeated: Timed;
  /** Results for the compared scopes, of a contestant that chooses the most specific rule. */
  readonly chosen: readonly number[] | undefined;
}

function usedMegabytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / MB;
}

async function measure(contestant: Contestant, size: number, cost: number): Promise<Measured> {
  const rules = drawRules(size);
  const before = usedMegabytes();
  const cpu = process.cpuUsage();
  const resolver = await contestant.load(rules);
  const used = process.cpuUsage(cpu);
  const loadMs = (used.user + used.system) / 1000;
  const resolve = (scope: Scope): number => resolver.resolve(scope);
  // Other scopes compile the code, so that the cold figures are those of a process that runs for a while.
  timeEach(resolve, drawScopes(2000, 2), cost, 1);
  const cold = timeEach(resolve, drawScopes(4000, 3), cost, 1);
  const scopes = drawScopes(REPEATED, 4);
  const often = Array.from({ length: ROUNDS }, () => scopes).flat();
  timeEach(resolve, often, cost, GROUP);
  const repeated = timeEach(resolve, often, cost, GROUP);
  const megabytes = usedMegabytes() - before;
  const { name, choosesMostSpecific } = contestant;
  const compared = drawScopes(COMPARED, 5);
  const chosen = choosesMostSpecific ? compared.map(scope => resolver.resolve(scope)) : undefined;
  resolver.close?.();
  return { size, name, loadMs, megabytes, cold, repeated, chosen };
}

/** @throws Error when two contestants that choose the most specific rule differ */
function compare(all: readonly Measured[]): void {
  const [first, ...others] = all.filter(({ chosen }) => chosen !== undefined);
  const other = others.find(({ chosen = [] }) => chosen.some((value, i) => value !== first?.chosen?.[i]));
  if (other) throw new Error(`${other.name} resolves ${other.size} rules otherwise than ${first?.name}`);
}

function report(all: readonly Measured[]): string {
  const rows = all.map(({ size, name, loadMs, megabytes, cold, repeated }) => [
    size,
    name,
    quantile(cold.samples, 0.5) / 1000,
    quantile(cold.samples, 0.99) / 1000,
    cold.cpuMicros,
    quantile(repeated.samples, 0.5) / 1000,
    quantile(repeated.samples, 0.99) / 1000,
    repeated.cpuMicros,
    loadMs,
    megabytes,
  ]);
  const titles = ['rules', 'by', 'new p50', 'p99', 'cpu', 'repeated p50', 'p99', 'cpu', 'load ms', 'MB'];
  const units =
    'Microseconds a look-up: p50 and p99 by the clock, cpu the mean processor time. Repeated scopes are timed\n' +
    `${GROUP} at once. Loading is in milliseconds of processor time.`;
  return `${units}\n\n${table(titles, rows)}`;
}

function adviceReport({ columns, kilobytes, rows }: AdviceTimes): string {
  const text = `Advice of a model of ${columns} columns (${kilobytes.toFixed(0)} kB as JSON), ${GROUP} repeated scopes at once:`;
  const titles = ['microseconds', 'p50', 'p99', 'cpu'];
  return `${text}\n\n${table(
    titles,
    rows.map(({ name, p50, p99, cpu }) => [name, p50, p99, cpu]),
  )}`;
}

function targetsOf(all: readonly Measured[], advice: AdviceTimes): Target[] {
  const blend = (size: number): Measured | undefined =>
    all.find(measured => measured.size === size && measured.name === 'PM Tuning, blend');
  const at = (size: number, pick: (measured: Measured) => number): number => {
    const measured = blend(size);
    return measured ? pick(measured) : Number.NaN;
  };
  return [
    ['repeated scope, 20,000 rules, p50', at(20_000, m => quantile(m.repeated.samples, 0.5)), 300, 'ns'],
    ['repeated scope, 20,000 rules, p99', at(20_000, m => quantile(m.repeated.samples, 0.99)), 1000, 'ns'],
    ['new scope, 1,000 rules, p50', at(1000, m => quantile(m.cold.samples, 0.5) / 1000), 5, 'µs'],
    ['new scope, 20,000 rules, p50', at(20_000, m => quantile(m.cold.samples, 0.5) / 1000), 25, 'µs'],
    ['memory, 20,000 rules', at(20_000, m => m.megabytes), 20, 'MB'],
    ['evaluation of a model, p50', advice.rows[0]?.p50, 5, 'µs'],
  ].map(([name, value, limit, unit]) => ({
    name: String(name),
    value: Number(value),
    limit: Number(limit),
    unit: String(unit),
    bound: 'at most',
  }));
}

/** Measures in a process of its own, so that no contestant is slowed down by the code of another. */
function measureApart<Result>(name: string, size = 0): Result {
  const args = [fileURLToPath(import.meta.url), '--only', name, '--rules', String(size)];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: 64 * MB,
  });
  if (status !== 0) throw new Error(`${name} failed: ${stderr}`);
  return JSON.parse(stdout) as Result;
}

if (options.only === ADVICE) {
  writeSync(1, JSON.stringify(measureAdvice()));
  process.exit(0);
}
if (options.only !== undefined) {
  const contestant = CONTESTANTS.find(({ name }) => name === options.only);
  if (!contestant) throw new Error(`${options.only} is no contestant`);
  writeSync(1, JSON.stringify(await measure(contestant, Number(options.rules), clockCost())));
  process.exit(0);
}
const missing = installBenchPackages(PEER_PACKAGES);
if (missing !== undefined) console.log(`Without the peers: ${missing}`);
const contestants = CONTESTANTS.filter(({ name }) => missing === undefined || !PEER_PACKAGES.includes(name));
const all: Measured[] = [];
for (const size of SIZES) {
  const ofSize = contestants
    .filter(({ maxRules = size }) => size <= maxRules)
    .map(contestant => measureApart<Measured>(contestant.name, size));
  compare(ofSize);
  all.push(...ofSize);
}
const advice = measureApart<AdviceTimes>(ADVICE);
const text = [
  machine(missing === undefined ? peerVersions() : {}),
  report(all),
  adviceReport(advice),
  `The ${COMPARED} compared scopes have equal results in every contestant that chooses the most specific rule.`,
  targetTable(targetsOf(all, advice)),
].join('\n\n');
console.log(text);
if (options.write)
  writeFileSync(
    new URL('../results/lookup.md', import.meta.url),
    `# Results of bench:lookup\n\n\`\`\`\n${text}\n\`\`\`\n`,
  );
