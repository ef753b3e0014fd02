/* Kernel: rows and codes are in range by construction, so typed arrays are read without a check. */
import type { ReplayLever } from '../../lever/lever.ts';
import type { ClusterSums } from '../../statistics/clustered-variance.ts';
import { payoffVariance } from '../../statistics/clustered-variance.ts';
import { MULTIPLIER_RANGE } from '../multiplier-range.ts';
import type { Clustering } from './clusters.ts';
import type { LeverMove } from './fit.ts';
import type { Gate, Gates } from './gates.ts';
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
 * Returns the decisions under some moves: 1 where all gates pass. Openings of all moves that match a row add up and are
 * clamped, as a look-up clamps the product of multipliers.
 * @returns by row of the columns; 0 for rows outside of `rows`
 */
export function decisionsUnderMoves(
  gates: Gates,
  moves: readonly LeverMove[],
  rows: Uint32Array,
): Uint8Array {
  return decisions(gates, openingsByGate(gates, moves, rows), rows);
}

/** By gate, then row of the columns: the sum of all openings that match; undefined for a gate without moves. */
type OpeningsByGate = readonly (Float64Array | undefined)[];

function openingsByGate(gates: Gates, moves: readonly LeverMove[], rows: Uint32Array): OpeningsByGate {
  return gates.gates.map((_, g) => {
    const ofGate = moves.filter(move => move.gate === g);
    return ofGate.length === 0 ? undefined : openings(gates, ofGate, rows);
  });
}

/** Returns the decisions under openings, by row of the columns. */
function decisions(gates: Gates, opening: OpeningsByGate, rows: Uint32Array): Uint8Array {
  const acts = new Uint8Array(gates.columns.size);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    acts[row] = gates.replayable[row] as number;
  }
  gates.gates.forEach((gate, g) => {
    const ofGate = opening[g];
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      if (!passes(gate, row, ofGate ? (ofGate[row] as number) : 0)) acts[row] = 0;
    }
  });
  return acts;
}

/** Decisions under all moves of a fit, from which single moves can be taken away again. */
export class AppliedMoves {
  readonly #gates: Gates;
  readonly #opening: OpeningsByGate;
  #moves: readonly LeverMove[];
  /** Decisions under all moves, by row of the columns. */
  readonly acts: Uint8Array;

  constructor(gates: Gates, moves: readonly LeverMove[], rows: Uint32Array) {
    this.#gates = gates;
    this.#moves = moves;
    this.#opening = openingsByGate(gates, moves, rows);
    this.acts = decisions(gates, this.#opening, rows);
  }

  /**
   * Returns the rows of a slice at which some of the moves of a gate may decide whether it passes. At the others it passes
   * under all sums of the openings of its moves, or under none.
   */
  contested(g: number, slice: Uint32Array): Uint32Array {
    const { lever, margin } = this.#gates.gates[g] as Gate;
    const most = maxOpening(lever);
    // A sum of some openings may exceed the sum of all by a rounding error.
    let [largest, smallest] = [ROUNDING, -ROUNDING];
    for (const { gate, opening } of this.#moves) {
      if (gate !== g) continue;
      if (opening > 0) largest += opening;
      else smallest += opening;
    }
    const rows = new Uint32Array(slice.length);
    let n = 0;
    for (let i = 0; i < slice.length; i++) {
      const row = slice[i] as number;
      const at = margin[row] as number;
      if (passesWith(at, largest, most) && !passesWith(at, smallest, most)) rows[n++] = row;
    }
    return rows.slice(0, n);
  }

  /** Returns the rows of a move's slice at which its gate passes or fails because of the move. */
  decidedBy({ gate: g, opening: less }: LeverMove, slice: Uint32Array): Uint32Array {
    const gate = this.#gates.gates[g] as Gate;
    const opening = this.#opening[g];
    const most = maxOpening(gate.lever);
    const rows = new Uint32Array(slice.length);
    let n = 0;
    for (let i = 0; i < slice.length; i++) {
      const row = slice[i] as number;
      const margin = gate.margin[row] as number;
      const sum = opening ? (opening[row] as number) : 0;
      if (passesWith(margin, sum - less, most) !== passesWith(margin, sum, most)) rows[n++] = row;
    }
    return rows.slice(0, n);
  }

  /**
   * Returns the decisions under all moves but one, by row of the columns.
   * @param decided rows that the move decides, see `decidedBy`; at others the decision is that of `acts`
   * @param into is written at these rows only
   */
  without(
    move: LeverMove,
    decided: Uint32Array,
    into: Uint8Array = new Uint8Array(this.#gates.columns.size),
  ): Uint8Array {
    for (let i = 0; i < decided.length; i++) {
      const row = decided[i] as number;
      const failedBefore = !this.#passes(move.gate, row);
      into[row] = failedBefore && this.#passesOthers(move.gate, row) ? 1 : 0;
    }
    return into;
  }

  /**
   * Takes a move away for good. Openings are summed anew, so that they have the same digits as without the move.
   * @param slice rows of the move
   */
  remove(move: LeverMove, slice: Uint32Array): void {
    this.#moves = this.#moves.filter(other => other !== move);
    const opening = this.#opening[move.gate];
    if (!opening) return;
    for (let i = 0; i < slice.length; i++) opening[slice[i] as number] = 0;
    addOpenings(
      opening,
      this.#gates,
      this.#moves.filter(other => other.gate === move.gate),
      slice,
    );
    for (let i = 0; i < slice.length; i++) {
      const row = slice[i] as number;
      this.acts[row] = this.#passes(move.gate, row) && this.#passesOthers(move.gate, row) ? 1 : 0;
    }
  }

  #passesOthers(gate: number, row: number): boolean {
    if (this.#gates.replayable[row] !== 1) return false;
    for (let g = 0; g < this.#opening.length; g++) if (g !== gate && !this.#passes(g, row)) return false;
    return true;
  }

  #passes(g: number, row: number): boolean {
    const opening = this.#opening[g];
    return passes(this.#gates.gates[g] as Gate, row, opening ? (opening[row] as number) : 0);
  }
}

/** Upper bound of the rounding error of a sum of openings. */
const ROUNDING = 1e-9;

/** Returns whether a row passes a gate that is opened by the clamped sum of openings. */
function passes({ lever, margin }: Gate, row: number, opening: number): boolean {
  return passesWith(margin[row] as number, opening, maxOpening(lever));
}

/** @param most largest opening and closing */
function passesWith(margin: number, opening: number, most: number): boolean {
  const clamped = opening > most ? most : opening < -most ? -most : opening;
  return margin + clamped >= 0;
}

/**
 * Returns the largest opening of a gate by all matching overrides: log of the largest multiplier; no limit for deltas.
 */
function maxOpening(lever: ReplayLever): number {
  return lever.scale === 'log' ? LOG_RANGE : Number.POSITIVE_INFINITY;
}

const LOG_RANGE = Math.log(MULTIPLIER_RANGE.max);

/** Returns the sum of the openings of moves of one gate, by row of the columns. */
function openings(gates: Gates, moves: readonly LeverMove[], rows: Uint32Array): Float64Array {
  return addOpenings(new Float64Array(gates.columns.size), gates, moves, rows);
}

/** Adds the openings of moves of one gate to a sum by row of the columns, move by move, and returns it. */
function addOpenings(
  opening: Float64Array,
  { columns: { dimensions } }: Gates,
  moves: readonly LeverMove[],
  rows: Uint32Array,
): Float64Array {
  for (const { slice, opening: moveOpening } of moves) {
    const a = dimensions[slice.first]?.codes;
    const b = dimensions[slice.second]?.codes;
    const { firstCode, secondCode } = slice;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      if ((a && a[row] !== firstCode) || (b && b[row] !== secondCode)) continue;
      opening[row] = (opening[row] as number) + moveOpening;
    }
  }
  return opening;
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
  const sums = { ww: 0, wl: 0, ll: 0 };
  let w = 0;
  let l = 0;
  let current: number | undefined;
  const endCluster = (): void => {
    sums.ww += w * w;
    sums.wl += w * l;
    sums.ll += l * l;
    w = 0;
    l = 0;
  };
  const sorted = byCluster(rows, clusterOf);
  for (let i = 0; i < sorted.length; i++) {
    const row = sorted[i] as number;
    const cluster = clusterOf[row];
    if (cluster !== current) endCluster();
    current = cluster;
    const change = first[row] === 1 ? 1 : -1;
    if (result[row] === RESULT.winner) w += change;
    else l += change;
  }
  endCluster();
  return sums;
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
