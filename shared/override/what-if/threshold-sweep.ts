import { elementAt } from '../../numbers.ts';
import type { ClusterSums } from '../../statistics/clustered-variance.ts';
import { leastPayoffVariance, payoffVariance } from '../../statistics/clustered-variance.ts';
import type { Payoff } from '../payoff.ts';
import type { Clustering } from '../replay/clusters.ts';
import type { Gate, Gates } from '../replay/gates.ts';
import { RESULT } from '../replay/gates.ts';

/** Counts of the events of a slice that are taken at one opening of a gate, with all other gates unchanged. */
export interface SweepPoint {
  readonly winners: number;
  readonly losers: number;
  /** Difference to the base; below 0: fewer. */
  readonly winnersChange: number;
  readonly losersChange: number;
  /** Cluster-robust standard error of the change in utility, as the replay policy computes it. */
  readonly error: number;
}

/** The rows of a slice by the effect of moving one gate. Each row is in exactly one group. */
export interface EventBreakdown {
  /** Rows with a neutral outcome. */
  readonly neutral: number;
  /** Rows that cannot be replayed: a gate without a lever blocked them, or a gate has neither factor nor log. */
  readonly leftOut: number;
  /** Rows that fail another gate, whatever the threshold of this one is. */
  readonly otherGates: number;
  /**
   * Rows whose result at the gate is the same at every threshold: they lack the factor, or their factor has no
   * logarithm.
   */
  readonly fixed: number;
  /** Rows whose result at the gate depends on the threshold. */
  readonly movable: number;
}

/**
 * Opens one gate from the tightest point to the widest. A row passes from one point on, so the counts of a point are
 * cumulative sums over the points before it. The standard errors accumulate outward from the base. Each row is visited
 * twice, however many points there are.
 * @param openings ascending, in the unit of the margin; `openings[base]` is 0
 * @returns a point for each opening, in their order
 */
export function sweep(
  gates: Gates,
  gate: Gate,
  rows: Uint32Array,
  openings: Float64Array,
  base: number,
  payoff: Payoff,
): { readonly points: SweepPoint[]; readonly breakdown: EventBreakdown } {
  const { groups, breakdown } = rowsByPoint(gates, gate, rows, openings);
  const counts = cumulate(groups, gates);
  const atBase = counts[base] ?? NO_EVENTS;
  const errors = new Float64Array(openings.length);
  const opened = new FlippedEvents(gates, payoff);
  for (let i = base + 1; i < errors.length; i++) errors[i] = opened.add(groups[i] ?? []);
  const closed = new FlippedEvents(gates, payoff);
  for (let i = base - 1; i >= 0; i--) errors[i] = closed.add(groups[i + 1] ?? []);
  const points = counts.map(({ winners, losers }, i) => ({
    winners,
    losers,
    winnersChange: winners - atBase.winners,
    losersChange: losers - atBase.losers,
    error: elementAt(errors, i),
  }));
  return { points, breakdown };
}

interface Counts {
  readonly winners: number;
  readonly losers: number;
}
const NO_EVENTS: Counts = { winners: 0, losers: 0 };

function cumulate(groups: readonly (readonly number[])[], { result }: Gates): Counts[] {
  let { winners, losers } = NO_EVENTS;
  return groups.map(group => {
    const won = group.reduce((n, row) => n + (result[row] === RESULT.winner ? 1 : 0), 0);
    winners += won;
    losers += group.length - won;
    return { winners, losers };
  });
}

/** Groups winners and losers that pass all other gates by the first point at which they pass this one. */
function rowsByPoint(
  gates: Gates,
  gate: Gate,
  rows: Uint32Array,
  openings: Float64Array,
): { readonly groups: readonly number[][]; readonly breakdown: EventBreakdown } {
  const others = gates.gates.filter(other => other !== gate);
  const groups = Array.from(openings, (): number[] => []);
  const breakdown = { neutral: 0, leftOut: 0, otherGates: 0, fixed: 0, movable: 0 };
  for (const row of rows) {
    const margin = elementAt(gate.margin, row);
    if (gates.result[row] === RESULT.neutral) breakdown.neutral++;
    else if (gates.replayable[row] !== 1) breakdown.leftOut++;
    // A margin of NaN fails too.
    else if (!others.every(other => elementAt(other.margin, row) >= 0)) breakdown.otherGates++;
    else {
      if (Number.isFinite(margin)) breakdown.movable++;
      else breakdown.fixed++;
      groups[firstPassed(margin, openings)]?.push(row);
    }
  }
  return { groups, breakdown };
}

/** Returns the first point at which a margin passes, by binary search; the number of points when there is none. */
function firstPassed(margin: number, openings: Float64Array): number {
  let low = 0;
  let high = openings.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (margin + elementAt(openings, middle) >= 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Accumulates the rows whose decision changes, and the standard error of their utility. */
class FlippedEvents {
  readonly #gates: Gates;
  readonly #payoff: Payoff;
  readonly #clusterings: readonly ClusterCounts[];
  #winners = 0;
  #losers = 0;

  constructor(gates: Gates, payoff: Payoff) {
    this.#gates = gates;
    this.#payoff = payoff;
    this.#clusterings = gates.clusterings.map(clustering => new ClusterCounts(clustering));
  }

  /** Adds rows. @returns the standard error of all rows so far; sums of integers are equal in any order */
  add(rows: readonly number[]): number {
    for (const row of rows) {
      const won = this.#gates.result[row] === RESULT.winner;
      if (won) this.#winners++;
      else this.#losers++;
      for (const counts of this.#clusterings) counts.add(row, won);
    }
    let variance = leastPayoffVariance(this.#winners, this.#losers, this.#payoff);
    for (const counts of this.#clusterings)
      variance = Math.max(variance, payoffVariance(counts, this.#payoff));
    return Math.sqrt(variance);
  }
}

/** Winners and losers per cluster, with the sums of their squares and products kept up to date. */
class ClusterCounts implements ClusterSums {
  ww = 0;
  wl = 0;
  ll = 0;
  readonly #clustering: Clustering;
  readonly #winners: Uint32Array;
  readonly #losers: Uint32Array;

  constructor(clustering: Clustering) {
    const clusters = clustering.reduce((most, cluster) => Math.max(most, cluster), 0) + 1;
    this.#clustering = clustering;
    this.#winners = new Uint32Array(clusters);
    this.#losers = new Uint32Array(clusters);
  }

  add(row: number, won: boolean): void {
    const cluster = elementAt(this.#clustering, row);
    const w = elementAt(this.#winners, cluster);
    const l = elementAt(this.#losers, cluster);
    if (won) {
      this.ww += 2 * w + 1;
      this.wl += l;
      this.#winners[cluster] = w + 1;
    } else {
      this.ll += 2 * l + 1;
      this.wl += w;
      this.#losers[cluster] = l + 1;
    }
  }
}
