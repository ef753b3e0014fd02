import type { ReplayLever } from '../../lever/replay-lever.ts';
import { MULTIPLIER_RANGE } from '../override.ts';
import type { Clustering } from './clusters.ts';
import type { Gates } from './gates.ts';
import { RESULT } from './gates.ts';
import type { LeverMove } from './greedy-fit.ts';
import type { ReplaySettings } from './settings.ts';

/** One way of standing the gates against another, over some rows. */
export interface UtilityComparison {
  /** Winners and losers that the first takes and the second does not, less the other way round. */
  readonly winners: number;
  readonly losers: number;
  readonly gain: number;
  /** Standard error of the gain, events that share their fate counted together. */
  readonly error: number;
  /** Rows on which they differ. */
  readonly changed: number;
}

/**
 * Which rows would be acted on under the moves: the product of all that match, clamped as a look-up clamps it.
 * @returns by row of the columns; 0 for rows that are not asked for
 */
export function decisionsUnderMoves(
  gates: Gates,
  moves: readonly LeverMove[],
  rows: Uint32Array,
): Uint8Array {
  const acts = new Uint8Array(gates.columns.size);
  const { replayable: usable } = gates;
  for (let i = 0; i < rows.length; i++) acts[rows[i] ?? 0] = usable[rows[i] ?? 0] ?? 0;
  gates.gates.forEach(({ lever, margin }, g) => {
    const mine = moves.filter(move => move.gate === g);
    if (mine.length === 0) {
      for (let i = 0; i < rows.length; i++) if ((margin[rows[i] ?? 0] ?? 0) < 0) acts[rows[i] ?? 0] = 0;
      return;
    }
    const opening = openings(gates, mine, rows);
    const most = widest(lever);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] ?? 0;
      const open = opening[i] ?? 0;
      const clamped = open > most ? most : open < -most ? -most : open;
      if ((margin[row] ?? 0) + clamped < 0) acts[row] = 0;
    }
  });
  return acts;
}

/** What the moves make of every gate together, to be asked what one of them does. */
export class AppliedMoves {
  readonly #gates: Gates;
  /** By gate and row of the columns: the sum of all that match. */
  readonly #opening: readonly (Float64Array | undefined)[];
  /** Which rows are acted on under all moves. */
  readonly acts: Uint8Array;

  constructor(gates: Gates, moves: readonly LeverMove[], rows: Uint32Array) {
    this.#gates = gates;
    this.acts = decisionsUnderMoves(gates, moves, rows);
    this.#opening = gates.gates.map((_, g) => {
      const mine = moves.filter(move => move.gate === g);
      if (mine.length === 0) return undefined;
      const byRow = new Float64Array(gates.columns.size);
      openings(gates, mine, rows).forEach((open, i) => {
        byRow[rows[i] ?? 0] = open;
      });
      return byRow;
    });
  }

  /** Which rows of its slice would be acted on without a move. */
  without(move: LeverMove, slice: Uint32Array): Uint8Array {
    const acts = new Uint8Array(this.#gates.columns.size);
    for (let i = 0; i < slice.length; i++) {
      const row = slice[i] ?? 0;
      const own = this.#passes(move.gate, row, move.opening);
      if (own === this.#passes(move.gate, row, 0)) acts[row] = this.acts[row] ?? 0;
      else acts[row] = own && this.#passesOthers(move.gate, row) ? 1 : 0;
    }
    return acts;
  }

  #passesOthers(gate: number, row: number): boolean {
    if (this.#gates.replayable[row] !== 1) return false;
    for (let g = 0; g < this.#gates.gates.length; g++)
      if (g !== gate && !this.#passes(g, row, 0)) return false;
    return true;
  }

  #passes(g: number, row: number, less: number): boolean {
    const gate = this.#gates.gates[g];
    if (!gate) return true;
    const open = (this.#opening[g]?.[row] ?? 0) - less;
    const most = widest(gate.lever);
    return (gate.margin[row] ?? 0) + (open > most ? most : open < -most ? -most : open) >= 0;
  }
}

/** Most that all matching overrides open a gate: a multiplier does by its logarithm, with one sign or the other. */
function widest(lever: ReplayLever): number {
  return lever.scale === 'log' ? LOG_RANGE : Number.POSITIVE_INFINITY;
}

const LOG_RANGE = Math.log(MULTIPLIER_RANGE.max);

/** How far the moves of one gate open it, by position in the rows. */
function openings(gates: Gates, moves: readonly LeverMove[], rows: Uint32Array): Float64Array {
  const { dimensions } = gates.columns;
  const opening = new Float64Array(rows.length);
  for (const { slice, opening: by } of moves) {
    const a = dimensions[slice.first]?.codes;
    const b = dimensions[slice.second]?.codes;
    const { firstCode, secondCode } = slice;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] ?? 0;
      if ((a && a[row] !== firstCode) || (b && b[row] !== secondCode)) continue;
      opening[i] = (opening[i] ?? 0) + by;
    }
  }
  return opening;
}

/** What acting as `first` would have brought over acting as `second`; without it, over not acting at all. */
export function compareUtility(
  gates: Gates,
  rows: Uint32Array,
  first: Uint8Array,
  second: Uint8Array | undefined,
  { payoff: { win: W, loss: L } }: ReplaySettings,
): UtilityComparison {
  const { result } = gates;
  const differ = new Uint32Array(rows.length);
  let n = 0;
  let winners = 0;
  let losers = 0;
  let flippedWinners = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    const d = (first[row] ?? 0) - (second?.[row] ?? 0);
    const r = result[row] ?? RESULT.neutral;
    if (d === 0 || r === RESULT.neutral) continue;
    differ[n++] = row;
    if (r === RESULT.winner) {
      winners += d;
      flippedWinners++;
    } else losers += d;
  }
  let variance = W * W * flippedWinners + L * L * (n - flippedWinners);
  const changed = differ.subarray(0, n);
  for (const clustering of gates.clusterings) {
    const { ww, wl, ll } = momentsOfChange(changed, first, result, clustering);
    variance = Math.max(variance, W * W * ww - 2 * W * L * wl + L * L * ll);
  }
  const gain = W * winners - L * losers;
  return { winners, losers, gain, error: Math.sqrt(variance), changed: n };
}

/** Sums over clusters of w², w·l and l², w and l being winners and losers taken more, less those taken no longer. */
function momentsOfChange(
  rows: Uint32Array,
  first: Uint8Array,
  result: Uint8Array,
  cluster: Clustering,
): { readonly ww: number; readonly wl: number; readonly ll: number } {
  const sums = { ww: 0, wl: 0, ll: 0 };
  let w = 0;
  let l = 0;
  let current = -1;
  const flush = (): void => {
    sums.ww += w * w;
    sums.wl += w * l;
    sums.ll += l * l;
    w = 0;
    l = 0;
  };
  for (const row of byCluster(rows, cluster)) {
    const own = cluster[row] ?? 0;
    if (own !== current) flush();
    current = own;
    const d = first[row] === 1 ? 1 : -1;
    if (result[row] === RESULT.winner) w += d;
    else l += d;
  }
  flush();
  return sums;
}

function byCluster(rows: Uint32Array, cluster: Clustering): Uint32Array {
  let current = 0;
  for (let i = 0; i < rows.length; i++) {
    const own = cluster[rows[i] ?? 0] ?? 0;
    if (own < current) return rows.slice().sort((a, b) => (cluster[a] ?? 0) - (cluster[b] ?? 0));
    current = own;
  }
  return rows;
}
