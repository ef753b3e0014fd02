import type { ReplaySettings } from './settings.ts';
import type { Slice } from './slices.ts';
import { sliceDimensions } from './slices.ts';
import type { Side, StepGroups } from './step-groups.ts';
import { SIDE } from './step-groups.ts';

/** Number of slices that are open to steps, from the first one on, by side. */
export type OpenSlices = readonly [loosen: number, tighten: number];

/** The parts of a fit that the test of first steps reads. */
interface StepTests {
  /** Returns whether the best step of a group gains more than so many standard errors now. */
  readonly isSignificant: (group: number, errors: number) => boolean;
  /** Returns for each gate whether its factor is informative, by so many standard errors. */
  readonly testFactors: (errors: number) => readonly boolean[];
}

/**
 * The test of first steps, which opens slices to the steps of one side: a first step that loosens opens nothing to steps
 * that tighten, and the reverse.
 */
export class FirstSteps {
  readonly #settings: ReplaySettings;
  readonly #groups: StepGroups;
  readonly #slices: readonly Slice[];
  readonly #tests: StepTests;
  /** By gate: true when its factor is informative; empty until the factors are tested. */
  #informative: readonly boolean[] = [];

  constructor(settings: ReplaySettings, groups: StepGroups, slices: readonly Slice[], tests: StepTests) {
    this.#settings = settings;
    this.#groups = groups;
    this.#slices = slices;
    this.#tests = tests;
  }

  /** Returns how many slices are open, by side, after a test at the present state of the fit; never fewer than before. */
  widen([loosen, tighten]: OpenSlices): OpenSlices {
    return [
      Math.max(loosen, this.#openSlices(SIDE.loosen)),
      Math.max(tighten, this.#openSlices(SIDE.tighten)),
    ];
  }

  /** Returns the critical z-score of a first step of a lever in a slice. */
  requiredErrors(gate: number, slice: number): number {
    const { firstStep } = this.#settings;
    if (!firstStep) return 0;
    const z = this.#informative[gate] === true ? firstStep.informativeZ : firstStep.uninformativeZ;
    return z[this.#depthOf(slice)];
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
    this.#informative = this.#tests.testFactors(firstStep.informativeErrors);
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
      if (!this.#tests.isSignificant(group, this.requiredErrors(this.#groups.gateOf(group), slice))) continue;
      if (depth > 0) return this.#settings.maxDimensions;
      open = 0;
    }
    return open;
  }
}
