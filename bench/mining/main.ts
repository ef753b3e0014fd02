// How fast is the slice miner? Ours, the plain reference and DuckDB side by side, on the same events, in one run.
//   npm run bench:mine                 all shapes, the targets and the growth plot (about ten minutes)
//   npm run bench:mine -- --no-growth  without the plot
//   npm run bench:mine -- --write      also rewrites bench/results/
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { count } from '../../cli/format.ts';
import type { Line } from '../../cli/plot/line-plot.ts';
import { linePlotSvg } from '../../cli/plot/svg-plot.ts';
import type { Shape } from './data.ts';
import { duckDbVersion, installDuckDb } from './duckdb.ts';
import type { Engine, Measured } from './run.ts';

const here = import.meta.dirname;
const results = join(here, '../results');

interface Row extends Shape {
  /** The reference enumerates every subset of every row; beyond this it does not end in reasonable time. */
  readonly reference?: boolean;
  readonly duckDbRepeats: number;
  readonly compare?: boolean;
  /** From the issue, measured by others on two shared cores of another machine, on other events of the same size. */
  readonly quoted: string;
}

const SHAPES: readonly Row[] = [
  {
    name: '3.7k × 8, 6 patterns',
    events: 3700,
    dimensions: 8,
    patterns: 6,
    reference: true,
    duckDbRepeats: 5,
    compare: true,
    quoted: 'pandas 3.99 s, DivExplorer 0.32 s, pyFIM 5 ms',
  },
  {
    name: '19k × 8, 6 patterns',
    events: 19_000,
    dimensions: 8,
    patterns: 6,
    duckDbRepeats: 5,
    compare: true,
    quoted: 'pandas 22.99 s, DivExplorer 1.71 s, pyFIM 30 ms',
  },
  {
    name: '94k × 8',
    events: 94_000,
    dimensions: 8,
    patterns: 1,
    duckDbRepeats: 3,
    compare: true,
    quoted: 'DuckDB 3.0 s, pyFIM 160 ms',
  },
  {
    name: '20k × 6',
    events: 20_000,
    dimensions: 6,
    patterns: 1,
    reference: true,
    duckDbRepeats: 7,
    compare: true,
    quoted: 'pandas 4.3 s',
  },
  {
    name: '1M × 6',
    events: 1_000_000,
    dimensions: 6,
    patterns: 1,
    duckDbRepeats: 5,
    compare: true,
    quoted: 'DuckDB 1.0 s',
  },
  {
    name: '1M × 15 to depth 3',
    events: 1_000_000,
    dimensions: 15,
    patterns: 1,
    maxDepth: 3,
    duckDbRepeats: 1,
    compare: true,
    quoted: 'sketch 1.4 s (451k slices)',
  },
  {
    name: '1M × 15 to depth 4',
    events: 1_000_000,
    dimensions: 15,
    patterns: 1,
    maxDepth: 4,
    duckDbRepeats: 0,
    quoted: 'sketch 5.8 s (2.8M slices)',
  },
];

const GROWTH_DIMENSIONS = 6;
const GROWTH_EVENTS = [10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000];
const WIDTH_EVENTS = 30_000;
const WIDTH_DIMENSIONS = [4, 6, 8, 10, 12, 14, 16, 18, 20];
const WIDTH_DEPTH = 3;

function run(engine: Engine, shape: Shape, repeats: number): Measured {
  const order = JSON.stringify({ engine, shape, repeats });
  const told = execFileSync(process.execPath, [join(here, 'run.ts'), order], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(told) as Measured;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function time(ms: number | undefined): string {
  if (ms === undefined || Number.isNaN(ms)) return '–';
  return ms < 10 ? `${ms.toFixed(1)} ms` : ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

interface Outcome {
  readonly cold: number;
  readonly warm: number;
  readonly slices: number;
  readonly peak: number;
  readonly processor: number;
  readonly duckDb?: number;
  readonly duckDbProcessor?: number;
  readonly reference?: number;
  readonly different?: number;
}

/** Cold is the first call of a new process, warm all later ones; the medians over three processes (the longest shape: one). */
function measure(row: Row, duckDb: boolean): Outcome {
  const repeats = row.events * row.dimensions > 5e6 ? 4 : 40;
  console.error(`${row.name} …`);
  const runs = Array.from({ length: (row.maxDepth ?? 0) > 3 ? 1 : 3 }, () => run('ours', row, repeats));
  const [first] = runs as [Measured];
  const theirs = duckDb && row.duckDbRepeats > 0 ? run('duckdb', row, row.duckDbRepeats) : undefined;
  const same = duckDb && row.compare ? run('compare', row, 1).different : undefined;
  return {
    cold: median(runs.map(r => r.cold)),
    warm: median(runs.flatMap(r => r.warm)),
    slices: first.slices,
    peak: median(runs.map(r => r.peak)),
    processor: median(runs.flatMap(r => r.processor)),
    ...(theirs ? { duckDb: median(theirs.warm), duckDbProcessor: median(theirs.processor) } : {}),
    ...(row.reference ? { reference: run('reference', row, 1).cold } : {}),
    ...(same === undefined ? {} : { different: same }),
  };
}

function targets(outcomes: ReadonlyMap<string, Outcome>, empty: number): string[][] {
  const million = outcomes.get('1M × 6');
  const wide = outcomes.get('1M × 15 to depth 3');
  const byClock = (million?.duckDb ?? Number.NaN) / (million?.warm ?? Number.NaN);
  // On a busy machine a query that wants all cores waits longest. Processor time, spread evenly over the cores, does not wait.
  const alone = (million?.duckDbProcessor ?? Number.NaN) / cpus().length;
  const byProcessor = alone / (million?.processor ?? Number.NaN);
  const warm = (name: string) => outcomes.get(name)?.warm ?? Number.NaN;
  const memory = (wide?.peak ?? Number.NaN) - empty;
  const verdict = (met: boolean) => (met ? 'met' : 'MISSED');
  return [
    [
      '1M × 6: at least 10 × DuckDB on all cores, by the clock',
      `${byClock.toFixed(1)} ×`,
      verdict(byClock >= 10),
    ],
    [
      '1M × 6: the same by processor time, DuckDB spread evenly over its cores',
      `${byProcessor.toFixed(1)} ×`,
      verdict(byProcessor >= 10),
    ],
    [
      '20k × 6 warm: under 8.6 ms (500 × the original)',
      time(warm('20k × 6')),
      verdict(warm('20k × 6') < 8.6),
    ],
    ['94k × 8 warm: under 150 ms', time(warm('94k × 8')), verdict(warm('94k × 8') < 150)],
    ['1M × 15 to depth 3 warm: under 0.8 s', time(wide?.warm), verdict((wide?.warm ?? Number.NaN) < 800)],
    ['1M × 15: at most 200 MB above an empty process', `${memory.toFixed(0)} MB`, verdict(memory <= 200)],
  ];
}

function growth(duckDb: boolean): { lines: [Line[], Line[]]; table: string[][] } {
  const table: string[][] = [];
  const measured = (shape: Shape, x: number, what: string): [number, number | undefined] => {
    const ours = median(run('ours', shape, shape.events > 5e5 ? 4 : 10).warm);
    const theirs = duckDb ? median(run('duckdb', shape, shape.events > 5e5 ? 2 : 4).warm) : undefined;
    table.push([what, String(x), time(ours), time(theirs)]);
    return [ours, theirs];
  };
  const series = (points: [number, number, number | undefined][]): Line[] => [
    { name: 'PM Tuning, one core', points: points.map(([x, ours]) => [x, ours]) },
    {
      name: 'DuckDB, all cores',
      points: points.flatMap(([x, , theirs]) => (theirs === undefined ? [] : [[x, theirs] as const])),
    },
  ];
  const byEvents = GROWTH_EVENTS.map((events): [number, number, number | undefined] => {
    const shape = { name: 'growth', events, dimensions: GROWTH_DIMENSIONS, patterns: 1 };
    return [events, ...measured(shape, events, `events, ${GROWTH_DIMENSIONS} dimensions`)];
  });
  const byDimensions = WIDTH_DIMENSIONS.map((dimensions): [number, number, number | undefined] => {
    const shape = { name: 'width', events: WIDTH_EVENTS, dimensions, patterns: 1, maxDepth: WIDTH_DEPTH };
    return [
      dimensions,
      ...measured(shape, dimensions, `dimensions, ${WIDTH_EVENTS} events to depth ${WIDTH_DEPTH}`),
    ];
  });
  return { lines: [series(byEvents), series(byDimensions)], table };
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n');
}

function print(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map(row => row[column]?.length ?? 0)));
  const lines = all.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  console.log(`${lines.join('\n')}\n`);
}

const missing = installDuckDb();
const duckDb = missing === undefined;
const [{ model } = { model: 'unknown' }] = cpus();
const machine = [
  `${model}, ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GB, ${process.platform} ${process.arch}`,
  `Node ${process.version}, ${duckDb ? `DuckDB ${duckDbVersion()}` : missing}`,
  `load average at the start ${loadavg()[0]?.toFixed(1)} (cores are shared where it is not near 0)`,
].join('; ');
console.log(`${machine}\nMedians. Slices with n ≥ 33 and six class counts each.\n`);

const empty = run('empty', SHAPES[0] as Shape, 1).peak;
const outcomes = new Map<string, Outcome>();
for (const row of SHAPES) outcomes.set(row.name, measure(row, duckDb));
const head = [
  'events × dimensions',
  'slices',
  'ours, cold',
  'ours, warm',
  'plain reference',
  'DuckDB, all cores',
];
const rows = SHAPES.map(row => {
  const o = outcomes.get(row.name) as Outcome;
  const same =
    o.different === undefined ? 'not compared' : o.different === 0 ? 'equal' : `${o.different} DIFFER`;
  return [
    row.name,
    String(o.slices),
    time(o.cold),
    time(o.warm),
    time(o.reference),
    duckDb ? time(o.duckDb) : 'not installed',
    same,
    `${(o.peak - empty).toFixed(0)} MB`,
    row.quoted,
  ];
});
const fullHead = [...head, 'results', 'peak above empty', 'quoted from the issue'];
print(fullHead, rows);
const verdicts = targets(outcomes, empty);
print(['targets', 'value', ''], verdicts);

const grown = process.argv.includes('--no-growth') ? undefined : growth(duckDb);
if (grown) print(['time against', '', 'ours', 'DuckDB'], grown.table);
if (grown && process.argv.includes('--write')) {
  mkdirSync(results, { recursive: true });
  const [events, dimensions] = grown.lines;
  writeFileSync(
    join(results, 'mine-growth.svg'),
    linePlotSvg([
      {
        title: `Time against events (${GROWTH_DIMENSIONS} dimensions)`,
        x: { label: 'events', scale: 'log', format: count },
        y: { label: 'time', scale: 'log', format: time },
        lines: events,
      },
      {
        title: `Time against dimensions (${WIDTH_EVENTS} events, depth ${WIDTH_DEPTH})`,
        x: { label: 'dimensions' },
        y: { label: 'time', scale: 'log', format: time },
        lines: dimensions,
      },
    ]),
  );
  const text = [
    '# Slice miner: measured',
    'Written by `npm run bench:mine -- --write`. Where the load average is not near 0, others were using the cores.',
    `${machine}, at the end ${loadavg()[0]?.toFixed(1)}`,
    markdown(fullHead, rows),
    markdown(['target', 'value', ''], verdicts),
    '![growth](mine-growth.svg)',
    markdown(['time against', '', 'ours', 'DuckDB'], grown.table),
  ];
  writeFileSync(join(results, 'mine.md'), `${text.join('\n\n')}\n`);
}
