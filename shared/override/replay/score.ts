import { MULTIPLIER_RANGE } from '../override.ts';
import type { Move } from './fit.ts';
import type { Gates } from './gates.ts';
import { RESULT } from './gates.ts';
import type { ReplaySettings } from './settings.ts';
import { rowsOf } from './slices.ts';

/** One way of standing the gates against another, over some rows. */
export interface Comparison {
  /** Winners and losers that the first takes and the second does not, less the other way round. */
  readonly winners: number;
  readonly losers: number;
  readonly gain: number;
  /** Standard error of the gain, events that share their fate counted together. */
  readonly error: number;
  /** Rows on which they differ. */
  readonly changed: number;
}

/** Which rows would be acted on under the moves: the product of all that match, clamped as a look-up clamps it. */
export function taken(gates: Gates, moves: readonly Move[], rows: Uint32Array): Uint8Array {
  const { size } = gates.columns;
  const acts = new Uint8Array(size);
  for (let i = 0; i < rows.length; i++) acts[rows[i] ?? 0] = gates.usable[rows[i] ?? 0] ?? 0;
  gates.gates.forEach(({ lever, margin }, g) => {
    const opening = openings(
      gates,
      moves.filter(move => move.gate === g),
      rows,
    );
    // A multiplier opens by its logarithm, with one sign or the other: the range is symmetric.
    const most = lever.scale === 'log' ? Math.log(MULTIPLIER_RANGE.max) : Number.POSITIVE_INFINITY;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] ?? 0;
      const open = opening?.[row] ?? 0;
      const clamped = open > most ? most : open < -most ? -most : open;
      if ((margin[row] ?? 0) + clamped < 0) acts[row] = 0;
    }
  });
  return acts;
}

function openings(gates: Gates, moves: readonly Move[], rows: Uint32Array): Float64Array | undefined {
  if (moves.length === 0) return undefined;
  const opening = new Float64Array(gates.columns.size);
  for (const move of moves) {
    const moved = rowsOf(move.slice, gates.columns, rows);
    for (let i = 0; i < moved.length; i++)
      opening[moved[i] ?? 0] = (opening[moved[i] ?? 0] ?? 0) + move.opening;
  }
  return opening;
}

/** What acting as `first` would have brought over acting as `second`; without it, over not acting at all. */
export function compare(
  gates: Gates,
  rows: Uint32Array,
  first: Uint8Array,
  second: Uint8Array | undefined,
  { payoff: { win: W, loss: L } }: ReplaySettings,
): Comparison {
  const { result } = gates;
  const change = new Int8Array(gates.columns.size);
  let winners = 0;
  let losers = 0;
  let flippedWinners = 0;
  let flippedLosers = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    const d = (first[row] ?? 0) - (second?.[row] ?? 0);
    if (d === 0 || result[row] === RESULT.neutral) continue;
    change[row] = d;
    if (result[row] === RESULT.winner) {
      winners += d;
      flippedWinners++;
    } else {
      losers += d;
      flippedLosers++;
    }
  }
  let variance = W * W * flippedWinners + L * L * flippedLosers;
  for (const { cluster, order } of gates.clusterings) {
    const sums = [0, 0, 0] as [number, number, number];
    let w = 0;
    let l = 0;
    let current = -1;
    const flush = (): void => {
      sums[0] += w * w;
      sums[1] += w * l;
      sums[2] += l * l;
      w = 0;
      l = 0;
    };
    for (let at = 0; at < order.length; at++) {
      const row = order[at] ?? 0;
      const d = change[row] ?? 0;
      if (d === 0) continue;
      if (cluster[row] !== current) {
        flush();
        current = cluster[row] ?? 0;
      }
      if (result[row] === RESULT.winner) w += d;
      else l += d;
    }
    flush();
    variance = Math.max(variance, W * W * sums[0] - 2 * W * L * sums[1] + L * L * sums[2]);
  }
  const gain = W * winners - L * losers;
  return { winners, losers, gain, error: Math.sqrt(variance), changed: flippedWinners + flippedLosers };
}
