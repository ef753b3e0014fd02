import type { SliceTable } from '../../mining/types.ts';
import { elementAt } from '../../numbers.ts';
import { testAgainstRest } from '../../statistics/fisher-exact.ts';
import { DIFFERENCE_SIDE, SliceLattice } from './slice-lattice.ts';

/** The number of lessons that differ from the rest, at one `N_MIN`. */
export interface FindingCounts {
  /** Lessons that differ at the given false-discovery rate. */
  readonly differ: number;
  /** General findings among them: no more general lesson differs on the same side. */
  readonly general: number;
}

interface Candidate {
  readonly slice: number;
  readonly side: number;
  readonly p: number;
}

/** The distinct slices of one pattern as a family of tests, for any `N_MIN`. */
export class Findings {
  readonly #slices: SliceTable;
  readonly #support: Uint32Array;
  readonly #decided: Uint32Array;
  readonly #lattice: SliceLattice;
  readonly #fdr: number;
  readonly #sides: Uint8Array;

  /**
   * @param support events of each slice that count towards `N_MIN`
   * @param decided events among them that the share is computed from
   * @param fdr maximum false-discovery rate
   */
  constructor(slices: SliceTable, support: Uint32Array, decided: Uint32Array, fdr: number) {
    this.#slices = slices;
    this.#support = support;
    this.#decided = decided;
    this.#fdr = fdr;
    this.#lattice = new SliceLattice(slices);
    this.#sides = new Uint8Array(slices.count);
  }

  /**
   * Returns how many slices reach an `N_MIN`, and how many of them are tested as lessons. Identical slices are tested
   * once; the global slice is not tested.
   */
  countSlices(nMin: number): { readonly slices: number; readonly lessons: number } {
    let slices = 0;
    let lessons = 0;
    this.#support.forEach((support, slice) => {
      if (support < nMin) return;
      slices++;
      if (this.#isTest(slice)) lessons++;
    });
    return { slices, lessons };
  }

  /**
   * Returns the findings at each `N_MIN`, by Benjamini and Hochberg's procedure over the lessons that reach it.
   * @param hits successes of each slice
   * @param lessons number of tests at each `N_MIN`
   */
  countFindings(nMins: readonly number[], hits: Uint32Array, lessons: readonly number[]): FindingCounts[] {
    const candidates = this.#candidates(hits);
    return nMins.map((nMin, k) => this.#countAt(candidates, nMin, elementAt(lessons, k)));
  }

  /** Returns whether a slice represents itself and has a rest to be compared with. */
  #isTest(slice: number): boolean {
    const decided = elementAt(this.#decided, slice);
    return (
      this.#slices.representative[slice] === slice && decided > 0 && decided < elementAt(this.#decided, 0)
    );
  }

  /** Returns the tests whose p is at most the rate, by ascending p. A larger p is never a finding. */
  #candidates(hits: Uint32Array): Candidate[] {
    if (hits.length === 0) return [];
    const all = { successes: elementAt(hits, 0), trials: elementAt(this.#decided, 0) };
    const candidates: Candidate[] = [];
    hits.forEach((successes, slice) => {
      if (!this.#isTest(slice)) return;
      const test = testAgainstRest({ successes, trials: elementAt(this.#decided, slice) }, all);
      if (!test || test.p > this.#fdr) return;
      candidates.push({
        slice,
        side: test.difference > 0 ? DIFFERENCE_SIDE.more : DIFFERENCE_SIDE.fewer,
        p: test.p,
      });
    });
    return candidates.sort((a, b) => a.p - b.p || a.slice - b.slice);
  }

  #countAt(candidates: readonly Candidate[], nMin: number, lessons: number): FindingCounts {
    const passing = candidates.filter(({ slice }) => elementAt(this.#support, slice) >= nMin);
    // The step-up procedure rejects all tests up to the last rank i with p · lessons / i within the rate.
    const differ = passing.findLastIndex(({ p }, i) => p * lessons <= this.#fdr * (i + 1)) + 1;
    if (differ === 0) return { differ: 0, general: 0 };
    this.#sides.fill(DIFFERENCE_SIDE.none);
    for (const { slice, side } of passing.slice(0, differ)) this.#sides[slice] = side;
    return { differ, general: this.#lattice.mostGeneral(this.#sides) };
  }
}
