import { mineSlices } from '../../mining/mine-slices.ts';
import type { DimensionColumn, MineInput, MiningResult, SliceTable } from '../../mining/types.ts';
import { elementAt } from '../../numbers.ts';
import { countingSort, rowNumbers } from '../../statistics/counting-sort.ts';
import type { RandomIntegers } from '../../statistics/random.ts';
import { sfc32, shuffleFront } from '../../statistics/random.ts';
import { MAX_LESSONS } from '../mine-lessons.ts';
import type { FindingCounts } from './findings.ts';
import { N_MIN_RANGE, PERMUTATIONS } from './schema.ts';

/**
 * Class of a row: a success of the tested share (hit), another decided event, or one that only counts towards `N_MIN`.
 */
export const CLASS = { hit: 0, other: 1, undecided: 2 } as const;
export const CLASS_COUNT = 3;

/** Limits of a study's work. They count work and not time, so that equal events give equal studies on any machine. */
export interface StudyBudget {
  /** Record visits of one search for slices. */
  readonly maxWork: number;
  /** Rows counted into slices, summed over all permutations. */
  readonly maxShuffled: number;
}

/** About ten seconds of one core at most: two for the first search, the rest for the permutations. */
export const STUDY_BUDGET: StudyBudget = { maxWork: 5e8, maxShuffled: 1e9 };

/** Permutations that one search counts: the class of a row has one bit for each. */
const PERMUTATIONS_PER_SEARCH = 3;

/**
 * Returns how many permutations the budget allows, at most `PERMUTATIONS`. Each search counts every row of every slice
 * once, for `PERMUTATIONS_PER_SEARCH` permutations.
 * @param support rows of each slice
 */
export function affordablePermutations(support: Uint32Array, { maxShuffled }: StudyBudget): number {
  const rowsPerSearch = support.reduce((sum, n) => sum + n, 0);
  const searches = Math.floor(maxShuffled / Math.max(1, rowsPerSearch));
  return Math.min(PERMUTATIONS, PERMUTATIONS_PER_SEARCH * searches);
}

/**
 * Permutes which decided events are hits (permutation test), and returns the findings of each permutation. Scopes do
 * not change. The result has fewer than `permutations` elements when a search exceeds its budget.
 * @param input rows in `contentOrder`, so that the seed, a hash of the rows, does not depend on the order of reading
 * @param find counts the findings, given the number of hits in each slice
 */
export function permutedFindings(
  input: MineInput,
  { slices, cut }: MiningResult,
  permutations: number,
  find: (hits: Uint32Array) => FindingCounts[],
): FindingCounts[][] {
  const { size, classes, dimensions } = input;
  if (slices.count < 2)
    return Array.from({ length: permutations }, () => find(new Uint32Array(slices.count)));
  const next = sfc32(hashColumns([classes, ...dimensions.map(d => d.codes)]));
  const pool = rowNumbers(size).filter(row => classes[row] !== CLASS.undecided);
  const hits = countOf(input, CLASS.hit);
  const bitPatterns = 2 ** PERMUTATIONS_PER_SEARCH;
  const findings: FindingCounts[][] = [];
  while (findings.length < permutations) {
    const permutedClasses = new Uint8Array(size);
    for (let bit = 0; bit < PERMUTATIONS_PER_SEARCH; bit++)
      shuffleOutcomes(permutedClasses, 1 << bit, pool, hits, next);
    const permuted = mineSlices(
      {
        ...input,
        classes: permutedClasses,
        classCount: bitPatterns,
        supporting: new Array<boolean>(bitPatterns).fill(true),
      },
      {
        nMin: N_MIN_RANGE.from,
        nearMin: N_MIN_RANGE.from,
        maxSlices: MAX_LESSONS,
        ...(cut && { maxDepth: cut.depth }),
      },
    ).slices;
    // Slices depend on the scopes alone, so another number of them means that the search exceeded its budget.
    if (permuted.count !== slices.count) return findings;
    for (let bit = 0; bit < PERMUTATIONS_PER_SEARCH; bit++) {
      const hitClasses = Array.from({ length: bitPatterns }, (_, c) => c).filter(c => ((c >> bit) & 1) === 1);
      findings.push(find(sumOf(permuted, hitClasses, bitPatterns)));
    }
  }
  return findings;
}

/**
 * Sets the bits of `mask` in `hits` cells. Their indexes are a random sample of the pool; every sample of that size has
 * the same probability. The pool's order changes.
 */
export function shuffleOutcomes(
  cells: Uint8Array,
  mask: number,
  pool: Uint32Array,
  hits: number,
  next: RandomIntegers,
): void {
  shuffleFront(pool, hits, next);
  for (const cell of pool.subarray(0, hits)) cells[cell] = elementAt(cells, cell) | mask;
}

/**
 * Returns the rows in an order that depends on their content alone: by class, then by the values of the dimensions, the
 * last one first. A random sample of row numbers then does not depend on the order of reading. Rows with equal content
 * are interchangeable.
 */
export function contentOrder(
  size: number,
  classes: Uint8Array,
  dimensions: readonly DimensionColumn[],
): Uint32Array {
  // A radix sort: each pass is stable, so the last key decides first.
  let order = rowNumbers(size);
  for (const { codes, values } of dimensions) order = countingSort(order, codes, values.length + 1).order;
  return countingSort(order, classes, CLASS_RANGE).order;
}

const CLASS_RANGE = 256;

/** Returns the seed of the permutations: the 32-bit FNV-1a hash of all columns. */
function hashColumns(columns: readonly Uint8Array[] | readonly DimensionColumn['codes'][]): number {
  let hash = 0x811c9dc5;
  for (const column of columns) for (const value of column) hash = Math.imul(hash ^ value, 0x01000193);
  return hash >>> 0;
}

/** Returns the number of rows of a class. */
export function countOf({ classes, size }: MineInput, classCode: number): number {
  return classes.subarray(0, size).reduce((n, c) => n + Number(c === classCode), 0);
}

/** Returns, for each slice, the number of its rows whose class is in a set. */
export function sumOf(
  { count, counts }: SliceTable,
  classes: readonly number[],
  classCount = CLASS_COUNT,
): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) =>
    classes.reduce((sum, c) => sum + elementAt(counts, i * classCount + c), 0),
  );
}
