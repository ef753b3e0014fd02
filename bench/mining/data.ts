import type { DimensionColumn, MineInput } from '../../shared/mining/types.ts';
import { randomOf } from '../../test/support/random.ts';

/** The size of one benchmark. The events are spread evenly over the patterns, each of which is mined alone. */
export interface Shape {
  readonly name: string;
  readonly events: number;
  readonly dimensions: number;
  readonly patterns: number;
  readonly maxDepth?: number;
}

export const N_MIN = 33;
/** Share of events that lack a dimension. */
const MISSING = 0.06;
const CARDINALITIES = [3, 4, 5, 4, 6, 8, 5, 10, 12, 6, 15, 8, 10, 20, 9, 7, 5, 11, 6, 8];
/** Shares of wins, false positives, acted neutrals, misses, dodges and skipped neutrals. Nine of ten events are skipped. */
const CLASS_SHARES = [0.04, 0.04, 0.02, 0.3, 0.52, 0.08];

/**
 * Generates columns that resemble those of the live system (timeframe, chain, size bucket, rank, curator): few values
 * a dimension by Zipf's law (the k-th value is 1/k as frequent as the first), 6 % missing, six classes of outcome.
 * The generator is seeded, so the columns are the same in every run.
 */
export function generate(shape: Shape, pattern: number): MineInput {
  const size = Math.floor(shape.events / shape.patterns);
  const random = randomOf(1000 * pattern + shape.dimensions);
  const dimensions = Array.from({ length: shape.dimensions }, (_, d): DimensionColumn => {
    const values = CARDINALITIES[d % CARDINALITIES.length] ?? 5;
    const draw = drawFrom(Array.from({ length: values }, (_v, k) => 1 / (k + 1)));
    const codes = new Uint8Array(size);
    for (let row = 0; row < size; row++) codes[row] = random() < MISSING ? 0 : 1 + draw(random());
    return { name: `d${d}`, values: Array.from({ length: values }, (_v, k) => `v${k}`), codes };
  });
  const drawClass = drawFrom(CLASS_SHARES);
  const classes = new Uint8Array(size);
  for (let row = 0; row < size; row++) classes[row] = drawClass(random());
  return { size, dimensions, classes, classCount: 6, supporting: Array(6).fill(true) };
}

/** Returns a function that maps a number from 0 up to 1 to an index, in proportion to the weights. */
function drawFrom(weights: readonly number[]): (fraction: number) => number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return fraction => {
    let rest = fraction * total;
    for (let k = 0; k < weights.length - 1; k++) {
      rest -= weights[k] ?? 0;
      if (rest < 0) return k;
    }
    return weights.length - 1;
  };
}
