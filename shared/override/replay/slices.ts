/* Kernel: rows and codes are in range by construction, so typed arrays are read without a check. */

import type { FactorColumns } from '../../episode/columns/columns.ts';
import type { Scope } from '../../pattern/scope.ts';
import { scopeFromPairs } from '../../pattern/scope.ts';
import { choicesWithin, rankChoices } from './slice-shares.ts';

/** One slice of at most two dimensions; `second` is `NONE` for fewer, and so is `first` for the global slice. */
export interface Slice {
  /** Index of a dimension, and a code of it. */
  readonly first: number;
  readonly firstCode: number;
  readonly second: number;
  readonly secondCode: number;
  /** Number of rows. */
  readonly n: number;
}

/** Codes of the values of one dimension. */
export type Codes = Uint16Array | Uint32Array;

/** Two dimensions with more combinations of values than this are not combined. */
const MAX_CELLS = 1 << 22;
/** Maximum number of cells of all combinations in memory. */
const MAX_KEPT_CELLS = 1 << 25;
export const NONE = -1;

/**
 * One choice of at most two dimensions, by index. A row is in the cell `a · stride + b`, where a and b are its codes; that
 * of an absent dimension (`NONE`) counts as 0.
 */
export interface Combination {
  readonly first: number;
  readonly second: number;
  /** Cells per code of the first dimension. */
  readonly stride: number;
  /** Index of each cell's slice, or `NONE`; the number of rows while cells are counted. */
  readonly sliceOf: Int32Array;
}

/** The rows that slices are made of. */
interface SlicedRows {
  readonly size: number;
  readonly codes: readonly Codes[];
  /** Number of codes of each dimension: one for each value, and code 0 for rows that lack the dimension. */
  readonly widths: readonly number[];
}

export interface SliceLimits {
  readonly nMin: number;
  /** Rows from which a slice is listed as near. */
  readonly nearMin: number;
  readonly maxDimensions: number;
  /** Maximum record visits (one row counted for one combination of dimensions). */
  readonly maxVisits: number;
  readonly maxSlices: number;
}

/** Slices of some numbers of dimensions: fewer dimensions first, then by name, then by value. */
interface Level {
  readonly list: Slice[];
  readonly near: Slice[];
  readonly combinations: Combination[];
  readonly cut: SliceCut[];
}

/** The slices of at most two dimensions with enough rows. */
export interface Slices {
  readonly list: readonly Slice[];
  /** Slices with at least `nearMin` rows and fewer than `nMin`. */
  readonly near: readonly Slice[];
  /** Slices that were left out to keep the work bounded. */
  readonly cut: readonly SliceCut[];
  readonly combinations: readonly Combination[];
}

type Choice = readonly [first: number, second: number];

/** Counts the slices, as many as a budget allows. */
export function findSlices(rows: SlicedRows, limits: SliceLimits): Slices {
  return findAllSlices(rows, limits) ?? divided(rows, levelsOf(rows, limits), limits);
}

/** Counts the slices; undefined when they overrun a budget. */
export function findAllSlices(rows: SlicedRows, limits: SliceLimits): Slices | undefined {
  return countLevels(rows, levelsOf(rows, limits), limits);
}

function levelsOf({ widths }: SlicedRows, { maxDimensions }: SliceLimits): readonly (readonly Choice[])[] {
  return Array.from({ length: maxDimensions + 1 }, (_, depth) => choicesOf(widths.length, depth));
}

/** Combinations of one level that were left out, or two dimensions, by index, with too many combinations of values. */
export type SliceCut =
  | {
      readonly depth: number;
      readonly why: 'visits' | 'slices';
      /** Number of combinations of dimensions that were left out. */
      readonly combinations: number;
      /** Number of all combinations of the level. */
      readonly of: number;
    }
  | { readonly why: 'cells'; readonly first: number; readonly second: number };

/** Counts levels of dimensions; undefined when they overrun a budget. */
function countLevels(
  rows: SlicedRows,
  levels: readonly (readonly Choice[])[],
  limits: SliceLimits,
): Level | undefined {
  const all = emptyLevel();
  if (levels.flat().length * rows.size > limits.maxVisits) return undefined;
  for (const choices of levels) {
    const level = countLevel(rows, choices, all.list.length, limits);
    if (!level) return undefined;
    for (const slice of level.list) all.list.push(slice);
    for (const slice of level.near) all.near.push(slice);
    for (const combination of level.combinations) all.combinations.push(combination);
    for (const part of level.cut) all.cut.push(part);
  }
  return all;
}

/** Counts the levels of dimensions that the budget allows when it is divided among the dimensions. */
function divided(rows: SlicedRows, levels: readonly (readonly Choice[])[], limits: SliceLimits): Level {
  const ranked = rankChoices(rows, levels.flat(), limits.nMin);
  const visited = choicesWithin(ranked, limits.maxVisits, () => rows.size);
  const slices = new Map([...visited].map(choice => [choice, slicesOf(rows, choice, limits.nMin)]));
  const kept = choicesWithin(
    ranked.map(tier => tier.filter(choice => visited.has(choice))),
    limits.maxSlices,
    choice => slices.get(choice) ?? 0,
  );
  // The natural order stays, on which the choice among slices with the same events depends.
  const chosen = levels.map(choices => choices.filter(choice => kept.has(choice)));
  const level = countLevels(rows, chosen, limits) ?? emptyLevel();
  for (const [depth, choices] of levels.entries()) {
    const combinations = choices.length - (chosen[depth]?.length ?? 0);
    const why = choices.some(choice => visited.has(choice) && !kept.has(choice)) ? 'slices' : 'visits';
    if (combinations > 0) level.cut.push({ depth, why, combinations, of: choices.length });
  }
  return level;
}

/** Returns the number of slices of one choice of dimensions. */
function slicesOf(rows: SlicedRows, choice: Choice, nMin: number): number {
  const level = countLevel(rows, [choice], 0, {
    nMin,
    nearMin: Number.POSITIVE_INFINITY,
    maxDimensions: 2,
    maxVisits: Number.POSITIVE_INFINITY,
    maxSlices: Number.POSITIVE_INFINITY,
  });
  return level?.list.length ?? 0;
}

const emptyLevel = (): Level => ({ list: [], near: [], combinations: [], cut: [] });

function choicesOf(dimensions: number, depth: number): Choice[] {
  if (depth === 0) return [[NONE, NONE]];
  const all = Array.from({ length: dimensions }, (_, d) => d);
  if (depth === 1) return all.map(d => [d, NONE] as const);
  return all.flatMap(d => all.slice(d + 1).map(e => [d, e] as const));
}

/**
 * Counts the slices of some choices of dimensions; undefined when there would be more slices than allowed.
 * @param before number of slices of fewer dimensions
 */
function countLevel(
  { size, codes, widths }: SlicedRows,
  choices: readonly Choice[],
  before: number,
  limits: SliceLimits,
): Level | undefined {
  const level = emptyLevel();
  let kept = 0;
  for (const [first, second] of choices) {
    const stride = widths[second] ?? 1;
    const cells = (widths[first] ?? 1) * stride;
    if (cells > MAX_CELLS || kept + cells > MAX_KEPT_CELLS) {
      level.cut.push({ why: 'cells', first, second });
      continue;
    }
    const combination = { first, second, stride, sliceOf: new Int32Array(cells) };
    countCells(combination, codes[first], codes[second], size);
    addSlices(level, combination, [first, second], before, limits);
    if (before + level.list.length > limits.maxSlices) return undefined;
    // A combination without any slice needs no memory.
    if (combination.sliceOf.every(slice => slice === NONE)) continue;
    kept += cells;
    level.combinations.push(combination);
  }
  return level;
}

function countCells(
  { stride, sliceOf }: Combination,
  a: Codes | undefined,
  b: Codes | undefined,
  size: number,
): void {
  if (!a) {
    sliceOf[0] = size;
  } else if (!b) {
    for (let i = 0; i < size; i++) {
      const cell = a[i] as number;
      sliceOf[cell] = (sliceOf[cell] as number) + 1;
    }
  } else {
    for (let i = 0; i < size; i++) {
      const cell = (a[i] as number) * stride + (b[i] as number);
      sliceOf[cell] = (sliceOf[cell] as number) + 1;
    }
  }
}

/** Lists the counted cells with enough rows, and replaces each count by the index of its slice. */
function addSlices(
  { list, near }: Level,
  { stride, sliceOf }: Combination,
  [first, second]: readonly [number, number],
  before: number,
  { nMin, nearMin, maxSlices }: SliceLimits,
): void {
  for (let cell = 0; cell < sliceOf.length; cell++) {
    const n = sliceOf[cell] as number;
    sliceOf[cell] = NONE;
    const firstCode = Math.floor(cell / stride);
    const secondCode = second === NONE ? 0 : cell % stride;
    if ((first !== NONE && firstCode === 0) || (second !== NONE && secondCode === 0)) continue;
    const slice = { first, firstCode, second, secondCode, n };
    if (n >= nMin) sliceOf[cell] = before + list.push(slice) - 1;
    else if (n >= nearMin && near.length < maxSlices) near.push(slice);
  }
}

/** Returns the rows that belong to a slice. */
export function rowsOf(slice: Slice, columns: FactorColumns, rows: Uint32Array): Uint32Array {
  const a = columns.dimensions[slice.first]?.codes;
  const b = columns.dimensions[slice.second]?.codes;
  if (!a) return rows;
  const found = new Uint32Array(rows.length);
  let n = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    if (a[row] === slice.firstCode && (!b || b[row] === slice.secondCode)) found[n++] = row;
  }
  return found.subarray(0, n);
}

/** Returns the number of dimensions of a slice. */
export function sliceDimensions(slice: Slice): 0 | 1 | 2 {
  return slice.first === NONE ? 0 : slice.second === NONE ? 1 : 2;
}

/** Returns the scope of a slice. */
export function sliceScope(slice: Slice, columns: FactorColumns): Scope {
  const pairs: [string, string][] = [];
  for (const [d, code] of [
    [slice.first, slice.firstCode],
    [slice.second, slice.secondCode],
  ] as const) {
    const dimension = columns.dimensions[d];
    if (dimension) pairs.push([dimension.name, dimension.values[code - 1] ?? '']);
  }
  return scopeFromPairs(pairs);
}
