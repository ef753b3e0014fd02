import { parseArgs } from 'node:util';
import { FUNCTIONS } from '../../infra/function-settings.ts';
import { bill, type FunctionMemory, type Load, PRICES_OF } from './model.ts';

/*
 * This bench prints the monthly bill by line. `npm run cost` prints it for three sizes side by side,
 * `npm run cost -- --events-per-day N --patterns P --lookups-per-day L` for one.
 */

const DAYS = 30;
const SIZES: readonly (Load & { readonly title: string })[] = [
  { title: '100k/month', eventsPerDay: 100_000 / DAYS, patterns: 10, lookupsPerDay: 10_000 },
  { title: '1M/month', eventsPerDay: 1_000_000 / DAYS, patterns: 30, lookupsPerDay: 100_000 },
  { title: '10M/month', eventsPerDay: 10_000_000 / DAYS, patterns: 100, lookupsPerDay: 1_000_000 },
];

/** The size of the options that are not given. */
const DEFAULT_SIZE = { 'events-per-day': 3333, patterns: 10, 'lookups-per-day': 10_000 } as const;

const USAGE = `Usage: npm run cost -- [--events-per-day N] [--patterns P] [--lookups-per-day L]

Prints the monthly bill by line. Without options, it prints 100k, 1M and 10M events a month side by side.
With options, it prints one size. An option that is not given has its default:
  --events-per-day ${DEFAULT_SIZE['events-per-day']}  --patterns ${DEFAULT_SIZE.patterns}  --lookups-per-day ${DEFAULT_SIZE['lookups-per-day']}`;

const options = readOptions();
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}

function readOptions() {
  const known = {
    'events-per-day': { type: 'string' },
    patterns: { type: 'string' },
    'lookups-per-day': { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  try {
    return parseArgs({ options: known }).values;
  } catch (error) {
    return exitWithUsage(error instanceof Error ? error.message : String(error));
  }
}

/** Prints the error and the usage, and exits with code 2. */
function exitWithUsage(message: string): never {
  console.error(`${message}\n\n${USAGE}`);
  process.exit(2);
}

/** Returns the value of an option or its default. Exits when it is not a number of 0 or more. */
function amount(name: keyof typeof DEFAULT_SIZE): number {
  const value = Number(options[name] ?? DEFAULT_SIZE[name]);
  if (!Number.isFinite(value) || value < 0) exitWithUsage(`--${name} must be a number of 0 or more`);
  return value;
}

const MEMORY: FunctionMemory = {
  ingestGb: FUNCTIONS.ingest.memoryMb / 1024,
  lookupGb: FUNCTIONS.lookup.memoryMb / 1024,
  mineGb: FUNCTIONS.mine.memoryMb / 1024,
  stepGb: FUNCTIONS.materialize.memoryMb / 1024,
};

const customSize = Object.keys(options).some(name => name !== 'help');
const loads = customSize
  ? [
      {
        title: 'your size',
        eventsPerDay: amount('events-per-day'),
        patterns: amount('patterns'),
        lookupsPerDay: amount('lookups-per-day'),
      },
    ]
  : SIZES;

const bills = loads.map(load => bill(load, MEMORY));
const row = (title: string, cells: readonly string[]): void =>
  console.log(`${title.padEnd(34)}${cells.map(cell => cell.padStart(14)).join('')}`);
const integer = (n: number): string => Math.round(n).toLocaleString('en-US');
const dollars = (n: number): string => n.toFixed(2);

console.log(`US dollars a month. ${PRICES_OF}`);
row(
  '',
  loads.map(load => load.title),
);
row(
  'events a day',
  loads.map(load => integer(load.eventsPerDay)),
);
row(
  'patterns',
  loads.map(load => integer(load.patterns)),
);
row(
  'look-ups a day',
  loads.map(load => integer(load.lookupsPerDay)),
);
console.log('');
for (const { item } of bills[0] ?? [])
  row(
    item,
    bills.map(lines => dollars(lines.find(line => line.item === item)?.dollars ?? 0)),
  );
const total = (lines: readonly { readonly dollars: number }[]): number =>
  lines.reduce((sum, line) => sum + line.dollars, 0);
row(
  'total',
  bills.map(lines => dollars(total(lines))),
);
row(
  'total if runs kept nothing',
  loads.map(load => dollars(total(bill(load, MEMORY, 'nothing')))),
);
