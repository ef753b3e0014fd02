import { parseArgs } from 'node:util';
import { FUNCTIONS } from '../../infra/function-settings.ts';
import { bill, type Load, type Measures, PRICES_OF } from './model.ts';

/*
 * The monthly bill by line. `npm run cost` for three sizes side by side;
 * `npm run cost -- --events-per-day N --patterns P --lookups-per-day L` for one.
 */

const DAYS = 30;
const SIZES: readonly (Load & { readonly title: string })[] = [
  { title: '100k/month', eventsPerDay: 100_000 / DAYS, patterns: 10, lookupsPerDay: 10_000 },
  { title: '1M/month', eventsPerDay: 1_000_000 / DAYS, patterns: 30, lookupsPerDay: 100_000 },
  { title: '10M/month', eventsPerDay: 10_000_000 / DAYS, patterns: 100, lookupsPerDay: 1_000_000 },
];

const USAGE = `Usage: npm run cost -- [--events-per-day N] [--patterns P] [--lookups-per-day L]

Prints the monthly bill by line; without options, for 100k, 1M and 10M events a month side by side.`;

const values = readOptions();
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

function readOptions() {
  const options = {
    'events-per-day': { type: 'string' },
    patterns: { type: 'string' },
    'lookups-per-day': { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function refuse(why: string): never {
  console.error(`${why}\n\n${USAGE}`);
  process.exit(2);
}

function amount(name: 'events-per-day' | 'patterns' | 'lookups-per-day', fallback: number): number {
  const value = Number(values[name] ?? fallback);
  if (!Number.isFinite(value) || value < 0) refuse(`--${name}: not a number of zero or more`);
  return value;
}

const MEASURES: Measures = {
  ingestGb: FUNCTIONS.ingest.memoryMb / 1024,
  lookupGb: FUNCTIONS.lookup.memoryMb / 1024,
  mineGb: FUNCTIONS.mine.memoryMb / 1024,
  stepGb: FUNCTIONS.materialize.memoryMb / 1024,
};

const asked = Object.keys(values).some(name => name !== 'help');
const loads = asked
  ? [
      {
        title: 'as asked',
        eventsPerDay: amount('events-per-day', 3333),
        patterns: amount('patterns', 10),
        lookupsPerDay: amount('lookups-per-day', 10_000),
      },
    ]
  : SIZES;

const bills = loads.map(load => bill(load, MEASURES));
const row = (title: string, cells: readonly string[]): void =>
  console.log(`${title.padEnd(34)}${cells.map(cell => cell.padStart(14)).join('')}`);
const whole = (n: number): string => Math.round(n).toLocaleString('en-US');
const dollars = (n: number): string => n.toFixed(2);

console.log(`US dollars a month. ${PRICES_OF}`);
row(
  '',
  loads.map(load => load.title),
);
row(
  'events a day',
  loads.map(load => whole(load.eventsPerDay)),
);
row(
  'patterns',
  loads.map(load => whole(load.patterns)),
);
row(
  'look-ups a day',
  loads.map(load => whole(load.lookupsPerDay)),
);
console.log('');
for (const { what } of bills[0] ?? [])
  row(
    what,
    bills.map(lines => dollars(lines.find(line => line.what === what)?.dollars ?? 0)),
  );
row(
  'total',
  bills.map(lines => dollars(lines.reduce((sum, line) => sum + line.dollars, 0))),
);
