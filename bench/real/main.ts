import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from '../support/report.ts';
import type { RealRun } from './data.ts';
import { readRuns } from './data.ts';
import { measureHarm } from './harm.ts';
import { measurePlanted } from './planted.ts';
import type { PromiseResult } from './promises.ts';
import { summarizePromises } from './promises.ts';
import { gainsTable, harmTable, meansTable, plantedTable, promisesTable } from './report.ts';
import type { RunResult } from './run.ts';
import { runPolicies } from './run.ts';

const SAMPLE = join(import.meta.dirname, 'sample');
const HELP = `Walk-forward of the policies over recorded opportunities.

  npm run bench:real -- [--data FOLDER] [--runs LIST] [--json FILE] [--every-days N] [--payoffs LIST]
  npm run bench:real -- --planted TIMEFRAME [--seeds N] [--data FOLDER] [--runs LIST] [--json FILE] [--every-days N]
  npm run bench:real -- --harm DRAWS [--data FOLDER] [--runs LIST] [--json FILE] [--every-days N]

  --data FOLDER        holds SET-ENGINE.csv.gz, each with its SET-ENGINE.json; without it, a small simulated sample
  --runs LIST          names of runs, separated by commas (all)
  --json FILE          writes the same figures as JSON
  --every-days N       days between two tunings (7)
  --payoffs LIST       "real": the barriers less a cost of .1 ATR; a number: costs at which the base gates earn
                       that many ATR an act. Several are separated by commas (real,0,0.1,0.3)
  --planted TIMEFRAME  draws outcomes for what misses the gate of TS narrowly in this timeframe: it succeeds with .45,
                       .50 or .60. Prints the share that each policy takes, from the first fit of the model on
  --seeds N            draws of each planted effect (3)
  --harm DRAWS         draws all outcomes: .42 succeed inside the base gates and .33 outside. Prints what the model
                       costs, as a share of the expected utility of the base gates
  --help               prints this text

Every policy learns from outcomes known by then and is scored on the opportunities after it, from the end of
the calibration on. Gains are in ATR an opportunity; 90 % intervals are bootstrapped over days.`;

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: SAMPLE },
    runs: { type: 'string' },
    json: { type: 'string' },
    'every-days': { type: 'string', default: '7' },
    payoffs: { type: 'string', default: 'real,0,0.1,0.3' },
    planted: { type: 'string' },
    seeds: { type: 'string', default: '3' },
    harm: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/** Returns the whole number of an option. @throws Error that names the option when it is below 1 */
function integerOption(name: 'every-days' | 'harm' | 'seeds'): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} must be a whole number of at least 1`);
  return value;
}

/** Returns the payoffs to run. @throws Error that names the wrong one */
function payoffBases(): readonly string[] {
  const bases = values.payoffs.split(',').map(text => text.trim());
  const wrong = bases.find(basis => basis !== 'real' && (basis === '' || !Number.isFinite(Number(basis))));
  if (wrong !== undefined)
    throw new Error(`--payoffs holds ${JSON.stringify(wrong)}: list "real" or numbers such as 0.1`);
  return bases;
}

/** Returns the requested runs. @throws Error that names the known runs when none is meant */
function requestedRuns(): readonly RealRun[] {
  const all = readRuns(values.data);
  const names = values.runs?.split(',') ?? all.map(({ name }) => name);
  const runs = all.filter(({ name }) => names.includes(name));
  if (runs.length === 0)
    throw new Error(`--runs contains no known run; use some of ${all.map(({ name }) => name).join(', ')}`);
  return runs;
}

function walkForward(runs: readonly RealRun[], everyDays: number): object {
  const bases = payoffBases();
  const results: RunResult[] = [];
  const promises: Record<string, readonly PromiseResult[]> = {};
  for (const basis of bases) {
    const ofBasis = runs.map(run => runPolicies(run, basis, everyDays, progress));
    progress('');
    results.push(...ofBasis.map(({ result }) => result));
    promises[basis] = summarizePromises(ofBasis.flatMap(({ promised }) => promised));
    console.log(`\nPayoff ${basis}\n${gainsTable(ofBasis.map(({ result }) => result))}`);
    console.log(`\n${promisesTable(promises[basis])}`);
  }
  console.log(`\n${meansTable(results)}`);
  return { runs: results, promises };
}

function plantEffects(runs: readonly RealRun[], everyDays: number, timeframe: string): object {
  const seeds = integerOption('seeds');
  const planted = runs.flatMap(run => measurePlanted(run, timeframe, seeds, everyDays, progress));
  progress('');
  console.log(`\n${plantedTable(planted)}`);
  return { planted };
}

function drawHarm(runs: readonly RealRun[], everyDays: number): object {
  const draws = integerOption('harm');
  const harm = Object.fromEntries(
    runs.map(run => [run.name, measureHarm(run, draws, everyDays, progress)] as const),
  );
  progress('');
  console.log(`${draws} draws\n\n${harmTable(harm)}`);
  return { draws, harm };
}

function main(): void {
  const everyDays = integerOption('every-days');
  const runs = requestedRuns();
  console.log(machine({}));
  const opportunities = runs.reduce((sum, { columns }) => sum + columns.size, 0);
  console.log(
    `${runs.length} runs, ${opportunities.toLocaleString('en-US')} opportunities, tuned every ${everyDays} days`,
  );
  const figures = (): object => {
    if (values.planted !== undefined) return plantEffects(runs, everyDays, values.planted);
    if (values.harm !== undefined) return drawHarm(runs, everyDays);
    return walkForward(runs, everyDays);
  };
  const result = { every_days: everyDays, ...figures() };
  const text = JSON.stringify(result, (key, value) => (key === 'resampled' ? undefined : value), 2);
  if (values.json !== undefined) writeFileSync(values.json, `${text}\n`);
}

if (values.help) console.log(HELP);
else main();
