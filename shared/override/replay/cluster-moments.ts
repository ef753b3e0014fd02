/* Kernel: rows, steps and clusters are in range by construction, so typed arrays are read without a check. */

import type { FitClusters } from './fit-rows.ts';
import { RESULT } from './gates.ts';

/**
 * Sums over clusters of w², w·l and l², by step. w and l count the winners and losers of a cluster that this step or a
 * smaller one flips. `payoffVariance` computes a variance from the sums.
 */
export interface ClusterMoments {
  readonly ww: Float64Array;
  readonly wl: Float64Array;
  readonly ll: Float64Array;
}

/** The events that the steps of one side of one lever flip in one slice. */
interface StepFlips {
  readonly rows: Uint32Array;
  /** Flipping step of each row, from 1: positive when it loosens, negative when it tightens, 0 for none. */
  readonly bins: Int8Array;
  /** The side: +1 for steps that loosen, −1 for steps that tighten. */
  readonly sign: 1 | -1;
  /** Number of steps. */
  readonly width: number;
}

/** Returns the moments of the flips. All sums are whole numbers, so the order of the rows does not matter. */
export function momentsOf(flips: StepFlips, result: Uint8Array, clusters: FitClusters): ClusterMoments {
  const sums = new MomentSums(flips.width);
  if (clusters.adjacent) addAdjacent(sums, flips, result, clusters.cluster);
  else addSorted(sums, flips, result, clusters.cluster);
  sums.endCluster();
  return sums;
}

function addAdjacent(
  sums: MomentSums,
  { rows, bins, sign }: StepFlips,
  result: Uint8Array,
  clusterOf: Uint32Array,
): void {
  let current = -1;
  for (let k = 0; k < rows.length; k++) {
    const row = rows[k] as number;
    const step = sign * (bins[row] as number);
    if (step <= 0) continue;
    const cluster = clusterOf[row] as number;
    if (cluster !== current) sums.endCluster();
    current = cluster;
    sums.add(step - 1, result[row] === RESULT.winner);
  }
}

/** Brings the rows of a cluster together by sorting the keys `2·(cluster·width + step) + loser`. */
function addSorted(
  sums: MomentSums,
  { rows, bins, sign, width }: StepFlips,
  result: Uint8Array,
  clusterOf: Uint32Array,
): void {
  const keys = new Float64Array(rows.length);
  let n = 0;
  for (let k = 0; k < rows.length; k++) {
    const row = rows[k] as number;
    const step = sign * (bins[row] as number);
    if (step <= 0) continue;
    const loser = result[row] === RESULT.winner ? 0 : 1;
    keys[n++] = 2 * ((clusterOf[row] as number) * width + step - 1) + loser;
  }
  let current = -1;
  for (const key of keys.subarray(0, n).sort()) {
    const cluster = Math.floor(key / (2 * width));
    if (cluster !== current) sums.endCluster();
    current = cluster;
    // A shift would take the key for 32 bits: many clusters and steps exceed them.
    sums.add(Math.floor(key / 2) % width, key % 2 === 0);
  }
}

class MomentSums implements ClusterMoments {
  readonly ww: Float64Array;
  readonly wl: Float64Array;
  readonly ll: Float64Array;
  /** Winners and losers of the current cluster by their flipping step. */
  readonly #winners: Int32Array;
  readonly #losers: Int32Array;
  /** Lowest step with an event of the current cluster. */
  #first: number;

  constructor(width: number) {
    this.ww = new Float64Array(width);
    this.wl = new Float64Array(width);
    this.ll = new Float64Array(width);
    this.#winners = new Int32Array(width);
    this.#losers = new Int32Array(width);
    this.#first = width;
  }

  add(step: number, winner: boolean): void {
    const counts = winner ? this.#winners : this.#losers;
    counts[step] = (counts[step] as number) + 1;
    if (step < this.#first) this.#first = step;
  }

  endCluster(): void {
    let w = 0;
    let l = 0;
    for (let i = this.#first; i < this.#winners.length; i++) {
      w += this.#winners[i] as number;
      l += this.#losers[i] as number;
      this.#winners[i] = 0;
      this.#losers[i] = 0;
      this.ww[i] = (this.ww[i] as number) + w * w;
      this.wl[i] = (this.wl[i] as number) + w * l;
      this.ll[i] = (this.ll[i] as number) + l * l;
    }
    this.#first = this.#winners.length;
  }
}
