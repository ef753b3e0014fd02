/* Kernel: rows and gates are in range by construction, so typed arrays are read without a check. */
import type { FactorColumns } from '../episode/columns/columns.ts';
import type { Lever } from '../lever/lever.ts';
import { openingOf } from '../lever/lever.ts';
import { packedLever } from '../lever/packed-moves.ts';
import type { ThresholdMove } from '../lever/threshold-move.ts';
import type { Gate, Gates } from '../override/replay/gates.ts';
import { RESULT } from '../override/replay/gates.ts';
import type { BlockFlips, FlipCounts, OpenCounts } from './wealth.ts';
import { noFlips } from './wealth.ts';

export const HOUR_MS = 3_600_000;

/** Returns what moves the levers for a row, by category; undefined for nothing. */
export type Moves = (row: number) => ReadonlyMap<Lever['category'], ThresholdMove> | undefined;

/** Writes how far each gate is opened for a row, in the order of the gates. */
type Openings = (row: number, openings: Float64Array) => void;

/** The flips of one block of hours, counted from 1970. */
export interface Block extends BlockFlips {
  readonly index: number;
  /** Time of its last event, milliseconds since 1970. */
  readonly last: number;
}

interface OpenBlock {
  readonly index: number;
  last: number;
  readonly loosened: OpenCounts;
  readonly tightened: OpenCounts;
}

/** The outcome of a row as a flip counts it. A row without outcome has an infinite time at which it became known. */
export function outcomeOf(gates: Gates, row: number): keyof FlipCounts {
  if (gates.columns.resolvedAt[row] === Number.POSITIVE_INFINITY) return 'unknown';
  const result = gates.result[row];
  if (result === RESULT.winner) return 'success';
  return result === RESULT.loser ? 'failure' : 'neutral';
}

/** Opens no gate: the decisions of the base thresholds. */
export const atBase: Openings = (_, openings) => {
  openings.fill(0);
};

/** Opens the gates by moves, whatever the events logged. */
export function asMoved({ gates }: Pick<Gates, 'gates'>, moves: Moves): Openings {
  return (row, openings) => {
    const moved = moves(row);
    gates.forEach(({ lever }, g) => {
      const move = moved?.get(lever.category);
      openings[g] = move ? openingOf(lever, move) : 0;
    });
  };
}

/** Opens the gates as the event logged in `applied`, else by the history of what was in force. */
export function asServed({ gates, columns: { applied } }: Gates, inForce: Moves): Openings {
  const byHistory = asMoved({ gates }, inForce);
  return (row, openings) => {
    if (applied?.known[row] !== 1) byHistory(row, openings);
    else
      gates.forEach(({ lever }, g) => {
        const value = applied.moves[packedLever(lever.category)]?.[row] ?? Number.NaN;
        openings[g] = Number.isNaN(value) ? 0 : openingOf(lever, { multiplier: value, delta: value });
      });
  };
}

/**
 * Counts the flips of each block. The rows of an episode with windows belong to the block of its first row. The order of the
 * rows does not matter.
 * @param from events before this time are left out, milliseconds since 1970
 * @param hours length of a block
 * @returns blocks with an event, ascending
 */
export function flipBlocks(gates: Gates, flipOf: FlipOf, from: number, hours: number): Block[] {
  const { columns } = gates;
  const blocks = new Map<number, OpenBlock>();
  const timeOf = blockTimes(columns);
  for (let row = 0; row < columns.size; row++) {
    const time = timeOf(row);
    if (time < from) continue;
    const index = Math.floor(time / (hours * HOUR_MS));
    let block = blocks.get(index);
    if (!block) {
      block = { index, last: time, loosened: noFlips(), tightened: noFlips() };
      blocks.set(index, block);
    }
    block.last = Math.max(block.last, time);
    const direction = flipOf(row);
    if (direction !== undefined) block[direction][outcomeOf(gates, row)]++;
  }
  return [...blocks.values()].sort((a, b) => a.index - b.index);
}

/**
 * Returns a function that tells the time by which a row belongs to a block, milliseconds since 1970: that of the first row of
 * its episode. Rows of one episode share its outcome, so a later block with some of them would not be new evidence.
 */
export function blockTimes({
  size,
  episode,
  time,
}: Pick<FactorColumns, 'size' | 'episode' | 'time'>): (row: number) => number {
  if (!episode) return row => time[row] as number;
  const first: number[] = [];
  for (let row = 0; row < size; row++) {
    const code = episode[row] as number;
    first[code] = Math.min(first[code] ?? Number.POSITIVE_INFINITY, time[row] as number);
  }
  return row => {
    const code = episode[row] as number;
    return (code > 0 ? first[code] : time[row]) as number;
  };
}

/** Returns the direction in which the decision of a row flips; undefined for no flip, and where it cannot be replayed. */
export type FlipOf = (row: number) => Direction | undefined;
type Direction = 'loosened' | 'tightened';

const DIRECTIONS: readonly (Direction | undefined)[] = [undefined, 'loosened', 'tightened'];

/**
 * Compares what is tested with what it is compared with: a flip is an event on which both decide differently. Each row is
 * compared once, because several tests read the same flips.
 */
export function flips(
  gates: Gates,
  compared: { readonly tested: Openings; readonly against: Openings },
): FlipOf {
  const compare = comparison(gates, compared);
  // 0: not compared yet; otherwise one more than the position in `DIRECTIONS`.
  const known = new Uint8Array(gates.columns.size);
  return row => {
    if (known[row] === 0) known[row] = 1 + DIRECTIONS.indexOf(compare(row));
    return DIRECTIONS[(known[row] as number) - 1];
  };
}

function comparison(
  { gates, replayable }: Gates,
  { tested, against }: { readonly tested: Openings; readonly against: Openings },
): FlipOf {
  const [ofTested, ofAgainst] = [new Float64Array(gates.length), new Float64Array(gates.length)];
  return row => {
    if (replayable[row] !== 1) return undefined;
    tested(row, ofTested);
    against(row, ofAgainst);
    let [takes, took] = [true, true];
    for (let g = 0; g < gates.length; g++) {
      const margin = (gates[g] as Gate).margin[row] as number;
      if (margin + (ofTested[g] as number) < 0) takes = false;
      if (margin + (ofAgainst[g] as number) < 0) took = false;
    }
    if (takes === took) return undefined;
    return takes ? 'loosened' : 'tightened';
  };
}
