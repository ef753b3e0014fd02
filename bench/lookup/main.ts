import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Scope } from '../../shared/pattern/scope.ts';
import { installBenchPackages } from '../support/bench-packages.ts';
import type { Target } from '../support/report.ts';
import { machine, median, quantile, table, targetTable } from '../support/report.ts';
import type { Contestant, Resolver } from './contestants.ts';
import { CONTESTANTS, PEER_PACKAGES, peerVersions } from './contestants.ts';
import { drawRules, drawScopes } from './rules.ts';

/*
 * Look-ups of one lever by the product's index and by the packages of others, on the same rules: 8 dimensions, of which
 * a rule fixes 40 %. Every contestant that chooses the most specific rule must return the same value.
 */

const SIZES = [200, 1000, 5000, 20_000];
/** Scopes that are looked up repeatedly, after a first time. */
const REPEATED = 2000;
const COMPARED = 200;
/** Time for the look-ups of one measurement, milliseconds. */
const BUDGET_MS = 1500;
const MB = 1e6;

const { values: options } = parseArgs({ options: { write: { type: 'boolean', default: false } } });

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface Measured {
  readonly size: number;
  readonly name: string;
  readonly loadMs: number;
  readonly megabytes: number;
  readonly cold: readonly number[];
  readonly repeated: readonly number[];
}

/** Returns the median time of two reads of the clock, nanoseconds: it is part of every sample. */
function clockCost(): number {
  const samples = Array.from({ length: 20_000 }, () => {
    const start = process.hrtime.bigint();
    return Number(process.hrtime.bigint() - start);
  });
  return median(samples);
}

/** Times single look-ups, in nanoseconds, until the scopes or the time are used up. */
function timeEach(resolver: Resolver, scopes: readonly Scope[], cost: number): number[] {
  const samples: number[] = [];
  const end = performance.now() + BUDGET_MS;
  for (const scope of scopes) {
    const start = process.hrtime.bigint();
    resolver.resolve(scope);
    samples.push(Math.max(0, Number(process.hrtime.bigint() - start) - cost));
    if (samples.length % 64 === 0 && performance.now() > end) break;
  }
  return samples;
}

function usedMegabytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / MB;
}

async function measure(contestant: Contestant, size: number, cost: number): Promise<Measured> {
  const rules = drawRules(size);
  const before = usedMegabytes();
  const start = performance.now();
  const resolver = await contestant.load(rules);
  const loadMs = performance.now() - start;
  // Other scopes compile the code, so that the cold figures are those of a process that runs for a while.
  timeEach(resolver, drawScopes(4000, 2), cost);
  const cold = timeEach(resolver, drawScopes(8000, 3), cost);
  const scopes = drawScopes(REPEATED, 4);
  timeEach(resolver, scopes, cost);
  const repeated = Array.from({ length: 5 }, () => timeEach(resolver, scopes, cost)).flat();
  const megabytes = usedMegabytes() - before;
  resolver.close?.();
  return { size, name: contestant.name, loadMs, megabytes, cold, repeated };
}

/** @throws Error when two contestants that choose the most specific rule differ */
async function compare(contestants: readonly Contestant[], size: number): Promise<void> {
  const rules = drawRules(size);
  const scopes = drawScopes(COMPARED, 5);
  const chosen = contestants.filter(({ choosesMostSpecific }) => choosesMostSpecific);
  const results: number[][] = [];
  for (const contestant of chosen) {
    const resolver = await contestant.load(rules);
    results.push(scopes.map(scope => resolver.resolve(scope)));
    resolver.close?.();
  }
  for (const [i, values] of results.entries())
    if (values.some((value, s) => value !== results[0]?.[s]))
      throw new Error(`${chosen[i]?.name} resolves ${size} rules otherwise than ${chosen[0]?.name}`);
}

function report(all: readonly Measured[]): string {
  const rows = all.map(({ size, name, loadMs, megabytes, cold, repeated }) => [
    size,
    name,
    quantile(cold, 0.5) / 1000,
    quantile(cold, 0.99) / 1000,
    quantile(repeated, 0.5) / 1000,
    quantile(repeated, 0.99) / 1000,
    loadMs,
    megabytes,
  ]);
  const titles = ['rules', 'by', 'new p50', 'p99', 'repeated p50', 'p99', 'load ms', 'MB'];
  return `Times of a look-up in microseconds.\n\n${table(titles, rows)}`;
}

function targetsOf(all: readonly Measured[]): Target[] {
  const blend = (size: number): Measured | undefined =>
    all.find(measured => measured.size === size && measured.name === 'PM Tuning, blend');
  const at = (size: number, pick: (measured: Measured) => number): number => {
    const measured = blend(size);
    return measured ? pick(measured) : Number.NaN;
  };
  return [
    ['repeated scope, 20,000 rules, p50', at(20_000, m => quantile(m.repeated, 0.5)), 300, 'ns'],
    ['repeated scope, 20,000 rules, p99', at(20_000, m => quantile(m.repeated, 0.99)), 1000, 'ns'],
    ['new scope, 1,000 rules, p50', at(1000, m => quantile(m.cold, 0.5) / 1000), 5, 'µs'],
    ['new scope, 20,000 rules, p50', at(20_000, m => quantile(m.cold, 0.5) / 1000), 25, 'µs'],
    ['memory, 20,000 rules', at(20_000, m => m.megabytes), 20, 'MB'],
  ].map(([name, value, limit, unit]) => ({
    name: String(name),
    value: Number(value),
    limit: Number(limit),
    unit: String(unit),
    bound: 'at most',
  }));
}

const missing = installBenchPackages(PEER_PACKAGES);
if (missing !== undefined) console.log(`Without the peers: ${missing}`);
const contestants = CONTESTANTS.filter(({ name }) => missing === undefined || !PEER_PACKAGES.includes(name));
const cost = clockCost();
const all: Measured[] = [];
for (const size of SIZES) {
  await compare(contestants, size);
  for (const contestant of contestants) all.push(await measure(contestant, size, cost));
}
const text = [
  machine(missing === undefined ? peerVersions() : {}),
  report(all),
  `The ${COMPARED} compared scopes have equal results in every contestant that chooses the most specific rule.`,
  targetTable(targetsOf(all)),
].join('\n\n');
console.log(text);
if (options.write)
  writeFileSync(
    new URL('../results/lookup.md', import.meta.url),
    `# Results of bench:lookup\n\n\`\`\`\n${text}\n\`\`\`\n`,
  );
process.exit(0);
