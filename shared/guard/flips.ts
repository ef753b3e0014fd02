/* Kernel: rows and gates are in range by construction, so typed arrays are read without a check. */
import type { FactorColumns } from '../episode/columns/columns.ts';
import type { Lever } from '../lever/lever.ts';
import { openingOf } from '../lever/lever.ts';
import { packedLever } from '../lever/packed-moves.ts';
import type { ThresholdMove } from '../lever/threshold-move.ts';
import type { Gates } from '../override/replay/gates.ts';
import { RESULT } from '../override/replay/gates.ts';
import type { BlockFlips, FlipCounts } from './wealth.ts';

export const HOUR_MS = 3_600_000;

/** Returns what moved the levers of a row that logged no `applied`, by category; undefined when nothing was in force. */
export type MovesInForce = (row: number) => ReadonlyMap<Lever['category'], ThresholdMove> | undefined;

/** The flips of one block of hours, counted from 1970. */
export interface Block extends BlockFlips {
  readonly index: number;
  /** Time of its last event, milliseconds since 1970. */
  readonly last: number;
}

type Counts = { -readonly [Name in keyof FlipCounts]: number };
interface OpenBlock {
  readonly index: number;
  last: number;
  readonly loosened: Counts;
  readonly tightened: Counts;
}

/** The outcome of a row as a flip counts it. A row without outcome has an infinite time at which it became known. */
function outcomeOf(gates: Gates, row: number): keyof FlipCounts {
  if (gates.columns.resolvedAt[row] === Number.POSITIVE_INFINITY) return 'unknown';
  const result = gates.result[row];
  if (result === RESULT.winner) return 'success';
  return result === RESULT.loser ? 'failure' : 'neutral';
}

/**
 * Counts the flips of each block: events on which what was in force and the base gates decide differently. The rows of an
 * episode with windows belong to the block of its first row. The order of the rows does not matter.
 * @param from events before this time are left out, milliseconds since 1970
 * @param hours length of a block
 * @returns blocks with an event, ascending
 */
export function flipBlocks(gates: Gates, inForce: MovesInForce, from: number, hours: number): Block[] {
  const { columns } = gates;
  const blocks = new Map<number, OpenBlock>();
  const firstTime = firstTimes(columns);
  const openings = new Float64Array(gates.gates.length);
  for (let row = 0; row < columns.size; row++) {
    const episode = columns.episode?.[row] ?? 0;
    const time = episode > 0 ? (firstTime[episode] as number) : (columns.time[row] as number);
    if (time < from) continue;
    const index = Math.floor(time / (hours * HOUR_MS));
    let block = blocks.get(index);
    if (!block) {
      block = { index, last: time, loosened: noFlips(), tightened: noFlips() };
      blocks.set(index, block);
    }
    block.last = Math.max(block.last, time);
    if (gates.replayable[row] !== 1) continue;
    readOpenings(gates, inForce, row, openings);
    const direction = flipOf(gates, openings, row);
    if (direction !== undefined) block[direction][outcomeOf(gates, row)]++;
  }
  return [...blocks.values()].sort((a, b) => a.index - b.index);
}

const noFlips = (): Counts => ({ success: 0, failure: 0, neutral: 0, unknown: 0 });

/** Returns the time of the first row of each episode with windows, by its code. */
function firstTimes({ size, episode, time }: FactorColumns): number[] {
  const first: number[] = [];
  if (!episode) return first;
  for (let row = 0; row < size; row++) {
    const code = episode[row] as number;
    first[code] = Math.min(first[code] ?? Number.POSITIVE_INFINITY, time[row] as number);
  }
  return first;
}

/** Writes how far each gate was opened for a row: as the event logged it, else by the history of what was in force. */
function readOpenings(gates: Gates, inForce: MovesInForce, row: number, openings: Float64Array): void {
  const { applied } = gates.columns;
  const moves = applied?.known[row] === 1 ? undefined : inForce(row);
  gates.gates.forEach(({ lever }, g) => {
    if (applied?.known[row] === 1) {
      const value = applied.moves[packedLever(lever.category)]?.[row] ?? Number.NaN;
      openings[g] = Number.isNaN(value) ? 0 : openingOf(lever, { multiplier: value, delta: value });
    } else {
      const move = moves?.get(lever.category);
      openings[g] = move ? openingOf(lever, move) : 0;
    }
  });
}

/** Returns in which direction the decision of a row flips; undefined when it does not. */
function flipOf(gates: Gates, openings: Float64Array, row: number): 'loosened' | 'tightened' | undefined {
  let base = true;
  let served = true;
  for (let g = 0; g < openings.length; g++) {
    const margin = (gates.gates[g] as Gates['gates'][number]).margin[row] as number;
    if (margin < 0) base = false;
    if (margin + (openings[g] as number) < 0) served = false;
  }
  if (base === served) return undefined;
  return served ? 'loosened' : 'tightened';
}
