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
  const all = ascend(gates, rows, worth, directions);
  let best: readonly SliceGates[] = all ? [{ slice: sliceOf(NONE, 0, rows.length), ...all }] : [];
  let largest = best.reduce((sum, { gain }) => sum + gain - SLICE_PRICE, 0);
  const byName = [...gates.columns.dimensions.entries()].sort(([, a], [, b]) => (a.name < b.name ? -1 : 1));
  for (const [d, dimension] of byName) {
    const moved = ascendBy(gates, rows, worth, directions, d, dimension, nMin);
    const sum = moved.reduce((total, { gain }) => total + gain - SLICE_PRICE, 0);
    if (sum <= largest) continue;
    largest = sum;
    best = moved;
  }
  return largest > 0 ? best : [];
}

function ascendBy(
  gates: Gates,
  rows: Uint32Array,
  worth: Float64Array,
  directions: Directions,
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
    const found = ascend(gates, ofValue, worth, directions);
    return found && found.gain > SLICE_PRICE ? [{ slice: sliceOf(d, v + 1, ofValue.length), ...found }] : [];
  });
}

function sliceOf(first: number, firstCode: number, n: number): Slice {
  return { first, firstCode, second: NONE, secondCode: 0, n };
}

/** Returns undefined when no gate moves. */
function ascend(gates: Gates, rows: Uint32Array, worth: Float64Array, directions: Directions) {
  const openings = new Float64Array(gates.gates.length);
  const grids = gates.gates.map(gate => gridOf(gate, directions));
  const atBase = sumAt(gates, rows, worth, openings, 0, Float64Array.of(0))[0] as number;
  let reached = atBase;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let moved = false;
    for (let g = 0; g < grids.length; g++) {
      const grid = grids[g] as Float64Array;
      if (grid.length < 2) continue;
      const sums = sumAt(gates, rows, worth, openings, g, grid);
      for (let s = 0; s < grid.length; s++) {
        if ((sums[s] as number) <= reached + 1e-9) continue;
        reached = sums[s] as number;
        openings[g] = grid[s] as number;
        moved = true;
      }
    }
    if (!moved) break;
  }
  return openings.some(opening => opening !== 0) ? { openings, gain: reached - atBase } : undefined;
}

/** Returns the openings that a gate may take, ascending from its largest closing; 0 is one of them. */
function gridOf({ steps }: Gate, { opens, closes }: Directions): Float64Array {
  const closings = closes ? Array.from(steps, step => -step).reverse() : [];
  return Float64Array.from([...closings, 0, ...(opens ? steps : [])]);
}

/** Returns, for each opening of one gate, the sum of the worth of the rows that pass all gates. */
function sumAt(
  { gates, replayable }: Gates,
  rows: Uint32Array,
  worth: Float64Array,
  openings: Float64Array,
  moving: number,
  grid: Float64Array,
): Float64Array {
  const sums = new Float64Array(grid.length);
  const { margin } = gates[moving] as Gate;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    if (replayable[row] !== 1) continue;
    let passes = true;
    for (let g = 0; g < gates.length && passes; g++)
      if (g !== moving) passes = ((gates[g] as Gate).margin[row] as number) + (openings[g] as number) >= 0;
    if (!passes) continue;
    // The row passes from the first opening on that makes up for its margin.
    let s = 0;
    while (s < grid.length && (margin[row] as number) + (grid[s] as number) < 0) s++;
    if (s < grid.length) sums[s] = (sums[s] as number) + (worth[row] as number);
  }
  for (let s = 1; s < grid.length; s++) sums[s] = (sums[s] as number) + (sums[s - 1] as number);
  return sums;
}
