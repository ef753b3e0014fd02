import { mineSlices } from '../../mining/mine-slices.ts';
import type { MineInput, MiningResult, SliceTable } from '../../mining/types.ts';
import { MAX_LESSONS } from '../mine-lessons.ts';
import type { FindingCounts } from './findings.ts';
import { N_MIN_RANGE, PERMUTATIONS } from './schema.ts';
import { hashColumns, sfc32, shuffleOutcomes } from './shuffle.ts';

/** A row is a hit, or what else its share is made of, or counts towards `N_MIN` only. */
export const CLASS = { hit: 0, other: 1, undecided: 2 } as const;
export const CLASS_COUNT = 3;

/** What a study may cost; counted, not timed, so that the same events give the same study on any machine. */
export interface StudyBudget {
  /** Record visits of one search for slices. */
  readonly maxWork: number;
  /** Rows counted into slices by all shuffles together. */
  readonly maxShuffled: number;
}

/** Some ten seconds of one core at most: two for the first search, the rest for the shuffles. */
export const STUDY_BUDGET: StudyBudget = { maxWork: 5e8, maxShuffled: 1e9 };

/** Shuffles that one search counts: a class has a bit for each. */
const SHUFFLES_AT_ONCE = 3;

/** How many shuffles the budget allows: each counts every row of every slice, three of them in one search. */
export function affordablePermutations(support: Uint32Array, { maxShuffled }: StudyBudget): number {
  const searches = Math.floor(
    maxShuffled /
      Math.max(
        1,
        support.reduce((sum, n) => sum + n, 0),
      ),
  );
  return Math.min(PERMUTATIONS, SHUFFLES_AT_ONCE * searches);
}

/** Deals the hits anew `shuffles` times, and answers what is found in each. */
export function permutedFindings(
  input: MineInput,
  { slices, cut }: MiningResult,
  shuffles: number,
  find: (hits: Uint32Array) => FindingCounts[],
): FindingCounts[][] {
  const { size, classes, dimensions } = input;
  if (slices.count < 2) return Array.from({ length: shuffles }, () => find(new Uint32Array(slices.count)));
  const next = sfc32(hashColumns([classes, ...dimensions.map(d => d.codes)]));
  const pool = Uint32Array.from({ length: size }, (_, row) => row).filter(
    row => classes[row] !== CLASS.undecided,
  );
  const hits = countOf(input, CLASS.hit);
  const patterns = 2 ** SHUFFLES_AT_ONCE;
  const found: FindingCounts[][] = [];
  while (found.length < shuffles) {
    const bits = new Uint8Array(size);
    for (let s = 0; s < SHUFFLES_AT_ONCE; s++) shuffleOutcomes(bits, 1 << s, pool, hits, next);
    const again = mineSlices(
      {
        ...input,
        classes: bits,
        classCount: patterns,
        supporting: new Array<boolean>(patterns).fill(true),
      },
      {
        nMin: N_MIN_RANGE.from,
        nearMin: N_MIN_RANGE.from,
        maxSlices: MAX_LESSONS,
        ...(cut && { maxDepth: cut.depth }),
      },
    ).slices;
    // The slices depend on the scopes alone, so they are the same, in the same order.
    if (again.count !== slices.count) return found;
    for (let s = 0; s < SHUFFLES_AT_ONCE; s++) {
      const set = Array.from({ length: patterns }, (_, c) => c).filter(c => ((c >> s) & 1) === 1);
      found.push(find(sumOf(again, set, patterns)));
    }
  }
  return found;
}

export function countOf({ classes, size }: MineInput, wanted: number): number {
  return classes.subarray(0, size).reduce((n, c) => n + Number(c === wanted), 0);
}

/** Of each slice, its rows of some classes. */
export function sumOf(
  { count, counts }: SliceTable,
  classes: readonly number[],
  classCount = CLASS_COUNT,
): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) =>
    classes.reduce((sum, c) => sum + (counts[i * classCount + c] ?? 0), 0),
  );
}
