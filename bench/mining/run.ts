// One engine on one shape in a process of its own, for a cold start and a clean peak of memory; prints JSON.
import { mineSlices } from '../../shared/mining/mine-slices.ts';
import type { MineInput, MiningResult } from '../../shared/mining/types.ts';
import { referenceMine } from '../../test/support/reference-miner.ts';
import { generate, N_MIN, type Shape } from './data.ts';
import { DuckDbCube } from './duckdb.ts';

export type Engine = 'empty' | 'ours' | 'reference' | 'duckdb' | 'compare';

export interface Order {
  readonly engine: Engine;
  readonly shape: Shape;
  readonly repeats: number;
}

export interface Measured {
  readonly cold: number;
  readonly warm: readonly number[];
  /** Processor time of each warm call, over all cores. */
  readonly processor: readonly number[];
  readonly slices: number;
  readonly redundant: number;
  /** Of the whole process, in MB. */
  readonly peak: number;
  /** For `compare`: slices that only one of the two has. */
  readonly different?: number;
}

const OPTIONS = { nMin: N_MIN, nearMin: N_MIN, maxSlices: 5_000_000 };

const { engine, shape, repeats } = JSON.parse(process.argv[2] ?? '') as Order;
const inputs = engine === 'empty' ? [] : Array.from({ length: shape.patterns }, (_, p) => generate(shape, p));
const options = { ...OPTIONS, ...(shape.maxDepth === undefined ? {} : { maxDepth: shape.maxDepth }) };

function mineAll(): MiningResult[] {
  return inputs.map(input => mineSlices(input, options));
}

async function measure(once: () => unknown): Promise<Pick<Measured, 'cold' | 'warm' | 'processor'>> {
  const times: number[] = [];
  const processor: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    const used = process.cpuUsage();
    const told = await once();
    const { user, system } = process.cpuUsage(used);
    processor.push((user + system) / 1000);
    times.push(typeof told === 'number' ? told : performance.now() - start);
  }
  const [cold = 0, ...warm] = times;
  return warm.length > 0 ? { cold, warm, processor: processor.slice(1) } : { cold, warm: [cold], processor };
}

function texts(mined: MiningResult, input: MineInput, pattern: number): string[] {
  const { slices } = mined;
  return Array.from({ length: slices.count }, (_, i) => {
    const codes = new Array<number | string>(input.dimensions.length).fill('');
    for (let k = slices.offset[i] ?? 0; k < (slices.offset[i + 1] ?? 0); k++)
      codes[slices.dimension[k] ?? 0] = slices.code[k] ?? 0;
    return [pattern, ...codes, ...slices.counts.subarray(i * 6, i * 6 + 6)].join();
  });
}

async function run(): Promise<Omit<Measured, 'peak'>> {
  const none = { cold: 0, warm: [0], processor: [0], slices: 0, redundant: 0 };
  if (engine === 'empty') return none;
  if (engine === 'duckdb') {
    const cube = await DuckDbCube.load(shape, inputs);
    return { ...none, ...(await measure(() => cube.time())) };
  }
  if (engine === 'reference')
    return { ...none, ...(await measure(() => inputs.map(input => referenceMine(input, options)))) };
  if (engine === 'compare') {
    const theirs = new Set(await (await DuckDbCube.load(shape, inputs)).slices());
    const ours = mineAll().flatMap((mined, p) => texts(mined, inputs[p] as MineInput, p));
    const shared = ours.filter(text => theirs.has(text)).length;
    return { ...none, slices: ours.length, different: ours.length + theirs.size - 2 * shared };
  }
  let last: MiningResult[] = [];
  const times = await measure(() => {
    last = [];
    last = mineAll();
  });
  const slices = last.reduce((sum, { slices: { count } }) => sum + count, 0);
  const redundant = last.reduce(
    (sum, mined) => sum + mined.slices.representative.filter((of, i) => of !== i).length,
    0,
  );
  return { ...times, slices, redundant };
}

const measured = await run();
console.log(JSON.stringify({ ...measured, peak: process.resourceUsage().maxRSS / 1024 }));
