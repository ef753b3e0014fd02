/* Kernel: groups, slices and steps are in range by construction, so typed arrays are read without a check. */

import {
  breakEvenVariance,
  leastPayoffVariance,
  payoffVariance,
} from '../../statistics/clustered-variance.ts';
import type { ClusterMoments } from './cluster-moments.ts';
import type { OpenSlices } from './first-steps.ts';
import { FirstSteps } from './first-steps.ts';
import type { Fit, LeverMove, StepCandidate } from './fit.ts';
import { FitRows } from './fit-rows.ts';
import type { Gate, Gates } from './gates.ts';
import { isInformative, UNITS_PER_STEP } from './informative-factor.ts';
import { withoutRedundant } from './redundant-moves.ts';
import type { InformativeTest, ReplaySettings } from './settings.ts';
import type { Slice } from './slices.ts';
import { Slices, sliceDimensions } from './slices.ts';
import { SIDE, StepGroups, signOf } from './step-groups.ts';
import { StepHistograms } from './step-histograms.ts';

/** Share of `nMin` from which a slice is listed as near. */
const NEAR_SHARE = 0.8;
const NO_GAIN = Number.NEGATIVE_INFINITY;
/** Relative tolerance of a lever's limit, for rounding in sums of steps. */
const LIMIT_TOLERANCE = 1e-9;
/** Sums of openings closer to 0 than this make no move. */
const NO_MOVE = 1e-12;

/**
 * Fits moves by greedy forward selection (docs/replay-policy.md). It repeatedly takes the step whose gain has the
 * largest lower bound, until none is above 0. A step moves one lever in one slice. Moves that add nothing beside the
 * others are then taken out.
 * @param rows row numbers in the columns of the gates
 */
export function fitGreedily(gates: Gates, rows: Uint32Array, settings: ReplaySettings): Fit {
  const fit = new GreedyFit(gates, rows, settings).run();
  return { ...fit, moves: withoutRedundant(gates, rows, fit.moves, settings) };
}

class GreedyFit {
  readonly #gates: readonly Gate[];
  readonly #settings: ReplaySettings;
  readonly #rows: FitRows;
  readonly #slices: Slices;
  readonly #groups: StepGroups;
  readonly #histograms: StepHistograms;
  readonly #firstSteps: FirstSteps;
  /** True when events are clustered, so that bounds of independent events have to be made exact. */
  readonly #clustered: boolean;
  /** By group: the largest lower bound of a gain, its step, and 1 when its variance is cluster-robust. */
  readonly #bound: Float64Array;
  readonly #best: Int8Array;
  readonly #exact: Uint8Array;
  /** By gate and slice: the sum of the openings taken. */
  readonly #moved: readonly Float64Array[];
  /** Step of the bound that `#largestBound` found last. */
  #step = 0;

  constructor(all: Gates, rows: Uint32Array, settings: ReplaySettings) {
    const { gates } = all;
    this.#gates = gates;
    this.#settings = settings;
    this.#clustered = all.clusterings.length > 0;
    this.#rows = new FitRows(all, rows);
    this.#slices = new Slices(this.#rows, {
      nMin: settings.nMin,
      nearMin: Math.max(1, Math.ceil(settings.nMin * NEAR_SHARE)),
      maxDimensions: settings.maxDimensions,
      maxVisits: settings.maxVisits,
      maxSlices: settings.maxSlices,
    });
    const sliceCount = this.#slices.list.length;
    this.#groups = new StepGroups(gates.length, sliceCount);
    this.#histograms = new StepHistograms(gates, this.#rows, this.#slices);
    this.#bound = new Float64Array(this.#groups.count);
    this.#best = new Int8Array(this.#groups.count);
    this.#exact = new Uint8Array(this.#groups.count);
    this.#moved = gates.map(() => new Float64Array(sliceCount));
    this.#firstSteps = new FirstSteps(settings, this.#groups, this.#slices.list, {
      isSignificant: (group, errors) => this.#isSignificant(group, errors),
      testFactors: tests => this.#testFactors(tests),
    });
  }

  run(): Fit {
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

  /**
   * Finds the largest lower bound of a group. Without moments, events count as independent; the bound is then at least
   * as large as the exact one, which allows for dependence.
   */
  #evaluate(group: number, moments: readonly ClusterMoments[] = []): void {
    const errors = this.#settings.z[sliceDimensions(this.#sliceOf(group))];
    this.#exact[group] = moments.length > 0 || !this.#clustered ? 1 : 0;
    this.#bound[group] = this.#largestBound(group, errors, moments);
    this.#best[group] = this.#step;
  }

  #evaluateExactly(group: number): void {
    this.#evaluate(group, this.#momentsOf(group));
  }

  /**
   * Returns the largest gain less `errors` standard errors among the steps of a group, and stores its step in `#step`.
   */
  #largestBound(group: number, errors: number, moments: readonly ClusterMoments[]): number {
    const { payoff, priorEvents } = this.#settings;
    const { win: W, loss: L } = payoff;
    const prior = breakEvenVariance(priorEvents, payoff);
    const gate = this.#groups.gateOf(group);
    const slice = this.#groups.sliceOf(group);
    const side = this.#groups.sideOf(group);
    const sign = signOf(side);
    const { steps, limit } = this.#gates[gate] as Gate;
    const counts = this.#histograms.counts(gate);
    const start = this.#histograms.start(slice, side);
    const moved = (this.#moved[gate] as Float64Array)[slice] as number;
    let largest = NO_GAIN;
    let w = 0;
    let l = 0;
    for (let i = 0; i < steps.length; i++) {
      w += counts[start + 2 * i] as number;
      l += counts[start + 2 * i + 1] as number;
      if (w + l === 0) continue;
      if (Math.abs(moved + sign * (steps[i] as number)) > limit * (1 + LIMIT_TOLERANCE)) break;
      const gain = sign * (W * w - L * l);
      if (gain <= largest) continue;
      let variance = leastPayoffVariance(w, l, payoff);
      for (const { ww, wl, ll } of moments) {
        const sums = { ww: ww[i] as number, wl: wl[i] as number, ll: ll[i] as number };
        variance = Math.max(variance, payoffVariance(sums, payoff));
      }
      const bound = gain - errors * Math.sqrt(variance + prior);
      if (bound <= largest) continue;
      largest = bound;
      this.#step = i;
    }
    return largest;
  }

  #momentsOf(group: number): ClusterMoments[] {
    const gate = this.#groups.gateOf(group);
    return this.#histograms.moments(gate, this.#sliceOf(group), this.#groups.sideOf(group));
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
    if (this.#largestBound(group, errors, []) <= 0) return false;
    return this.#largestBound(group, errors, this.#momentsOf(group)) > 0;
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
      if (group === undefined || this.#exact[group] === 1) return group;
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
    const start = this.#histograms.start(slice, side);
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
      for (let s = 0; s < touched.length; s++) {
        if (touched[s] === 0 && !(g === gate && s === slice)) continue;
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
    for (const group of [loosen, tighten])
      if ((this.#bound[group] as number) > 0 && this.#exact[group] === 0) this.#evaluateExactly(group);
    const [a, b] = [this.#bound[loosen] as number, this.#bound[tighten] as number];
    if (a === NO_GAIN && b === NO_GAIN) return undefined;
    return this.#candidate(a >= b ? loosen : tighten);
  }
}
