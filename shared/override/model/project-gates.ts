/* Kernel: the loops over rows. Rows and codes are in range by construction. */

import type { DimensionColumn } from '../../mining/types.ts';
import { countingSort } from '../../statistics/counting-sort.ts';
import type { Gate, Gates } from '../replay/gates.ts';
import type { Slice } from '../replay/slices.ts';
import { NONE } from '../replay/slices.ts';

/** Rounds of coordinate ascent; it ends earlier when no gate moves. */
const MAX_ROUNDS = 10;
/** Price of a moved slice, in the unit of the sum. */
const SLICE_PRICE = 1;

/** The openings of the gates in one slice: all events, or those with one value of one dimension. */
interface SliceGates {
  readonly slice: Slice;
  /** By gate, in the unit of its margin: above 0 admits more events. */
  readonly openings: Float64Array;
  /** Sum of the worth of what is acted on, less that at the base gates. */
  readonly gain: number;
}

interface Directions {
  readonly opens: boolean;
  readonly closes: boolean;
}

/**
 * Moves the gates so that the sum of the worth of acted events is largest, by none or one dimension: the one with the
 * largest sum, less a price for each slice that moves. Each gate in turn takes the step of its grid with the largest sum
 * (coordinate ascent).
 * @param worth of acting on a row, by row of the columns
 */
export function projectOntoGates(
  gates: Gates,
  rows: Uint32Array,
  worth: Float64Array,
  directions: Directions,
  nMin: number,
): readonly SliceGates[] {
  const grids = gates.gates.map(gate => gridOf(gate, directions, gates.replayable));
  const all = ascend(grids, rows, worth);
  let best: readonly SliceGates[] = all ? [{ slice: sliceOf(NONE, 0, rows.length), ...all }] : [];
  let largest = best.reduce((sum, { gain }) => sum + gain - SLICE_PRICE, 0);
  const byName = [...gates.columns.dimensions.entries()].sort(([, a], [, b]) => (a.name < b.name ? -1 : 1));
  for (const [d, dimension] of byName) {
    const moved = ascendBy(grids, rows, worth, d, dimension, nMin);
    const sum = moved.reduce((total, { gain }) => total + gain - SLICE_PRICE, 0);
    if (sum <= largest) continue;
    largest = sum;
    best = moved;
  }
  return largest > 0 ? best : [];
}

function ascendBy(
  grids: readonly Grid[],
  rows: Uint32Array,
  worth: Float64Array,
  d: number,
  { values, codes }: DimensionColumn,
  nMin: number,
): SliceGates[] {
  const { order, start } = countingSort(rows, codes, values.length + 1);
  // Sorted, so that the sum over the slices has one order.
  const sorted = values.map((value, v) => ({ value, v })).sort((a, b) => (a.value < b.value ? -1 : 1));
  return sorted.flatMap(({ v }) => {
    const ofValue = order.subarray(start[v + 1], start[v + 2]);
    if (ofValue.length < nMin) return [];
    const found = ascend(grids, ofValue, worth);
    return found && found.gain > SLICE_PRICE ? [{ slice: sliceOf(d, v + 1, ofValue.length), ...found }] : [];
  });
}

function sliceOf(first: number, firstCode: number, n: number): Slice {
  return { first, firstCode, second: NONE, secondCode: 0, n };
}

/** The openings that one gate may take. */
interface Grid {
  /** Ascending from the largest closing; 0 is one of them. */
  readonly openings: Float64Array;
  /** Position of 0. */
  readonly base: number;
  /** By row of the columns: position of the first opening from which on the gate passes; `NEVER` for none. */
  readonly passesFrom: Uint8Array;
}

/** Larger than any position of a grid. */
const NEVER = 255;

function gridOf({ steps, margin }: Gate, { opens, closes }: Directions, replayable: Uint8Array): Grid {
  const closings = closes ? Array.from(steps, step => -step).reverse() : [];
  const openings = Float64Array.from([...closings, 0, ...(opens ? steps : [])]);
  const passesFrom = new Uint8Array(margin.length).fill(NEVER);
  for (let row = 0; row < margin.length; row++) {
    if (replayable[row] !== 1) continue;
    let s = 0;
    while (s < openings.length && (margin[row] as number) + (openings[s] as number) < 0) s++;
    if (s < openings.length) passesFrom[row] = s;
  }
  return { openings, base: closings.length, passesFrom };
}

/** Returns undefined when no gate moves. */
function ascend(grids: readonly Grid[], rows: Uint32Array, worth: Float64Array) {
  const at = Uint8Array.from(grids, grid => grid.base);
  let reached = 0;
  let atBase: number | undefined;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let moved = false;
    for (let g = 0; g < grids.length; g++) {
      const sums = sumsOf(grids, rows, worth, at, g);
      if (atBase === undefined) {
        atBase = sums[at[g] as number] as number;
        reached = atBase;
      }
      for (let s = 0; s < sums.length; s++) {
        if ((sums[s] as number) <= reached + 1e-9) continue;
        reached = sums[s] as number;
        at[g] = s;
        moved = true;
      }
    }
    if (!moved) break;
  }
  const openings = Float64Array.from(grids, (grid, g) => grid.openings[at[g] as number] as number);
  return openings.some(opening => opening !== 0) ? { openings, gain: reached - (atBase ?? 0) } : undefined;
}

/**
 * Returns, for each opening of one gate, the sum of the worth of the rows that pass all gates.
 * @param at position of each other gate in its grid
 */
function sumsOf(
  grids: readonly Grid[],
  rows: Uint32Array,
  worth: Float64Array,
  at: Uint8Array,
  moving: number,
): Float64Array {
  const { openings, passesFrom } = grids[moving] as Grid;
  const others = grids.flatMap((grid, g) =>
    g === moving ? [] : [{ from: grid.passesFrom, at: at[g] as number }],
  );
  const sums = new Float64Array(openings.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const from = passesFrom[row] as number;
    let passes = from !== NEVER;
    for (let o = 0; o < others.length && passes; o++) {
      const other = others[o] as { readonly from: Uint8Array; readonly at: number };
      passes = (other.from[row] as number) <= other.at;
    }
    if (passes) sums[from] = (sums[from] as number) + (worth[row] as number);
  }
  for (let s = 1; s < sums.length; s++) sums[s] = (sums[s] as number) + (sums[s - 1] as number);
  return sums;
}
