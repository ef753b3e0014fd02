import type { MineInput } from '../../shared/mining/types.ts';
import { installBenchPackages, loadBenchPackage } from '../support/bench-packages.ts';
import { N_MIN, type Shape } from './data.ts';

/** The part of `@duckdb/node-api` that the benchmark uses. The package is installed for the benchmark only. */
interface DuckDb {
  readonly DuckDBInstance: { create(path: string): Promise<{ connect(): Promise<Connection> }> };
  readonly DuckDBDataChunk: { create(types: readonly unknown[], rows: number): Chunk };
  readonly UTINYINT: unknown;
  version(): string;
}
interface Chunk {
  setColumns(columns: readonly (readonly number[])[]): void;
}
interface Appender {
  appendDataChunk(chunk: Chunk): void;
  closeSync(): void;
}
interface Connection {
  run(sql: string): Promise<Result>;
  createAppender(table: string): Promise<Appender>;
}
interface Result {
  getColumns(): Promise<readonly (readonly unknown[])[]>;
}

/** Installs DuckDB unless it is installed. Returns the reason if that failed. */
export function installDuckDb(): string | undefined {
  return installBenchPackages(['@duckdb/node-api']);
}

function load(): DuckDb {
  return loadBenchPackage('@duckdb/node-api') as DuckDb;
}

export function duckDbVersion(): string {
  return load().version();
}

/** The events of a shape in a DuckDB table, and the query that gives the same slices as the miner. */
export class DuckDbCube {
  private readonly connection: Connection;
  private readonly sql: string;

  private constructor(connection: Connection, sql: string) {
    this.connection = connection;
    this.sql = sql;
  }

  /** Loads the events into a table in memory. Codes have one byte, the smallest type. Loading is not measured. */
  static async load(shape: Shape, inputs: readonly MineInput[]): Promise<DuckDbCube> {
    const { DuckDBInstance, DuckDBDataChunk, UTINYINT } = load();
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const names = ['pattern', ...Array.from({ length: shape.dimensions }, (_, d) => `d${d}`), 'class'];
    await connection.run(`CREATE TABLE events (${names.map(name => `${name} UTINYINT`).join(', ')})`);
    const appender = await connection.createAppender('events');
    for (const [pattern, { size, dimensions, classes }] of inputs.entries())
      for (let from = 0; from < size; from += 2048) {
        const to = Math.min(size, from + 2048);
        const columns = [...dimensions.map(d => d.codes), classes].map(codes => [
          ...codes.subarray(from, to),
        ]);
        const chunk = DuckDBDataChunk.create(
          names.map(() => UTINYINT),
          to - from,
        );
        chunk.setColumns([new Array<number>(to - from).fill(pattern), ...columns]);
        appender.appendDataChunk(chunk);
      }
    appender.closeSync();
    return new DuckDbCube(connection, cubeSql(shape));
  }

  /** Runs the query and returns its milliseconds. The result stays inside DuckDB. */
  async time(): Promise<number> {
    const start = performance.now();
    await this.connection.run(this.sql);
    return performance.now() - start;
  }

  /** Returns one text per slice: pattern, codes (empty for a dimension that is not part of the slice) and counts. */
  async slices(): Promise<string[]> {
    const columns = await (await this.connection.run(this.sql)).getColumns();
    const rows = columns[0]?.length ?? 0;
    return Array.from({ length: rows }, (_, i) => columns.map(column => column[i] ?? '').join());
  }
}

/** Returns the cube query. Code 0 means that the event lacks the dimension, so slices with it are filtered out. */
function cubeSql({ dimensions, maxDepth, patterns }: Shape): string {
  const names = Array.from({ length: dimensions }, (_, d) => `d${d}`);
  const counts = Array.from({ length: 6 }, (_, k) => `count(*) FILTER (class = ${k})::INTEGER`);
  const sets = subsets(names, maxDepth ?? dimensions).map(set => `(${['pattern', ...set].join(', ')})`);
  const cube = maxDepth === undefined ? `CUBE (${names.join(', ')})` : `GROUPING SETS (${sets.join(', ')})`;
  const by = maxDepth === undefined ? `pattern, ${cube}` : cube;
  const present = names.map(name => `coalesce(${name}, 1) <> 0`).join(' AND ');
  const group = patterns === 1 ? by.replaceAll('pattern, ', '').replaceAll('(pattern)', '()') : by;
  const pattern = patterns === 1 ? '0' : 'pattern';
  return `SELECT ${pattern}, ${names.join(', ')}, ${counts.join(', ')} FROM events GROUP BY ${group} HAVING count(*) >= ${N_MIN} AND ${present}`;
}

function subsets(names: readonly string[], depth: number): string[][] {
  const [first, ...rest] = names;
  if (first === undefined || depth === 0) return [[]];
  return [...subsets(rest, depth - 1).map(set => [first, ...set]), ...subsets(rest, depth)];
}
