/* Kernel: rows and gates are in range by construction, so typed arrays are read without a check. */

import type { ReplayLever } from '../../lever/lever.ts';
import { MULTIPLIER_RANGE } from '../multiplier-range.ts';
import type { Gate, Gates } from './gates.ts';
import type { LeverMove } from './lever-move.ts';
import type { Slice } from './slices.ts';
import { rowsOf } from './slices.ts';

/** Returns the decisions at the base thresholds, by row of the columns: 1 where all gates pass. */
export function baseDecisions({ gates, replayable }: Gates): Uint8Array {
  const acts = replayable.slice();
  for (const { margin } of gates)
    for (let row = 0; row < acts.length; row++) if (!((margin[row] as number) >= 0)) acts[row] = 0;
  return acts;
}

/**
 * Returns the decisions under some moves. Openings of all moves that match a row add up and are clamped, as a look-up
 * clamps the product of multipliers.
 * @returns by row of the columns; base decisions for rows outside of `rows`
 */
export function decisionsUnderMoves(
  gates: Gates,
  moves: readonly LeverMove[],
  rows: Uint32Array,
): Uint8Array {
  return new AppliedMoves(gates, baseDecisions(gates), moves, slice => rowsOf(slice, gates.columns, rows))
    .acts;
}

/** Decisions under all moves of a fit, from which single moves can be taken away again. */
export class AppliedMoves {
  readonly gates: Gates;
  readonly moves: readonly LeverMove[];
  readonly #inFit: Uint8Array | undefined;
  readonly #kept: Set<LeverMove>;
  /** By move: the rows of its slice. */
  readonly #rows: ReadonlyMap<LeverMove, Uint32Array>;
  /** By gate, then row of the columns: the sum of all openings that match; undefined for a gate without moves. */
  readonly #opening: readonly (Float64Array | undefined)[];
  /** By move, see `#findContested`. */
  readonly #contested: ReadonlyMap<LeverMove, Uint32Array>;
  /** Decisions under all moves, by row of the columns. */
  readonly acts: Uint8Array;

  /**
   * @param baseActs decisions at the base thresholds, by row of the columns
   * @param rowsOfSlice returns the rows of a slice whose decisions are wanted
   * @param inFit 1 for each row of the fit, by row of the columns; undefined: all are
   */
  constructor(
    gates: Gates,
    baseActs: Uint8Array,
    moves: readonly LeverMove[],
    rowsOfSlice: (slice: Slice) => Uint32Array,
    inFit?: Uint8Array,
  ) {
    this.gates = gates;
    this.moves = moves;
    this.#inFit = inFit;
    this.#kept = new Set(moves);
    this.#rows = new Map(moves.map(move => [move, rowsOfSlice(move.slice)]));
    this.#opening = gates.gates.map((_, g) => {
      const ofGate = moves.filter(move => move.gate === g);
      return ofGate.length === 0 ? undefined : this.#sums(ofGate);
    });

    this.#contested = this.#findContested();
    this.acts = baseActs.slice();
    for (const move of moves) this.#decide(move);
  }

  /** Returns the rows of the fit at which a move's gate passes or fails because of the move. */
  decidedBy(move: LeverMove): Uint32Array {
    const { lever, margin } = this.gates.gates[move.gate] as Gate;
    const opening = this.#opening[move.gate] as Float64Array;
    const most = maxOpening(lever);
    const less = move.opening;
    const contested = this.#contestedBy(move);
    const inFit = this.#inFit;
    const rows = new Uint32Array(contested.length);
    let n = 0;
    for (let i = 0; i < contested.length; i++) {
      const row = contested[i] as number;
      if (inFit && inFit[row] !== 1) continue;
      const at = margin[row] as number;
      const sum = opening[row] as number;
      if (passesWith(at, sum - less, most) !== passesWith(at, sum, most)) rows[n++] = row;
    }
    return rows.slice(0, n);
  }

  /**
   * Returns the decisions under all moves but one, by row of the columns.
   * @param decided rows that the move decides, see `decidedBy`; at others the decision is that of `acts`
   * @param into is written at these rows only
   */
  without(
    { gate }: LeverMove,
    decided: Uint32Array,
    into: Uint8Array = new Uint8Array(this.gates.columns.size),
  ): Uint8Array {
    for (let i = 0; i < decided.length; i++) {
      const row = decided[i] as number;
      into[row] = !this.#passes(gate, row) && this.#passesOthers(gate, row) ? 1 : 0;
    }
    return into;
  }

  /** Takes a move away for good. Openings are summed anew, so that they have the same digits as without the move. */
  remove(move: LeverMove): void {
    const contested = this.#contestedBy(move);
    const opening = this.#opening[move.gate] as Float64Array;
    for (let i = 0; i < contested.length; i++) opening[contested[i] as number] = 0;
    this.#kept.delete(move);
    for (const other of this.#kept)
      if (other.gate === move.gate)
        addOpening(opening, other.opening, rowsOf(other.slice, this.gates.columns, contested));
    this.#decide(move);
  }

  #rowsOf(move: LeverMove): Uint32Array {
    return this.#rows.get(move) ?? new Uint32Array(0);
  }

  #contestedBy(move: LeverMove): Uint32Array {
    return this.#contested.get(move) ?? new Uint32Array(0);
  }

  /** Decides the rows that a move may have changed. */
  #decide(move: LeverMove): void {
    const rows = this.#contestedBy(move);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      this.acts[row] = this.#passes(move.gate, row) && this.#passesOthers(move.gate, row) ? 1 : 0;
    }
  }

  #passesOthers(gate: number, row: number): boolean {
    if (this.gates.replayable[row] !== 1) return false;
    for (let g = 0; g < this.#opening.length; g++) if (g !== gate && !this.#passes(g, row)) return false;
    return true;
  }

  #passes(g: number, row: number): boolean {
    const opening = this.#opening[g];
    const { lever, margin } = this.gates.gates[g] as Gate;
    return passesWith(margin[row] as number, opening ? (opening[row] as number) : 0, maxOpening(lever));
  }

  /**
   * Returns the rows of each move's slice at which the moves that match may decide whether the gate passes. At the others
   * it passes under all sums of some of their openings, or under none.
   */
  #findContested(): ReadonlyMap<LeverMove, Uint32Array> {
    const found = new Map<LeverMove, Uint32Array>();
    for (const [g, { lever, margin }] of this.gates.gates.entries()) {
      const moves = this.moves.filter(move => move.gate === g);
      const largest = this.#sums(moves.filter(({ opening }) => opening > 0));
      const smallest = this.#sums(moves.filter(({ opening }) => opening <= 0));
      for (const move of moves)
        found.set(move, contestedRows(this.#rowsOf(move), margin, largest, smallest, maxOpening(lever)));
    }
    return found;
  }

  /** Returns the sum of the openings of some moves of one gate, by row of the columns. */
  #sums(moves: readonly LeverMove[]): Float64Array {
    const sums = new Float64Array(moves.length === 0 ? 0 : this.gates.columns.size);
    for (const move of moves) addOpening(sums, move.opening, this.#rowsOf(move));
    return sums;
  }
}

/** @param largest sum of the openings above 0 by row, and `smallest` of those below; empty for none */
function contestedRows(
  slice: Uint32Array,
  margin: Float64Array,
  largest: Float64Array,
  smallest: Float64Array,
  most: number,
): Uint32Array {
  const rows = new Uint32Array(slice.length);
  let n = 0;
  for (let i = 0; i < slice.length; i++) {
    const row = slice[i] as number;
    const at = margin[row] as number;
    // A sum of some openings may exceed the sum of all by a rounding error.
    const up = (largest.length === 0 ? 0 : (largest[row] as number)) + ROUNDING;
    const down = (smallest.length === 0 ? 0 : (smallest[row] as number)) - ROUNDING;
    if (passesWith(at, up, most) && !passesWith(at, down, most)) rows[n++] = row;
  }
  return rows.slice(0, n);
}

function addOpening(sums: Float64Array, opening: number, rows: Uint32Array): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    sums[row] = (sums[row] as number) + opening;
  }
}

/** Upper bound of the rounding error of a sum of openings. */
const ROUNDING = 1e-9;

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
