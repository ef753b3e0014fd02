import type { SliceTable } from '../../mining/types.ts';
import { testAgainstRest } from '../../statistics/fisher-exact.ts';
import { SIDE, SliceLattice } from './slice-lattice.ts';

/** How many lessons differ from their complement, at one `N_MIN`. */
export interface FindingCounts {
  /** At the given false-discovery rate. */
  readonly differ: number;
  /** Of these, those that no more general lesson explains which differs on the same side. */
  readonly general: number;
}

interface Candidate {
  readonly slice: number;
  readonly side: number;
  readonly p: number;
}

/** The distinct slices of one pattern as a family of tests, for every `N_MIN` at once. */
export class Findings {
  readonly #slices: SliceTable;
  readonly #support: ArrayLike<number>;
  readonly #decided: ArrayLike<number>;
  readonly #generality: SliceLattice;
  readonly #fdr: number;
  readonly #side: Uint8Array;

  /**
   * @param support events of each slice that count towards `N_MIN`
   * @param decided of these, events that a share is made of
   * @param fdr highest false-discovery rate
   */
  constructor(slices: SliceTable, support: ArrayLike<number>, decided: ArrayLike<number>, fdr: number) {
    this.#slices = slices;
    this.#support = support;
    this.#decided = decided;
    this.#fdr = fdr;
    this.#generality = new SliceLattice(slices);
    this.#side = new Uint8Array(slices.count);
  }

  /** Slices that pass, and how many of them are compared: each once, and not the one of everything. */
  pass(nMin: number): { readonly slices: number; readonly lessons: number } {
    let slices = 0;
    let lessons = 0;
    for (let i = 0; i < this.#slices.count; i++) {
      if ((this.#support[i] ?? 0) < nMin) continue;
      slices++;
      if (this.#isTest(i)) lessons++;
    }
    return { slices, lessons };
  }

  /**
   * What is found at each `N_MIN` by Benjamini and Hochberg's procedure over the lessons that pass.
   * @param hits of each slice
   * @param lessons number of tests at each `N_MIN`
   */
  at(nMins: readonly number[], hits: ArrayLike<number>, lessons: readonly number[]): FindingCounts[] {
    const candidates = this.#candidates(hits);
    return nMins.map((nMin, k) => this.#found(candidates, nMin, lessons[k] ?? 0));
  }

  /** Whether there is a rest to compare with: identical slices are one test. */
  #isTest(i: number): boolean {
    const decided = this.#decided[i] ?? 0;
    return this.#slices.representative[i] === i && decided > 0 && decided < (this.#decided[0] ?? 0);
  }

  /** Tests that could be found at all, by ascending p: none is found whose p is above the rate itself. */
  #candidates(hits: ArrayLike<number>): Candidate[] {
    const all = { successes: hits[0] ?? 0, trials: this.#decided[0] ?? 0 };
    const candidates: Candidate[] = [];
    for (let slice = 0; slice < this.#slices.count; slice++) {
      if (!this.#isTest(slice)) continue;
      const part = { successes: hits[slice] ?? 0, trials: this.#decided[slice] ?? 0 };
      const { difference = 0, p = 1 } = testAgainstRest(part, all) ?? {};
      if (p <= this.#fdr) candidates.push({ slice, side: difference > 0 ? SIDE.more : SIDE.fewer, p });
    }
    return candidates.sort((a, b) => a.p - b.p || a.slice - b.slice);
  }

  #found(candidates: readonly Candidate[], nMin: number, lessons: number): FindingCounts {
    const passing = candidates.filter(({ slice }) => (this.#support[slice] ?? 0) >= nMin);
    const differ = passing.findLastIndex(({ p }, i) => p * lessons <= this.#fdr * (i + 1)) + 1;
    if (differ === 0) return { differ: 0, general: 0 };
    this.#side.fill(SIDE.none);
    for (const { slice, side } of passing.slice(0, differ)) this.#side[slice] = side;
    return { differ, general: this.#generality.mostGeneral(this.#side) };
  }
}
