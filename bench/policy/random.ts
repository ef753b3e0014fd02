import type { RandomIntegers } from '../../shared/statistics/random.ts';
import { sfc32, uniform } from '../../shared/statistics/random.ts';

/** Distributions over a seeded generator: the same seed and stream give the same numbers on every machine. */
export class Random {
  readonly #next: RandomIntegers;

  constructor(seed: number, stream = 0) {
    this.#next = sfc32(seed, [stream, 0x9e3779b9]);
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

/** Standard normal distribution function (Abramowitz and Stegun 7.1.26, error below 1.5e-7). */
export function normalCdf(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const poly =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const upper = (poly * Math.exp((-x * x) / 2)) / 2;
  return x >= 0 ? 1 - upper : upper;
}
