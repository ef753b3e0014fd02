import type { FrameClusters } from './fit-rows.ts';
import { RESULT } from './gates.ts';

/** Sums over clusters of w², w·l and l² of the winners and losers that each step flips. */
export interface ClusterMoments {
  readonly ww: Float64Array;
  readonly wl: Float64Array;
  readonly ll: Float64Array;
}

/** One side of one lever in one slice. */
export interface StepFlips {
  readonly rows: Uint32Array;
  /** Step of each row; above 0 opens, below closes. */
  readonly bins: Int8Array;
  readonly sign: 1 | -1;
  /** Steps. */
  readonly width: number;
}

/** Whole numbers throughout, so that the sums do not depend on the order of the rows. */
export function momentsOf(
  flips: StepFlips,
  result: Uint8Array,
  { cluster, adjacent }: FrameClusters,
): ClusterMoments {
  const sums = new ClusterSums(flips.width);
  const { rows, bins, sign } = flips;
  if (adjacent) {
    let current = -1;
    for (let k = 0; k < rows.length; k++) {
      const row = rows[k] ?? 0;
      const step = sign * (bins[row] ?? 0);
      if (step <= 0) continue;
      const own = cluster[row] ?? 0;
      if (own !== current) sums.flush();
      current = own;
      sums.add(step - 1, result[row] === RESULT.winner);
    }
  } else {
    const { width } = flips;
    const keys = new Float64Array(rows.length);
    let n = 0;
    for (let k = 0; k < rows.length; k++) {
      const row = rows[k] ?? 0;
      const step = sign * (bins[row] ?? 0);
      if (step <= 0) continue;
      keys[n++] = 2 * ((cluster[row] ?? 0) * width + step - 1) + (result[row] === RESULT.winner ? 0 : 1);
    }
    let current = -1;
    for (const key of keys.subarray(0, n).sort()) {
      const own = Math.floor(key / (2 * width));
      if (own !== current) sums.flush();
      current = own;
      sums.add((key >> 1) % width, key % 2 === 0);
    }
  }
  sums.flush();
  return sums;
}

class ClusterSums implements ClusterMoments {
  readonly ww: Float64Array;
  readonly wl: Float64Array;
  readonly ll: Float64Array;
  readonly #w: Int32Array;
  readonly #l: Int32Array;
  #first: number;

  constructor(width: number) {
    this.ww = new Float64Array(width);
    this.wl = new Float64Array(width);
    this.ll = new Float64Array(width);
    this.#w = new Int32Array(width);
    this.#l = new Int32Array(width);
    this.#first = width;
  }

  add(step: number, winner: boolean): void {
    const counts = winner ? this.#w : this.#l;
    counts[step] = (counts[step] ?? 0) + 1;
    if (step < this.#first) this.#first = step;
  }

  /** Ends a cluster. */
  flush(): void {
    let w = 0;
    let l = 0;
    for (let i = this.#first; i < this.#w.length; i++) {
      w += this.#w[i] ?? 0;
      l += this.#l[i] ?? 0;
      this.#w[i] = 0;
      this.#l[i] = 0;
      this.ww[i] = (this.ww[i] ?? 0) + w * w;
      this.wl[i] = (this.wl[i] ?? 0) + w * l;
      this.ll[i] = (this.ll[i] ?? 0) + l * l;
    }
    this.#first = this.#w.length;
  }
}
