import type { RandomIntegers } from '../../shared/statistics/random.ts';
import { sfc32, uniform } from '../../shared/statistics/random.ts';

/** Third word of the generator's state: the first 32 fractional bits of the golden ratio. */
const THIRD_WORD = 0x9e3779b9;
/** Coefficients p and a1 to a5 of Abramowitz and Stegun 7.1.26. */
const ERF_P = 0.3275911;
const ERF_A = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];

/** Distributions over a seeded generator: the same seed and stream give the same numbers on every machine. */
export class Random {
  readonly #next: RandomIntegers;

  constructor(seed: number, stream = 0) {
    this.#next = sfc32(seed, [stream, THIRD_WORD]);
  }

  /** Returns a fraction in [0, 1). */
  uniform(): number {
    return uniform(this.#next);
  }

  /** Returns a standard normal number (Box–Muller transform). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Returns an index, drawn with the given weights, which sum to 1. */
  pick(weights: readonly number[]): number {
    let rest = this.uniform();
    for (const [i, weight] of weights.slice(0, -1).entries()) {
      rest -= weight;
      if (rest < 0) return i;
    }
    return weights.length - 1;
  }

  /** Returns the items in a random order (Fisher–Yates shuffle); the input is unchanged. */
  shuffled<T>(items: readonly T[]): T[] {
    const copy = [...items];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = Math.floor(this.uniform() * (i + 1));
      [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
    }
    return copy;
  }
}

/**
 * Returns the probability of a standard normal value below x (Abramowitz and Stegun 7.1.26, error below 1.5e-7). The
 * exact `upperTail` would decide single outcomes of the recorded worlds differently: 1 of 4.8 million in 200 seeds of
 * a clustered null world.
 */
export function normalCdf(x: number): number {
  const t = 1 / (1 + (ERF_P * Math.abs(x)) / Math.SQRT2);
  const polynomial = t * ERF_A.reduceRight((sum, a) => a + t * sum, 0);
  const upper = (polynomial * Math.exp((-x * x) / 2)) / 2;
  return x >= 0 ? 1 - upper : upper;
}
