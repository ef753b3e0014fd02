/* Kernel: rows and codes are in range by construction, so typed arrays are read without a check. */
import type { ClusterSums } from '../../statistics/clustered-variance.ts';
import { payoffVariance } from '../../statistics/clustered-variance.ts';
import type { Clustering } from './clusters.ts';
import type { Gates } from './gates.ts';
import { RESULT } from './gates.ts';
import type { ReplaySettings } from './settings.ts';

/** Utility of one set of decisions less that of another, over some rows. */
export interface UtilityComparison {
  /** Winners that only the first set takes, less those that only the second takes. */
  readonly winners: number;
  /** Losers that only the first set takes, less those that only the second takes. */
  readonly losers: number;
  /** Win payoff × winners − loss payoff × losers. */
  readonly gain: number;
  /** Cluster-robust standard error of the gain. */
  readonly error: number;
  /** Rows with an outcome on which the decisions differ. */
  readonly changed: number;
}

/**
 * Compares the utility of two sets of decisions over some rows.
 * @param first decisions by row of the columns, 1 for acting
 * @param second likewise; undefined: never acting
 */
export function compareUtility(
  { result, clusterings }: Gates,
  rows: Uint32Array,
  first: Uint8Array,
  second: Uint8Array | undefined,
  { payoff }: Pick<ReplaySettings, 'payoff'>,
): UtilityComparison {
  const differing = new Uint32Array(rows.length);
  let n = 0;
  let winners = 0;
  let losers = 0;
  let flippedWinners = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const change = (first[row] as number) - (second ? (second[row] as number) : 0);
    const won = result[row];
    if (change === 0 || won === RESULT.neutral) continue;
    differing[n++] = row;
    if (won === RESULT.winner) {
      winners += change;
      flippedWinners++;
    } else losers += change;
  }
  const changed = differing.subarray(0, n);
  // Independent events are clusters of one.
  let variance = payoffVariance({ ww: flippedWinners, wl: 0, ll: n - flippedWinners }, payoff);
  for (const clustering of clusterings)
    variance = Math.max(variance, payoffVariance(sumsOfChange(changed, first, result, clustering), payoff));
  const gain = payoff.win * winners - payoff.loss * losers;
  return { winners, losers, gain, error: Math.sqrt(variance), changed: n };
}

/** Returns sums over clusters, where w and l count the winners and losers that `first` takes, less those it leaves. */
function sumsOfChange(
  rows: Uint32Array,
  first: Uint8Array,
  result: Uint8Array,
  clusterOf: Clustering,
): ClusterSums {
  let [ww, wl, ll] = [0, 0, 0];
  let w = 0;
  let l = 0;
  let current = -1;
  const sorted = byCluster(rows, clusterOf);
  for (let i = 0; i < sorted.length; i++) {
    const row = sorted[i] as number;
    const cluster = clusterOf[row] as number;
    if (cluster !== current) {
      ww += w * w;
      wl += w * l;
      ll += l * l;
      w = 0;
      l = 0;
      current = cluster;
    }
    const change = first[row] === 1 ? 1 : -1;
    if (result[row] === RESULT.winner) w += change;
    else l += change;
  }
  return { ww: ww + w * w, wl: wl + w * l, ll: ll + l * l };
}

/** Returns the rows in an order in which those of each cluster are adjacent. */
function byCluster(rows: Uint32Array, clusterOf: Clustering): Uint32Array {
  let current = 0;
  for (let i = 0; i < rows.length; i++) {
    const cluster = clusterOf[rows[i] as number] as number;
    if (cluster < current)
      return rows.slice().sort((a, b) => (clusterOf[a] as number) - (clusterOf[b] as number));
    current = cluster;
  }
  return rows;
}
