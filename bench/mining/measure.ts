import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Line } from '../../shared/plot/line-plot.ts';
import { median } from '../support/report.ts';
import type { Shape } from './data.ts';
import type { Engine, RunRequest, RunResult } from './run.ts';
import {
  GROWTH_DIMENSIONS,
  GROWTH_EVENTS,
  type Row,
  WIDTH_DEPTH,
  WIDTH_DIMENSIONS,
  WIDTH_EVENTS,
} from './shapes.ts';

/** Medians of one shape: times in milliseconds, memory in MB. */
export interface Measurement {
  /** The first call of a new process. */
  readonly cold: number;
  /** All later calls. */
  readonly warm: number;
  readonly slices: number;
  readonly peak: number;
  readonly processor: number;
  readonly duckDb?: number;
  readonly duckDbProcessor?: number;
  readonly reference?: number;
  /** Slices that only the miner or only DuckDB found. */
  readonly different?: number;
}

/** Measures one engine on one shape in a new process. */
export function run(engine: Engine, shape: Shape, repeats: number): RunResult {
  const request: RunRequest = { engine, shape, repeats };
  const output = execFileSync(
    process.execPath,
    [join(import.meta.dirname, 'run.ts'), JSON.stringify(request)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 26 },
  );
  return JSON.parse(output) as RunResult;
}

/** Measures a row in three processes, or in one if its depth exceeds 3, which takes longest. */
export function measure(row: Row, duckDb: boolean): Measurement {
  const repeats = row.events * row.dimensions > 5e6 ? 4 : 40;
  console.error(`${row.name} …`);
  const processes = (row.maxDepth ?? 0) > 3 ? 1 : 3;
  const runs = Array.from({ length: processes }, () => run('miner', row, repeats));
  const [first] = runs as [RunResult];
  const queries = duckDb && row.duckDbRepeats > 0 ? run('duckdb', row, row.duckDbRepeats) : undefined;
  const different = duckDb && row.compare ? run('compare', row, 1).different : undefined;
  return {
    cold: median(runs.map(r => r.cold)),
    warm: median(runs.flatMap(r => r.warm)),
    slices: first.slices,
    peak: median(runs.map(r => r.peak)),
    processor: median(runs.flatMap(r => r.processor)),
    ...(queries ? { duckDb: median(queries.warm), duckDbProcessor: median(queries.processor) } : {}),
    ...(row.reference ? { reference: run('reference', row, 1).cold } : {}),
    ...(different === undefined ? {} : { different }),
  };
}

/** Time against events and against dimensions, for the miner and DuckDB. */
export interface Growth {
  readonly byEvents: Line[];
  readonly byDimensions: Line[];
  /** Variable, its value, milliseconds of the miner, milliseconds of DuckDB. */
  readonly rows: (readonly [string, number, number, number | undefined])[];
}

export function measureGrowth(duckDb: boolean): Growth {
  const rows: Growth['rows'] = [];
  const series = (variable: string, shapes: readonly (Shape & { x: number })[]): Line[] => {
    const points = shapes.map(({ x, ...shape }) => {
      const large = shape.events > 5e5;
      const minerMs = median(run('miner', shape, large ? 4 : 10).warm);
      const duckDbMs = duckDb ? median(run('duckdb', shape, large ? 2 : 4).warm) : undefined;
      rows.push([variable, x, minerMs, duckDbMs]);
      return { x, minerMs, duckDbMs };
    });
    return [
      { name: 'PM Tuning, one core', points: points.map(({ x, minerMs }) => [x, minerMs]) },
      {
        name: 'DuckDB, all cores',
        points: points.flatMap(({ x, duckDbMs }) => (duckDbMs === undefined ? [] : [[x, duckDbMs] as const])),
      },
    ];
  };
  const byEvents = series(
    `events, ${GROWTH_DIMENSIONS} dimensions`,
    GROWTH_EVENTS.map(x => ({
      x,
      name: 'growth',
      events: x,
      dimensions: GROWTH_DIMENSIONS,
      patterns: 1,
    })),
  );
  const byDimensions = series(
    `dimensions, ${WIDTH_EVENTS} events to depth ${WIDTH_DEPTH}`,
    WIDTH_DIMENSIONS.map(x => ({
      x,
      name: 'width',
      events: WIDTH_EVENTS,
      dimensions: x,
      patterns: 1,
      maxDepth: WIDTH_DEPTH,
    })),
  );
  return { byEvents, byDimensions, rows };
}
