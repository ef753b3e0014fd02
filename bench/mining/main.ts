import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { count } from '../../cli/format.ts';
import { linePlotSvg } from '../../shared/plot/line-plot-shapes.ts';
import { table } from '../support/report.ts';
import { N_MIN } from './data.ts';
import { duckDbVersion, installDuckDb } from './duckdb.ts';
import { type Growth, type Measurement, measure, measureGrowth, run } from './measure.ts';
import { GROWTH_DIMENSIONS, type Row, SHAPES, WIDTH_DEPTH, WIDTH_EVENTS } from './shapes.ts';

const HELP = `Measures the slice miner, the reference miner and DuckDB on the same events.

Usage: npm run bench:mine -- [options]      (about ten minutes)

  --no-growth  leaves out time against events and dimensions
  --write      rewrites bench/results/mine.md and its plot
  --help       prints this text`;

const { values: options } = parseArgs({
  options: { 'no-growth': { type: 'boolean' }, write: { type: 'boolean' }, help: { type: 'boolean' } },
});

function time(ms: number | undefined): string {
  if (ms === undefined || Number.isNaN(ms)) return '–';
  return ms < 10 ? `${ms.toFixed(1)} ms` : ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

const RESULT_TITLES = [
  'events × dimensions',
  'slices',
  'miner, cold',
  'miner, warm',
  'reference miner',
  'DuckDB, all cores',
  'slices against DuckDB',
  'peak above empty process',
  'earlier, other machine',
];

function resultRow(row: Row, measured: Measurement, emptyPeak: number, duckDb: boolean): string[] {
  const { different } = measured;
  return [
    row.name,
    String(measured.slices),
    time(measured.cold),
    time(measured.warm),
    time(measured.reference),
    duckDb ? time(measured.duckDb) : 'not installed',
    different === undefined ? 'not compared' : different === 0 ? 'equal' : `${different} DIFFER`,
    `${(measured.peak - emptyPeak).toFixed(0)} MB`,
    row.quoted,
  ];
}

/** Compares the measurements with the targets. Values that were not measured count as missed. */
function targetRows(measured: ReadonlyMap<string, Measurement>, emptyPeak: number): string[][] {
  const metric = (name: string, key: keyof Measurement): number => measured.get(name)?.[key] ?? Number.NaN;
  const byClock = metric('1M × 6', 'duckDb') / metric('1M × 6', 'warm');
  // On a busy machine a query on all cores waits longest. Processor time, divided by the cores, includes no waits.
  const byProcessor = metric('1M × 6', 'duckDbProcessor') / cpus().length / metric('1M × 6', 'processor');
  const wide = metric('1M × 15 to depth 3', 'warm');
  const memory = metric('1M × 15 to depth 3', 'peak') - emptyPeak;
  const row = (target: string, value: string, met: boolean) => [target, value, met ? 'met' : 'MISSED'];
  return [
    row('1M × 6: at least 10 × DuckDB on all cores, by the clock', `${byClock.toFixed(1)} ×`, byClock >= 10),
    row(
      '1M × 6: the same by processor time, DuckDB spread evenly over its cores',
      `${byProcessor.toFixed(1)} ×`,
      byProcessor >= 10,
    ),
    row(
      '20k × 6 warm: under 8.6 ms (500 × the original)',
      time(metric('20k × 6', 'warm')),
      metric('20k × 6', 'warm') < 8.6,
    ),
    row('94k × 8 warm: under 150 ms', time(metric('94k × 8', 'warm')), metric('94k × 8', 'warm') < 150),
    row('1M × 15 to depth 3 warm: under 0.8 s', time(wide), wide < 800),
    row('1M × 15: at most 200 MB above an empty process', `${memory.toFixed(0)} MB`, memory <= 200),
  ];
}

const GROWTH_TITLES = ['time against', 'value', 'miner', 'DuckDB'];

function growthRows(growth: Growth): string[][] {
  return growth.rows.map(([variable, x, miner, duckDb]) => [variable, String(x), time(miner), time(duckDb)]);
}

function growthPlot({ byEvents, byDimensions }: Growth): string {
  const y = { label: 'time', scale: 'log', format: time } as const;
  return linePlotSvg([
    {
      title: `Time against events (${GROWTH_DIMENSIONS} dimensions)`,
      x: { label: 'events', scale: 'log', format: count },
      y,
      lines: byEvents,
    },
    {
      title: `Time against dimensions (${WIDTH_EVENTS} events, depth ${WIDTH_DEPTH})`,
      x: { label: 'dimensions' },
      y,
      lines: byDimensions,
    },
  ]);
}

function markdown(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  return [titles, titles.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n');
}

function main(): void {
  const installError = installDuckDb();
  const duckDb = installError === undefined;
  const [{ model } = { model: 'unknown' }] = cpus();
  const machine = [
    `${model}, ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GB, ${process.platform} ${process.arch}`,
    `Node ${process.version}, ${duckDb ? `DuckDB ${duckDbVersion()}` : installError}`,
    `load average at the start ${loadavg()[0]?.toFixed(1)} (other programs use the cores unless it is near 0)`,
  ].join('; ');
  console.log(`${machine}\nMedians. Slices with n ≥ ${N_MIN} and six class counts each.\n`);

  const [smallest] = SHAPES as readonly [Row];
  const emptyPeak = run('empty', smallest, 1).peak;
  const measured = new Map<string, Measurement>();
  const results = SHAPES.map(row => {
    const measurement = measure(row, duckDb);
    measured.set(row.name, measurement);
    return resultRow(row, measurement, emptyPeak, duckDb);
  });
  console.log(`${table(RESULT_TITLES, results)}\n`);
  const targets = targetRows(measured, emptyPeak);
  console.log(`${table(['target', 'value', 'verdict'], targets)}\n`);
  if (options['no-growth']) return;
  const growth = measureGrowth(duckDb);
  console.log(`${table(GROWTH_TITLES, growthRows(growth))}\n`);
  if (!options.write) return;

  const folder = join(import.meta.dirname, '../results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'mine-growth.svg'), growthPlot(growth));
  const text = [
    '# Slice miner: measured',
    'Written by `npm run bench:mine -- --write`. Other programs used the cores unless the load average is near 0.',
    `${machine}, at the end ${loadavg()[0]?.toFixed(1)}`,
    markdown(RESULT_TITLES, results),
    markdown(['target', 'value', 'verdict'], targets),
    '![growth](mine-growth.svg)',
    markdown(GROWTH_TITLES, growthRows(growth)),
  ];
  writeFileSync(join(folder, 'mine.md'), `${text.join('\n\n')}\n`);
}

if (options.help) console.log(HELP);
else main();
