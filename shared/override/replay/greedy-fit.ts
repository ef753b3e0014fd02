/* Kernel: groups, slices and steps are in range by construction, so typed arrays are read without a check. */

import { breakEvenVariance, leastPayoffVariance } from '../../statistics/clustered-variance.ts';
import { AppliedMoves } from './applied-moves.ts';
import type { ClusterMoments } from './cluster-moments.ts';
import { varianceAt } from './cluster-moments.ts';
import type { OpenSlices } from './first-steps.ts';
import { FirstSteps } from './first-steps.ts';
import type { Fit, FitSlices, StepCandidate } from './fit.ts';
import type { FitRows } from './fit-rows.ts';
import type { FitBasis, FitSeries } from './fit-series.ts';
import type { Gate } from './gates.ts';
import { isInformative, UNITS_PER_STEP } from './informative-factor.ts';
import type { LeverMove } from './lever-move.ts';
import { withoutRedundant } from './redundant-moves.ts';
import type { InformativeTest, ReplaySettings } from './settings.ts';
import type { Slice } from './slices.ts';
import { sliceDimensions } from './slices.ts';
import { SIDE, StepGroups, signOf } from './step-groups.ts';
import type { StepHistograms } from './step-histograms.ts';

const NO_GAIN = Number.NEGATIVE_INFINITY;
/** Relative tolerance of a lever's limit, for rounding in sums of steps. */
const LIMIT_TOLERANCE = 1e-9;
/** Sums of openings closer to 0 than this make no move. */
const NO_MOVE = 1e-12;

/**
 * Fits moves by greedy forward selection (docs/replay-policy.md). It repeatedly takes the step whose gain has the
 * largest lower bound, until none is above 0. A step moves one lever in one slice. Moves that add nothing beside the
 * others are then taken out.
 * @param rows row numbers in the columns of the gates, ascending
 */
export function fitGreedily(fits: FitSeries, rows: Uint32Array, settings: ReplaySettings): Fit {
  const basis = fits.basisOf(rows, settings);
  const fit = new GreedyFit(fits, basis, settings).run();
  const ofSlice = (slice: Slice): Uint32Array => fits.rows.rowsOf(slice);
  const applied = new AppliedMoves(fits.gates, fits.rows.acts, fit.moves, ofSlice, basis.set.member);
  return { ...fit, applied, moves: withoutRedundant(applied, settings) };
}

/** What is known of the largest lower bound of a group. */
const BOUND = {
  /** Events count as independent. The bound is known where it is above 0, and not above 0 elsewhere. */
  independent: 0,
  /** Events count as independent, and the bound is known. */
  known: 1,
  /** The bound allows for dependence, and is known. */
  exact: 2,
} as const;

class GreedyFit {
  readonly #gates: readonly Gate[];
  readonly #settings: ReplaySettings;
  readonly #rows: FitRows;
  readonly #slices: FitSlices;
  /** By slice: its index in the histograms. */
  readonly #indexes: Uint32Array;
  readonly #groups: StepGroups;
  readonly #histograms: StepHistograms;
  readonly #firstSteps: FirstSteps;
  /** True when events are clustered, so that bounds of independent events have to be made exact. */
  readonly #clustered: boolean;
  /** By group: the largest lower bound of a gain, its step, and what is known of it (`BOUND`). */
  readonly #bound: Float64Array;
  readonly #best: Int8Array;
  readonly #known: Uint8Array;
  /** By group: the moments of its flips, while they are current. */
  readonly #moments: (readonly ClusterMoments[] | undefined)[];
  /** By gate and slice: the sum of the openings taken. */
  readonly #moved: readonly Float64Array[];
  /** Break-even variance of the prior events. */
  readonly #prior: number;
  /** Step of the bound that `#largestBound` found last. */
  #step = 0;

  constructor(fits: FitSeries, { slices, indexes, histograms }: FitBasis, settings: ReplaySettings) {
    const { gates, clusterings } = fits.gates;
    this.#gates = gates;
    this.#settings = settings;
    this.#clustered = clusterings.length > 0;
    this.#rows = fits.rows;
    this.#slices = slices;
    this.#indexes = indexes;
    this.#histograms = histograms;
    this.#prior = breakEvenVariance(settings.priorEvents, settings.payoff);
    const sliceCount = slices.list.length;
    this.#groups = new StepGroups(gates.length, sliceCount);
    this.#bound = new Float64Array(this.#groups.count);
    this.#best = new Int8Array(this.#groups.count);
    this.#known = new Uint8Array(this.#groups.count);
    this.#moments = new Array(this.#groups.count).fill(undefined);
    this.#moved = gates.map(() => new Float64Array(sliceCount));
    this.#firstSteps = new FirstSteps(settings, this.#groups, slices.list, {
      isSignificant: (group, errors) => this.#isSignificant(group, errors),
      testFactors: tests => this.#testFactors(tests),
    });
  }

  run(): Omit<Fit, 'applied'> {
    for (let group = 0; group < this.#groups.count; group++) this.#evaluate(group);
    const atBase = this.#bound.slice();
    let open = this.#firstSteps.widen([0, 0]);
    for (let steps = 0; steps < this.#settings.maxSteps; ) {
      const group = this.#choose(open);
      if (group !== undefined) {
        this.#applyStep(group);
        steps++;
        continue;
      }
      // The steps taken may have made a first step of the other side significant.
      const wider = steps === 0 ? open : this.#firstSteps.widen(open);
      if (wider[0] === open[0] && wider[1] === open[1]) break;
      open = wider;
    }
    return {
      slices: this.#slices,
      moves: this.#moves(),
      required: ({ gate, slice, opening }) =>
        this.#firstSteps.requiredErrors(gate, slice, opening > 0 ? SIDE.loosen : SIDE.tighten),
      promising: (gate, slice) =>
        [SIDE.loosen, SIDE.tighten].some(side => (atBase[this.#groups.of(gate, slice, side)] as number) > 0),
      remaining: (gate, slice) => this.#remaining(gate, slice),
    };
  }

  /** Finds the largest lower bound of a group whose counts changed, with events as independent. */
  #evaluate(group: number): void {
    this.#moments[group] = undefined;
    this.#setBound(group, 0, [], BOUND.independent);
  }

  /** Finds the largest lower bound of a group that allows for dependence. It is at most that of independent events. */
  #evaluateExactly(group: number): void {
    this.#setBound(group, NO_GAIN, this.#momentsOf(group), BOUND.exact);
  }

  /** @param above see `#largestBound` */
  #setBound(group: number, above: number, moments: readonly ClusterMoments[], known: number): void {
    const errors = this.#settings.z[sliceDimensions(this.#sliceOf(group))];
    this.#bound[group] = this.#largestBound(group, errors, above, moments);
    this.#best[group] = this.#step;
    this.#known[group] = known;
  }

  /**
   * Returns the largest gain less `errors` standard errors among the steps of a group, and stores its step in `#step`.
   * @param above returned when no bound is larger
   */
  #largestBound(group: number, errors: number, above: number, moments: readonly ClusterMoments[]): number {
    const { payoff } = this.#settings;
    const { win: W, loss: L } = payoff;
    const gate = this.#groups.gateOf(group);
    const slice = this.#groups.sliceOf(group);
    const side = this.#groups.sideOf(group);
    const sign = signOf(side);
    const { steps, limit } = this.#gates[gate] as Gate;
    const counts = this.#histograms.counts(gate);
    const start = this.#histograms.start(this.#indexes[slice] as number, side);
    const moved = (this.#moved[gate] as Float64Array)[slice] as number;
    const most = limit * (1 + LIMIT_TOLERANCE);
    // The least margin of error, which the prior events give.
    const least = errors * Math.sqrt(this.#prior);
    let largest = above;
    let w = 0;
    let l = 0;
    for (let i = 0; i < steps.length; i++) {
      w += counts[start + 2 * i] as number;
      l += counts[start + 2 * i + 1] as number;
      const gain = sign * (W * w - L * l);
      if (gain - least <= largest || w + l === 0) continue;
      if (Math.abs(moved + sign * (steps[i] as number)) > most) break;
      let variance = leastPayoffVariance(w, l, payoff);
      for (let m = 0; m < moments.length; m++)
        variance = Math.max(variance, varianceAt(moments[m] as ClusterMoments, i, payoff));
      const bound = gain - errors * Math.sqrt(variance + this.#prior);
      if (bound <= largest) continue;
      largest = bound;
      this.#step = i;
    }
    return largest;
  }

  #momentsOf(group: number): readonly ClusterMoments[] {
    if (!this.#clustered) return [];
    const gate = this.#groups.gateOf(group);
    const moments =
      this.#moments[group] ??
      this.#histograms.moments(gate, this.#sliceOf(group), this.#groups.sideOf(group));
    this.#moments[group] = moments;
    return moments;
  }

  #sliceOf(group: number): Slice {
    return this.#slices.list[this.#groups.sliceOf(group)] as Slice;
  }

  /** Tests each lever's factor on the events that pass all other gates, however far from its gate they lie. */
  #testFactors(tests: readonly InformativeTest[]): boolean[] {
    return this.#gates.map(({ steps }, gate) => {
      const largest = steps.at(-1);
      if (largest === undefined) return false;
      const { margin, rows } = this.#histograms.passingOthers(gate);
      return isInformative(margin, this.#rows.result, rows, largest / UNITS_PER_STEP, tests);
    });
  }

  #isSignificant(group: number, errors: number): boolean {
    if (this.#largestBound(group, errors, 0, []) <= 0) return false;
    return this.#largestBound(group, errors, 0, this.#momentsOf(group)) > 0;
  }

  /**
   * Returns the group with the largest lower bound, or undefined when none is above 0. Ties go to the lower code. While
   * the largest bound counts events as independent, it is made exact and compared again.
   * @param open number of slices that are open to steps, by side
   */
  #choose(open: OpenSlices): number | undefined {
    const bounds = this.#bound;
    for (;;) {
      let group: number | undefined;
      let largest = 0;
      for (let g = 0; g < bounds.length; g++) {
        const bound = bounds[g] as number;
        if (bound <= largest || this.#groups.sliceOf(g) >= open[this.#groups.sideOf(g)]) continue;
        largest = bound;
        group = g;
      }
      if (group === undefined || !this.#clustered || this.#known[group] === BOUND.exact) return group;
      this.#evaluateExactly(group);
    }
  }

  #candidate(group: number): StepCandidate {
    const gate = this.#groups.gateOf(group);
    const slice = this.#groups.sliceOf(group);
    const side = this.#groups.sideOf(group);
    const sign = signOf(side);
    const best = this.#best[group] as number;
    const { win, loss } = this.#settings.payoff;
    const counts = this.#histograms.counts(gate);
    const start = this.#histograms.start(this.#indexes[slice] as number, side);
    let gain = 0;
    for (let i = 0; i <= best; i++)
      gain += sign * (win * (counts[start + 2 * i] as number) - loss * (counts[start + 2 * i + 1] as number));
    const opening = sign * ((this.#gates[gate] as Gate).steps[best] as number);
    const margin = gain - (this.#bound[group] as number);
    const errors = (gain / margin) * this.#settings.z[sliceDimensions(this.#sliceOf(group))];
    return { gate, slice, opening, gain, margin, errors };
  }

  /** Takes the best step of a group and evaluates the groups whose histograms it changed. */
  #applyStep(group: number): void {
    const { gate, slice, opening } = this.#candidate(group);
    const moved = this.#moved[gate] as Float64Array;
    moved[slice] = (moved[slice] as number) + opening;
    this.#histograms.open(gate, this.#sliceOf(group), opening);
    for (let g = 0; g < this.#gates.length; g++) {
      const touched = this.#histograms.touched(g);
      for (let s = 0; s < this.#indexes.length; s++) {
        if (touched[this.#indexes[s] as number] === 0 && !(g === gate && s === slice)) continue;
        this.#evaluate(this.#groups.of(g, s, SIDE.loosen));
        this.#evaluate(this.#groups.of(g, s, SIDE.tighten));
      }
    }
  }

  #moves(): LeverMove[] {
    return this.#moved.flatMap((openings, gate) =>
      this.#slices.list.flatMap((slice, s) => {
        const opening = openings[s] as number;
        return Math.abs(opening) > NO_MOVE ? [{ gate, slice, opening }] : [];
      }),
    );
  }

  /**
   * Returns the best remaining step of a lever in a slice. It makes only bounds above 0 exact: dependence lowers a
   * bound, so a bound below 0 is not made exact.
   */
  #remaining(gate: number, slice: number): StepCandidate | undefined {
    const loosen = this.#groups.of(gate, slice, SIDE.loosen);
    const tighten = this.#groups.of(gate, slice, SIDE.tighten);
    for (const group of [loosen, tighten]) this.#complete(group);
    const [a, b] = [this.#bound[loosen] as number, this.#bound[tighten] as number];
    if (a === NO_GAIN && b === NO_GAIN) return undefined;
    return this.#candidate(a >= b ? loosen : tighten);
  }

  /** Makes the bound of a group known. */
  #complete(group: number): void {
    if (this.#known[group] !== BOUND.independent) return;
    if ((this.#bound[group] as number) <= 0) this.#setBound(group, NO_GAIN, [], BOUND.known);
    else if (this.#clustered) this.#evaluateExactly(group);
  }
}
