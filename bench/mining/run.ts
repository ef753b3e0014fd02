// This file measures one engine on one shape and prints JSON. Each measurement has a process of its own, so that its
// first call is cold and the memory peak is its own.
import { mineSlices } from '../../shared/mining/mine-slices.ts';
import type { MineInput, MiningResult } from '../../shared/mining/types.ts';
import { referenceMine } from '../../test/support/reference-miner.ts';
import { generate, N_MIN, type Shape } from './data.ts';
import { DuckDbCube } from './duckdb.ts';

export type Engine = 'empty' | 'miner' | 'reference' | 'duckdb' | 'compare';

/** The argument of the process, as JSON. */
export interface RunRequest {
  readonly engine: Engine;
  readonly shape: Shape;
  readonly repeats: number;
}

/** The output of the process, as JSON. Times are milliseconds. */
export interface RunResult {
  /** The first call. */
  readonly cold: number;
  /** The later calls; the first one if there are no others. */
  readonly warm: readonly number[];
  /** Processor time of each warm call, on all cores together. */
  readonly processor: readonly number[];
  readonly slices: number;
  /** Slices that have the same events as another slice before them. */
  readonly redundant: number;
  /** Peak memory of the whole process, in MB. */
  readonly peak: number;
  /** With `compare`: the number of slices that only the miner or only DuckDB has. */
  readonly different?: number;
}

const OPTIONS = { nMin: N_MIN, nearMin: N_MIN, maxSlices: 5_000_000 };

const { engine, shape, repeats } = JSON.parse(process.argv[2] ?? '') as RunRequest;
const inputs = engine === 'empty' ? [] : Array.from({ length: shape.patterns }, (_, p) => generate(shape, p));
const options = { ...OPTIONS, ...(shape.maxDepth === undefined ? {} : { maxDepth: shape.maxDepth }) };

function mineAll(): MiningResult[] {
  return inputs.map(input => mineSlices(input, options));
}

/** Times all calls. A call that returns a number has measured its own milliseconds. */
async function measure(call: () => unknown): Promise<Pick<RunResult, 'cold' | 'warm' | 'processor'>> {
  const times: number[] = [];
  const processor: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    const cpuBefore = process.cpuUsage();
    const result = await call();
    const { user, system } = process.cpuUsage(cpuBefore);
    processor.push((user + system) / 1000);
    times.push(typeof result === 'number' ? result : performance.now() - start);
  }
  const [cold = 0, ...warm] = times;
  return warm.length > 0 ? { cold, warm, processor: processor.slice(1) } : { cold, warm: [cold], processor };
}

/** Returns the slices in the format of `DuckDbCube.slices`. */
function texts(mined: MiningResult, input: MineInput, pattern: number): string[] {
  const { slices } = mined;
  return Array.from({ length: slices.count }, (_, i) => {
    const codes = new Array<number | string>(input.dimensions.length).fill('');
    for (let k = slices.offset[i] ?? 0; k < (slices.offset[i + 1] ?? 0); k++)
      codes[slices.dimension[k] ?? 0] = slices.code[k] ?? 0;
    return [pattern, ...codes, ...slices.counts.subarray(i * 6, i * 6 + 6)].join();
  });
}

async function run(): Promise<Omit<RunResult, 'peak'>> {
  const none = { cold: 0, warm: [0], processor: [0], slices: 0, redundant: 0 };
  if (engine === 'empty') return none;
  if (engine === 'duckdb') {
    const cube = await DuckDbCube.load(shape, inputs);
    return { ...none, ...(await measure(() => cube.time())) };
  }
  if (engine === 'reference')
    return { ...none, ...(await measure(() => inputs.map(input => referenceMine(input, options)))) };
  if (engine === 'compare') {
    const queried = new Set(await (await DuckDbCube.load(shape, inputs)).slices());
    const mined = mineAll().flatMap((result, p) => texts(result, inputs[p] as MineInput, p));
    const shared = mined.filter(text => queried.has(text)).length;
    return { ...none, slices: mined.length, different: mined.length + queried.size - 2 * shared };
  }
  let last: MiningResult[] = [];
  const times = await measure(() => {
    last = [];
    last = mineAll();
  });
  const slices = last.reduce((sum, { slices: { count } }) => sum + count, 0);
  const redundant = last.reduce(
    (sum, mined) => sum + mined.slices.representative.filter((first, i) => first !== i).length,
    0,
  );
  return { ...times, slices, redundant };
}

const measured = await run();
console.log(JSON.stringify({ ...measured, peak: process.resourceUsage().maxRSS / 1024 }));
