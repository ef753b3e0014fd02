import type { InformativeTest, ReplaySettings } from './settings.ts';
import type { Slice } from './slices.ts';
import { sliceDimensions } from './slices.ts';
import type { Side, StepGroups } from './step-groups.ts';
import { SIDE } from './step-groups.ts';

/** Number of slices that are open to steps, from the first one on, by side. */
export type OpenSlices = readonly [loosen: number, tighten: number];

/** Number of open slices when only the global one is open; it is the first of all. */
const GLOBAL_ONLY = 1;

/** The parts of a fit that the test of first steps reads. */
interface StepTests {
  /** Returns whether the best step of a group gains more than so many standard errors now. */
  readonly isSignificant: (group: number, errors: number) => boolean;
  /** Returns for each gate whether its factor is informative. */
  readonly testFactors: (tests: readonly InformativeTest[]) => readonly boolean[];
}

/**
 * The test of first steps, which opens slices to the steps of one side: a first step that loosens opens nothing to steps
 * that tighten, and the reverse. Once one side is open in slices, the other one is tested less strictly.
 */
export class FirstSteps {
  readonly #settings: ReplaySettings;
  readonly #groups: StepGroups;
  readonly #slices: readonly Slice[];
  readonly #tests: StepTests;
  /** By gate: true when its factor is informative; empty until the factors are tested. */
  #informative: readonly boolean[] = [];
  /** By side: factor of the critical z-scores. */
  #strictness: readonly [loosen: number, tighten: number] = [1, 1];

  constructor(settings: ReplaySettings, groups: StepGroups, slices: readonly Slice[], tests: StepTests) {
    this.#settings = settings;
    this.#groups = groups;
    this.#slices = slices;
    this.#tests = tests;
  }

  /** Returns how many slices are open, by side, after a test at the present state of the fit; never fewer than before. */
  widen([loosen, tighten]: OpenSlices): OpenSlices {
    this.#strictness = [this.#strictnessBeside(tighten), this.#strictnessBeside(loosen)];
    return [
      Math.max(loosen, this.#openSlices(SIDE.loosen)),
      Math.max(tighten, this.#openSlices(SIDE.tighten)),
    ];
  }

  /** Returns the factor of the critical z-scores of a side. @param others number of slices open to the other side */
  #strictnessBeside(others: number): number {
    return others > GLOBAL_ONLY ? (this.#settings.firstStep?.secondDirection ?? 1) : 1;
  }

  /** Returns the critical z-score of a first step of one side of a lever in a slice. */
  requiredErrors(gate: number, slice: number, side: Side): number {
    const { firstStep } = this.#settings;
    if (!firstStep) return 0;
    const z = this.#informative[gate] === true ? firstStep.informativeZ : firstStep.uninformativeZ;
    return z[this.#depthOf(slice)] * this.#strictness[side];
  }

  #depthOf(slice: number): 0 | 1 | 2 {
    const found = this.#slices[slice];
    if (!found) throw new RangeError(`slice ${slice} lies outside of ${this.#slices.length} slices`);
    return sliceDimensions(found);
  }

  #openSlices(side: Side): number {
    const depth = this.#openDepth(side);
    return this.#slices.filter(slice => sliceDimensions(slice) <= depth).length;
  }

  /** Returns the largest number of dimensions of open slices; -1 when none is open. */
  #openDepth(side: Side): number {
    const { firstStep, maxDimensions } = this.#settings;
    if (!firstStep) return maxDimensions;
    // Without the t-tests every factor counts as uninformative, which is stricter. If slices open nevertheless, the
    // t-tests are skipped.
    const uninformative = this.#provenDepth(side);
    if (uninformative > 0 || this.#informative.length > 0) return uninformative;
    this.#informative = this.#tests.testFactors(firstStep.informative);
    return this.#informative.includes(true) ? this.#provenDepth(side) : uninformative;
  }

  /** Returns the largest number of dimensions that a significant first step of a side opens; -1 when there is none. */
  #provenDepth(side: Side): number {
    let open = -1;
    for (let group = 0; group < this.#groups.count; group++) {
      if (this.#groups.sideOf(group) !== side) continue;
      const slice = this.#groups.sliceOf(group);
      const depth = this.#depthOf(slice);
      if (depth <= open) continue;
      const required = this.requiredErrors(this.#groups.gateOf(group), slice, side);
      if (!this.#tests.isSignificant(group, required)) continue;
      if (depth > 0) return this.#settings.maxDimensions;
      open = 0;
    }
    return open;
  }
}
