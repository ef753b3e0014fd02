import type { ClusterMoments } from './cluster-moments.ts';
import { momentsOf } from './cluster-moments.ts';
import { FitRows } from './fit-rows.ts';
import type { Gates } from './gates.ts';
import { RESULT } from './gates.ts';
import { isInformative, TELL_UNITS } from './informative-factor.ts';
import type { ReplaySettings } from './settings.ts';
import type { Slice } from './slices.ts';
import { Slices, sliceDimensions } from './slices.ts';
import { BinChanges, cellOf, countPairs, countSingles } from './step-histograms.ts';

/** What a fit moves: one lever in one slice. */
export interface LeverMove {
  /** Index into the gates. */
  readonly gate: number;
  readonly slice: Slice;
  /** Above 0 admits more: in the unit of the gate's margin. */
  readonly opening: number;
}

/** The step of one lever in one slice that promises most. */
export interface StepCandidate {
  readonly gate: number;
  /** Index into the slices. */
  readonly slice: number;
  readonly opening: number;
  readonly gain: number;
  /** `z` standard errors. */
  readonly margin: number;
  /** Standard errors by which the gain exceeds 0. */
  readonly errors: number;
}

export interface Fit {
  readonly slices: Slices;
  readonly moves: readonly LeverMove[];
  /** Steps in the order they were accepted. */
  readonly steps: readonly StepCandidate[];
  /** Slices (by index) below this one are open to steps: see `EntrySettings`. */
  readonly open: number;
  /** Standard errors by which a first step of a lever in a slice must exceed 0. */
  readonly required: (gate: number, slice: number) => number;
  /** Slices (by index) × gates whose best step was acceptable before the first one was taken: `gate * slices + slice`. */
  readonly promising: ReadonlySet<number>;
  /** The best step of a lever in a slice as the fit left it; undefined when no event stands near the gate. */
  readonly remaining: (gate: number, slice: number) => StepCandidate | undefined;
}

/** Share of `nMin` from which a slice is listed as near. */
const NEAR_SHARE = 0.8;
const LOOSEN = 0;
const NO_GAIN = Number.NEGATIVE_INFINITY;

/** Greedy moves of one lever in one slice at a time, largest lower bound first (docs/replay-policy.md). */
export function fitGreedily(gates: Gates, rows: Uint32Array, settings: ReplaySettings): Fit {
  return new GreedyFit(gates, rows, settings).run();
}

class GreedyFit {
  readonly #gates: Gates;
  readonly #settings: ReplaySettings;
  readonly #frame: FitRows;
  readonly #slices: Slices;
  readonly #count: number;
  /** Steps of the longest lever. */
  readonly #width: number;
  /** Per gate and row: the margin with what opened the gate so far. */
  readonly #margin: readonly Float64Array[];
  /** Per row: bit g is set when gate g fails. */
  readonly #failing: Uint8Array;
  /** Per gate and row: the step that flips the row if all its other gates pass; > 0 loosening, < 0 tightening, 0 none. */
  readonly #bins: readonly Int8Array[];
  /** Events with a payoff by (gate, slice, side, step, winner or loser). */
  readonly #counts: Int32Array;
  /** By (gate, slice): its histogram changed since it was evaluated. */
  readonly #touched: Uint8Array;
  /** By (gate, slice, side): largest lower bound, its step, and whether it counts dependence. */
  readonly #bound: Float64Array;
  readonly #best: Int8Array;
  readonly #exact: Uint8Array;
  /** By (gate, slice): the sum of the steps taken. */
  readonly #moved: Float64Array;
  readonly #changes: BinChanges;
  /** Step of the bound that was found last. */
  #step = 0;
  #informative: readonly boolean[] = [];

  constructor(gates: Gates, rows: Uint32Array, settings: ReplaySettings) {
    this.#gates = gates;
    this.#settings = settings;
    this.#frame = new FitRows(gates, rows);
    const { size } = this.#frame;
    this.#slices = new Slices(this.#frame, {
      nMin: settings.nMin,
      nearMin: Math.max(1, Math.ceil(settings.nMin * NEAR_SHARE)),
      maxDimensions: settings.maxDimensions,
      maxVisits: settings.maxVisits,
      maxSlices: settings.maxSlices,
    });
    this.#count = this.#slices.list.length;
    this.#width = gates.gates.reduce((most, gate) => Math.max(most, gate.steps.length), 0);
    const keys = gates.gates.length * this.#count;
    this.#margin = gates.gates.map((_, g) => this.#frame.margins(g));
    this.#failing = new Uint8Array(size);
    this.#bins = gates.gates.map(() => new Int8Array(size));
    this.#counts = new Int32Array(keys * this.#width * 4);
    this.#touched = new Uint8Array(keys);
    this.#bound = new Float64Array(keys * 2).fill(NO_GAIN);
    this.#best = new Int8Array(keys * 2);
    this.#exact = new Uint8Array(keys * 2);
    this.#moved = new Float64Array(keys);
    this.#changes = new BinChanges(this.#frame.active.length);
  }

  run(): Fit {
    this.#fill();
    for (let group = 0; group < this.#bound.length; group++) this.#evaluate(group);
    const promising = new Set<number>();
    this.#bound.forEach((bound, group) => {
      if (bound > 0) promising.add(group >> 1);
    });
    const depth = this.#entryDepth();
    const open = this.#slices.list.filter(slice => sliceDimensions(slice) <= depth).length;
    const steps: StepCandidate[] = [];
    while (steps.length < this.#settings.maxSteps) {
      const group = this.#choose(open);
      if (group < 0) break;
      steps.push(this.#candidate(group));
      this.#applyStep(group);
    }
    return {
      slices: this.#slices,
      moves: this.#moves(),
      steps,
      open,
      promising,
      required: (gate, slice) => this.#requiredErrors(gate * this.#count + slice),
      remaining: (gate, slice) => this.#remaining(gate, slice),
    };
  }

  /** Histograms of every slice as the base gates stand. */
  #fill(): void {
    const { active } = this.#frame;
    const failing = this.#failing;
    this.#margin.forEach((margin, g) => {
      for (let k = 0; k < active.length; k++) {
        const i = active[k] ?? 0;
        if ((margin[i] ?? 0) < 0) failing[i] = (failing[i] ?? 0) | (1 << g);
      }
    });
    this.#bins.forEach((bins, g) => {
      const margin = this.#margin[g] ?? new Float64Array(0);
      const steps = this.#gates.gates[g]?.steps ?? new Float64Array(0);
      const others = ~(1 << g);
      const changes = this.#changes;
      changes.clear();
      for (let k = 0; k < active.length; k++) {
        const i = active[k] ?? 0;
        if (((failing[i] ?? 0) & others) !== 0) continue;
        const bin = flippingStep(margin[i] ?? 0, steps);
        if (bin === 0) continue;
        bins[i] = bin;
        changes.add(i, 0, bin);
      }
      this.#recount(g);
    });
  }

  /** Brings the histograms of one gate up to date with the changes, in every combination of dimensions. */
  #recount(gate: number): void {
    const { rows, from, to, n } = this.#changes;
    if (n === 0) return;
    const { result } = this.#frame;
    const width = this.#width;
    const perSlice = 4 * width;
    const base = gate * this.#count * perSlice;
    for (let k = 0; k < n; k++) {
      const loser = result[rows[k] ?? 0] === RESULT.winner ? 0 : 1;
      from[k] = cellOf(from[k] ?? 0, width, loser);
      to[k] = cellOf(to[k] ?? 0, width, loser);
    }
    const touched = this.#touched.subarray(gate * this.#count, (gate + 1) * this.#count);
    const counts = this.#counts.subarray(base, base + this.#count * perSlice);
    for (const { a, b, stride, sliceOf } of this.#slices.combinations)
      if (a && b) countPairs(this.#changes, a, b, stride, sliceOf, perSlice, counts, touched);
      else countSingles(this.#changes, a, sliceOf, perSlice, counts, touched);
  }

  /** The largest lower bound of a group when events are independent: never below the one that counts dependence. */
  #evaluate(group: number, moments: readonly ClusterMoments[] = []): void {
    const slice = this.#slices.list[(group >> 1) % this.#count];
    this.#exact[group] = moments.length > 0 || this.#gates.clusterings.length === 0 ? 1 : 0;
    const errors = slice ? this.#settings.z[sliceDimensions(slice)] : 0;
    this.#bound[group] = this.#largestBound(group, errors, moments);
    this.#best[group] = this.#step;
  }

  /** The largest gain less so many standard errors; leaves its step in `#step`. */
  #largestBound(group: number, errors: number, moments: readonly ClusterMoments[]): number {
    const { payoff, priorEvents: m0 } = this.#settings;
    const { win: W, loss: L } = payoff;
    const key = group >> 1;
    const gate = this.#gates.gates[Math.floor(key / this.#count)];
    const counts = this.#counts;
    const sign = (group & 1) === LOOSEN ? 1 : -1;
    const moved = this.#moved[key] ?? 0;
    let most = NO_GAIN;
    let w = 0;
    let l = 0;
    for (let i = 0; gate && i < gate.steps.length; i++) {
      const at = 2 * (group * this.#width + i);
      w += counts[at] ?? 0;
      l += counts[at + 1] ?? 0;
      if (w + l === 0) continue;
      if (Math.abs(moved + sign * (gate.steps[i] ?? 0)) > gate.limit * (1 + 1e-9)) break;
      const gain = sign * (W * w - L * l);
      if (gain <= most) continue;
      let variance = Math.max(W * W * w + L * L * l, W * L * (w + l));
      for (const { ww, wl, ll } of moments)
        variance = Math.max(variance, W * W * (ww[i] ?? 0) - 2 * W * L * (wl[i] ?? 0) + L * L * (ll[i] ?? 0));
      const bound = gain - errors * Math.sqrt(variance + W * L * m0);
      if (bound <= most) continue;
      most = bound;
      this.#step = i;
    }
    return most;
  }

  /** As `evaluate`, with the variance of events that share their fate. */
  #evaluateExactly(group: number): void {
    this.#evaluate(group, this.#momentsOf(group));
  }

  #momentsOf(group: number): ClusterMoments[] {
    const key = group >> 1;
    const slice = this.#slices.list[key % this.#count];
    const bins = this.#bins[Math.floor(key / this.#count)];
    if (!slice || !bins) return [];
    const rows = this.#frame.rowsOf(slice);
    const sign = (group & 1) === LOOSEN ? 1 : -1;
    return this.#frame.clusters.map(clusters =>
      momentsOf({ rows, bins, sign, width: this.#width }, this.#frame.result, clusters),
    );
  }

  /** Slices of how many dimensions the best steps at the base gates open; -1: none. */
  #entryDepth(): number {
    const { entry, maxDimensions } = this.#settings;
    if (!entry) return maxDimensions;
    // What is asked of blind factors is more: where it is met, nobody has to know which ones tell.
    const blind = this.#provenDepth();
    if (blind > 0) return blind;
    this.#informative = this.#findTelling(entry.informativeErrors);
    return this.#informative.includes(true) ? this.#provenDepth() : blind;
  }

  #provenDepth(): number {
    let open = -1;
    for (let group = 0; group < this.#bound.length; group++) {
      const slice = this.#slices.list[(group >> 1) % this.#count];
      if (!slice) continue;
      const depth = sliceDimensions(slice);
      if (depth <= open || !this.#isSignificant(group, this.#requiredErrors(group >> 1))) continue;
      if (depth > 0) return this.#settings.maxDimensions;
      open = 0;
    }
    return open;
  }

  /** Standard errors by which a first step of a lever in a slice must exceed 0. */
  #requiredErrors(key: number): number {
    const { entry } = this.#settings;
    const slice = this.#slices.list[key % this.#count];
    if (!entry || !slice) return 0;
    const telling = this.#informative[Math.floor(key / this.#count)] === true;
    return (telling ? entry.informativeZ : entry.uninformativeZ)[sliceDimensions(slice)];
  }

  /** Whether each lever's factor tells winners from losers, however far from its gate they lie. */
  #findTelling(errors: number): boolean[] {
    const { active, result } = this.#frame;
    const failing = this.#failing;
    const passing = new Uint32Array(active.length);
    return this.#gates.gates.map(({ steps }, g) => {
      const margin = this.#margin[g];
      if (!margin || steps.length === 0) return false;
      const others = ~(1 << g);
      let n = 0;
      for (let k = 0; k < active.length; k++) {
        const i = active[k] ?? 0;
        if (((failing[i] ?? 0) & others) === 0) passing[n++] = i;
      }
      return isInformative(margin, result, passing.subarray(0, n), (steps.at(-1) ?? 1) / TELL_UNITS, errors);
    });
  }

  #isSignificant(group: number, errors: number): boolean {
    if (this.#largestBound(group, errors, []) <= 0) return false;
    return this.#largestBound(group, errors, this.#momentsOf(group)) > 0;
  }

  /**
   * The group with the largest lower bound, or -1 when none is above 0. Groups come in the order of ties: lever,
   * fewer dimensions, slice, loosening first. A bound that ignores dependence is made exact when it leads.
   */
  #choose(open: number): number {
    const bounds = this.#bound;
    for (;;) {
      let group = -1;
      let most = 0;
      for (let g = 0; g < bounds.length; g++) {
        const bound = bounds[g] ?? NO_GAIN;
        if (bound <= most) continue;
        if ((g >> 1) % this.#count >= open) continue;
        most = bound;
        group = g;
      }
      if (group < 0 || this.#exact[group] === 1) return group;
      this.#evaluateExactly(group);
    }
  }

  #candidate(group: number): StepCandidate {
    const key = group >> 1;
    const gate = Math.floor(key / this.#count);
    const best = this.#best[group] ?? 0;
    let gain = 0;
    const { win, loss } = this.#settings.payoff;
    const sign = (group & 1) === LOOSEN ? 1 : -1;
    for (let i = 0; i <= best; i++) {
      const at = 2 * (group * this.#width + i);
      gain += sign * (win * (this.#counts[at] ?? 0) - loss * (this.#counts[at + 1] ?? 0));
    }
    const opening = sign * (this.#gates.gates[gate]?.steps[best] ?? 0);
    const margin = gain - (this.#bound[group] ?? 0);
    const slice = key % this.#count;
    const chosen = this.#slices.list[slice];
    const errors = chosen ? (gain / margin) * this.#settings.z[sliceDimensions(chosen)] : 0;
    return { gate, slice, opening, gain, margin, errors };
  }

  /** Moves a gate in a slice, and brings what that changes up to date. */
  #applyStep(group: number): void {
    const { gate, slice, opening } = this.#candidate(group);
    const key = group >> 1;
    this.#moved[key] = (this.#moved[key] ?? 0) + opening;
    const chosen = this.#slices.list[slice];
    const margin = this.#margin[gate];
    if (!chosen || !margin) return;
    const rows = this.#frame.rowsOf(chosen);
    this.#touched.fill(0);
    const passing = this.#shift(gate, margin, rows, opening);
    for (let g = 0; g < this.#margin.length; g++) if (g !== gate) this.#rebinOthers(g, passing);
    this.#touched[key] = 1;
    for (let k = 0; k < this.#touched.length; k++) {
      if (this.#touched[k] === 0) continue;
      this.#evaluate(2 * k);
      this.#evaluate(2 * k + 1);
    }
  }

  /** Opens the gate for the rows. @returns those that pass it now and did not, or the other way round */
  #shift(gate: number, margin: Float64Array, rows: Uint32Array, opening: number): Uint32Array {
    const bins = this.#bins[gate] ?? new Int8Array(0);
    const steps = this.#gates.gates[gate]?.steps ?? new Float64Array(0);
    const failing = this.#failing;
    const bit = 1 << gate;
    const flipped = new Uint32Array(rows.length);
    let n = 0;
    this.#changes.clear();
    for (let k = 0; k < rows.length; k++) {
      const i = rows[k] ?? 0;
      const before = margin[i] ?? 0;
      const now = before + opening;
      margin[i] = now;
      if (before < 0 !== now < 0) {
        failing[i] = (failing[i] ?? 0) ^ bit;
        flipped[n++] = i;
      }
      if (((failing[i] ?? 0) & ~bit) !== 0) continue;
      const bin = flippingStep(now, steps);
      const old = bins[i] ?? 0;
      if (bin === old) continue;
      bins[i] = bin;
      this.#changes.add(i, old, bin);
    }
    this.#recount(gate);
    return flipped.subarray(0, n);
  }

  /** Bins rows at a gate anew that pass another one now, or no longer. */
  #rebinOthers(gate: number, rows: Uint32Array): void {
    const bins = this.#bins[gate] ?? new Int8Array(0);
    const margin = this.#margin[gate] ?? new Float64Array(0);
    const steps = this.#gates.gates[gate]?.steps ?? new Float64Array(0);
    const others = ~(1 << gate);
    this.#changes.clear();
    for (let k = 0; k < rows.length; k++) {
      const i = rows[k] ?? 0;
      const bin = ((this.#failing[i] ?? 0) & others) === 0 ? flippingStep(margin[i] ?? 0, steps) : 0;
      const old = bins[i] ?? 0;
      if (bin === old) continue;
      bins[i] = bin;
      this.#changes.add(i, old, bin);
    }
    this.#recount(gate);
  }

  #moves(): LeverMove[] {
    const moves: LeverMove[] = [];
    this.#moved.forEach((opening, key) => {
      const slice = this.#slices.list[key % this.#count];
      if (slice && Math.abs(opening) > 1e-12)
        moves.push({ gate: Math.floor(key / this.#count), slice, opening });
    });
    return moves;
  }

  /** A bound below 0 may ignore dependence: it is above what it would be. */
  #remaining(gate: number, slice: number): StepCandidate | undefined {
    const group = (gate * this.#count + slice) * 2;
    for (const side of [group, group + 1])
      if ((this.#bound[side] ?? NO_GAIN) > 0 && this.#exact[side] === 0) this.#evaluateExactly(side);
    const [loosen = NO_GAIN, tighten = NO_GAIN] = this.#bound.subarray(group, group + 2);
    if (loosen === NO_GAIN && tighten === NO_GAIN) return undefined;
    return this.#candidate(loosen >= tighten ? group : group + 1);
  }
}

/** The first step that flips an event: above 0 by opening, below by closing; 0 when none does. */
function flippingStep(margin: number, steps: Float64Array): number {
  // The same sums that taking the step makes, so that a flip counted is a flip made.
  if (margin >= 0) {
    for (let i = 0; i < steps.length; i++) if (margin - (steps[i] ?? 0) < 0) return -(i + 1);
  } else {
    for (let i = 0; i < steps.length; i++) if (margin + (steps[i] ?? 0) >= 0) return i + 1;
  }
  return 0;
}
