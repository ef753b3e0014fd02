/* Kernel: rows, steps and clusters are in range by construction, so typed arrays are read without a check. */

import { payoffVariance } from '../../statistics/clustered-variance.ts';
import type { Payoff } from '../payoff.ts';
import type { FitClusters } from './fit-rows.ts';
import { RESULT } from './gates.ts';

/**
 * Sums over clusters of w², w·l and l², by step. w and l count the winners and losers of a cluster that this step or a
 * smaller one flips.
 */
export interface ClusterMoments {
  readonly ww: Float64Array;
  readonly wl: Float64Array;
  readonly ll: Float64Array;
}

/** Returns the variance of the payoffs of the events that a step or a smaller one flips. */
export function varianceAt({ ww, wl, ll }: ClusterMoments, step: number, payoff: Payoff): number {
  return payoffVariance({ ww: ww[step] as number, wl: wl[step] as number, ll: ll[step] as number }, payoff);
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

/**
 * Returns the moments of the flips under each clustering. All sums are whole numbers, so the order of the rows does not
 * matter.
 */
export function momentsOf(
  flips: StepFlips,
  result: Uint8Array,
  clusterings: readonly FitClusters[],
): ClusterMoments[] {
  if (clusterings.length === 0) return [];
  const flipped = new FlippedRows(flips, result);
  return clusterings.map(({ cluster, adjacent }) => {
    const sums = new MomentSums(flips.width);
    if (adjacent) addAdjacent(sums, flipped, cluster);
    else addSorted(sums, flipped, cluster, flips.width);
    sums.endCluster();
    return sums;
  });
}

/** The rows that some step of the side flips, with their step from 0, and 1 for a loser. */
class FlippedRows {
  readonly rows: Uint32Array;
  readonly step: Uint8Array;
  readonly loser: Uint8Array;
  readonly n: number;

  constructor({ rows, bins, sign }: StepFlips, result: Uint8Array) {
    this.rows = new Uint32Array(rows.length);
    this.step = new Uint8Array(rows.length);
    this.loser = new Uint8Array(rows.length);
    let n = 0;
    for (let k = 0; k < rows.length; k++) {
      const row = rows[k] as number;
      const step = sign * (bins[row] as number);
      if (step <= 0) continue;
      this.rows[n] = row;
      this.step[n] = step - 1;
      this.loser[n] = result[row] === RESULT.winner ? 0 : 1;
      n++;
    }
    this.n = n;
  }
}

function addAdjacent(sums: MomentSums, { rows, step, loser, n }: FlippedRows, clusterOf: Uint32Array): void {
  let current = -1;
  for (let k = 0; k < n; k++) {
    const cluster = clusterOf[rows[k] as number] as number;
    if (cluster !== current) sums.endCluster();
    current = cluster;
    sums.add(step[k] as number, loser[k] as number);
  }
}

/** Brings the rows of a cluster together by sorting the keys `2·(cluster·width + step) + loser`. */
function addSorted(
  sums: MomentSums,
  { rows, step, loser, n }: FlippedRows,
  clusterOf: Uint32Array,
  width: number,
): void {
  const keys = new Float64Array(n);
  for (let k = 0; k < n; k++)
    keys[k] =
      2 * ((clusterOf[rows[k] as number] as number) * width + (step[k] as number)) + (loser[k] as number);
  let current = -1;
  for (const key of keys.sort()) {
    const cluster = Math.floor(key / (2 * width));
    if (cluster !== current) sums.endCluster();
    current = cluster;
    // A shift would take the key for 32 bits: many clusters and steps exceed them.
    sums.add(Math.floor(key / 2) % width, key % 2);
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

  /** @param loser 1 for a loser, 0 for a winner */
  add(step: number, loser: number): void {
    const counts = loser === 0 ? this.#winners : this.#losers;
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
