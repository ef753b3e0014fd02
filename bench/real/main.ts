import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from '../support/report.ts';
import { readRuns } from './data.ts';
import type { PromiseResult } from './promises.ts';
import { summarizePromises } from './promises.ts';
import { gainsTable, meansTable, promisesTable } from './report.ts';
import type { RunResult } from './run.ts';
import { runPolicies } from './run.ts';

const SAMPLE = join(import.meta.dirname, 'sample');
const HELP = `Walk-forward of the policies over recorded opportunities.

  npm run bench:real -- [--data FOLDER] [--json FILE] [--every-days N] [--payoffs LIST]

  --data FOLDER    holds SET-ENGINE.csv.gz, each with its SET-ENGINE.json; without it, a small simulated sample
  --json FILE      writes the same figures as JSON
  --every-days N   days between two tunings (7)
  --payoffs LIST   "real": the barriers less a cost of .1 ATR; a number: costs at which the base gates earn
                   that many ATR an act. Several are separated by commas (real,0,0.1,0.3)
  --help           prints this text

Every policy learns from outcomes known by then and is scored on the opportunities after it, from the end of
the calibration on. Gains are in ATR an opportunity; 90 % intervals are bootstrapped over days.`;

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: SAMPLE },
    json: { type: 'string' },
    'every-days': { type: 'string', default: '7' },
    payoffs: { type: 'string', default: 'real,0,0.1,0.3' },
    help: { type: 'boolean', default: false },
  },
});

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/** Returns the days between two tunings, and the payoffs. @throws Error that names the wrong option */
function readOptions(): { readonly everyDays: number; readonly bases: readonly string[] } {
  const everyDays = Number(values['every-days']);
  if (!Number.isInteger(everyDays) || everyDays < 1)
    throw new Error('--every-days must be a whole number of at least 1');
  const bases = values.payoffs.split(',').map(text => text.trim());
  const wrong = bases.find(basis => basis !== 'real' && (basis === '' || !Number.isFinite(Number(basis))));
  if (wrong !== undefined)
    throw new Error(`--payoffs holds ${JSON.stringify(wrong)}: list "real" or numbers such as 0.1`);
  return { everyDays, bases };
}

function main(): void {
  const { everyDays, bases } = readOptions();
  const runs = readRuns(values.data);
  console.log(machine({}));
  const opportunities = runs.reduce((sum, { columns }) => sum + columns.size, 0);
  console.log(
    `${runs.length} runs, ${opportunities.toLocaleString('en-US')} opportunities, tuned every ${everyDays} days`,
  );
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
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      `${JSON.stringify({ every_days: everyDays, runs: results, promises }, null, 2)}\n`,
    );
}

if (values.help) console.log(HELP);
else main();
