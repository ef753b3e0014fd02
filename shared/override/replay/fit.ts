import type { Clustering } from './clusters.ts';
import type { Gates } from './gates.ts';
import { RESULT } from './gates.ts';
import type { ReplaySettings } from './settings.ts';
import type { Slice } from './slices.ts';
import { NONE, rowsOf, Slices, sliceDimensions } from './slices.ts';

/** What a fit moves: one lever in one slice. */
export interface Move {
  /** Index into the gates. */
  readonly gate: number;
  readonly slice: Slice;
  /** Above 0 admits more: in the unit of the gate's margin. */
  readonly opening: number;
}

/** The step of one lever in one slice that promises most. */
export interface Candidate {
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
  readonly moves: readonly Move[];
  /** Steps in the order they were accepted. */
  readonly steps: readonly Candidate[];
  /** Slices (by index) × gates whose best step was acceptable before the first one was taken: `gate * slices + slice`. */
  readonly promising: ReadonlySet<number>;
  /** The best step of a lever in a slice as the fit left it; undefined when no event stands near the gate. */
  readonly remaining: (gate: number, slice: number) => Candidate | undefined;
}

/** Share of `nMin` from which a slice is listed as near. */
const NEAR_SHARE = 0.8;
const LOOSEN = 0;
const NO_GAIN = Number.NEGATIVE_INFINITY;

/** Greedy moves of one lever in one slice at a time, largest lower bound first (docs/policy.md). */
export function fitMoves(gates: Gates, rows: Uint32Array, settings: ReplaySettings): Fit {
  return new Search(gates, rows, settings).run();
}

class Search {
  readonly #gates: Gates;
  readonly #settings: ReplaySettings;
  readonly #rows: Uint32Array;
  readonly #slices: Slices;
  readonly #count: number;
  /** Steps of the longest lever. */
  readonly #width: number;
  /** What each row's gates were opened by so far. */
  readonly #opening: readonly Float64Array[];
  /** Per gate and row: the step that flips the row if all its other gates pass; > 0 loosening, < 0 tightening, 0 none. */
  readonly #bins: readonly Int8Array[];
  /** Events with a payoff by (gate, slice, side, step, winner or loser). */
  readonly #counts: Int32Array;
  /** Slices whose histograms changed since they were evaluated. */
  readonly #touched: Uint8Array;
  /** By (gate, slice, side): largest lower bound, its step, and whether it counts dependence. */
  readonly #bound: Float64Array;
  readonly #best: Int8Array;
  readonly #exact: Uint8Array;
  /** By (gate, slice): the sum of the steps taken. */
  readonly #moved: Float64Array;
  /** Sums of squares and products of a cluster's counts, by step: scratch of one evaluation. */
  readonly #moments: readonly [Float64Array, Float64Array, Float64Array];

  constructor(gates: Gates, rows: Uint32Array, settings: ReplaySettings) {
    const { size } = gates.columns;
    this.#gates = gates;
    this.#settings = settings;
    this.#slices = new Slices(gates.columns, rows, {
      nMin: settings.nMin,
      nearMin: Math.max(1, Math.ceil(settings.nMin * NEAR_SHARE)),
      maxDimensions: settings.maxDimensions,
    });
    this.#rows = rows.filter(row => gates.usable[row] === 1);
    this.#count = this.#slices.list.length;
    this.#width = gates.gates.reduce((most, gate) => Math.max(most, gate.steps.length), 0);
    const groups = gates.gates.length * this.#count * 2;
    this.#opening = gates.gates.map(() => new Float64Array(size));
    this.#bins = gates.gates.map(() => new Int8Array(size));
    this.#counts = new Int32Array(groups * this.#width * 2);
    this.#touched = new Uint8Array(this.#count);
    this.#bound = new Float64Array(groups).fill(NO_GAIN);
    this.#best = new Int8Array(groups);
    this.#exact = new Uint8Array(groups);
    this.#moved = new Float64Array(gates.gates.length * this.#count);
    this.#moments = [
      new Float64Array(this.#width),
      new Float64Array(this.#width),
      new Float64Array(this.#width),
    ];
  }

  run(): Fit {
    this.#rebin(this.#rows);
    for (let group = 0; group < this.#bound.length; group++) this.#evaluate(group);
    const promising = new Set<number>();
    this.#bound.forEach((bound, group) => {
      if (bound > 0) promising.add(group >> 1);
    });
    const steps: Candidate[] = [];
    while (steps.length < this.#settings.maxSteps) {
      const group = this.#choose();
      if (group < 0) break;
      steps.push(this.#candidate(group));
      this.#take(group);
    }
    return {
      slices: this.#slices,
      moves: this.#moves(),
      steps,
      promising,
      remaining: (gate, slice) => this.#remaining(gate, slice),
    };
  }

  /** Finds the step that flips each row, from its margins as they stand. */
  #bin(rows: Uint32Array): void {
    const gates = this.#gates.gates.map(({ margin, steps }, g) => ({
      margin,
      steps,
      opening: this.#opening[g] ?? new Float64Array(0),
      bins: this.#bins[g] ?? new Int8Array(0),
    }));
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] ?? 0;
      let failing = 0;
      let failed = -1;
      for (let g = 0; g < gates.length; g++) {
        const gate = gates[g];
        if (!gate || (gate.margin[row] ?? 0) + (gate.opening[row] ?? 0) >= 0) continue;
        failing++;
        failed = g;
      }
      for (let g = 0; g < gates.length; g++) {
        const gate = gates[g];
        if (!gate) continue;
        const flips = failing === 0 || (failing === 1 && failed === g);
        gate.bins[row] = flips ? binOf(gate.margin[row] ?? 0, gate.opening[row] ?? 0, gate.steps) : 0;
      }
    }
  }

  /** Bins the rows anew and brings the histograms of their slices up to date. */
  #rebin(rows: Uint32Array): void {
    const before = this.#bins.map(bins => gather(bins, rows));
    this.#bin(rows);
    this.#bins.forEach((bins, gate) => {
      const old = before[gate] ?? new Int8Array(0);
      const changed = new Uint32Array(rows.length);
      const [from, to] = [new Int8Array(rows.length), new Int8Array(rows.length)];
      let n = 0;
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i] ?? 0;
        if (bins[row] === old[i] || this.#gates.result[row] === RESULT.neutral) continue;
        changed[n] = row;
        from[n] = old[i] ?? 0;
        to[n++] = bins[row] ?? 0;
      }
      this.#add(gate, changed, from, n, -1);
      this.#add(gate, changed, to, n, 1);
    });
  }

  /** Adds the first `n` rows to the histograms of their slices by the given bins, or takes them out. */
  #add(gate: number, rows: Uint32Array, bins: Int8Array, n: number, sign: 1 | -1): void {
    const { result } = this.#gates;
    const counts = this.#counts;
    const touched = this.#touched;
    const perSlice = 4 * this.#width;
    const active = new Uint32Array(n);
    const offset = new Uint32Array(n);
    let m = 0;
    for (let i = 0; i < n; i++) {
      const row = rows[i] ?? 0;
      const bin = bins[i] ?? 0;
      if (bin === 0) continue;
      active[m] = row;
      const step = bin > 0 ? bin - 1 : this.#width - bin - 1;
      offset[m++] = gate * this.#count * perSlice + 2 * step + (result[row] === RESULT.winner ? 0 : 1);
    }
    for (const { a, b, stride, sliceOf } of this.#slices.combinations)
      for (let i = 0; i < m; i++) {
        const row = active[i] ?? 0;
        const cell = a ? (b ? (a[row] ?? 0) * stride + (b[row] ?? 0) : (a[row] ?? 0)) : 0;
        const slice = sliceOf[cell] ?? NONE;
        if (slice === NONE) continue;
        touched[slice] = 1;
        const at = slice * perSlice + (offset[i] ?? 0);
        counts[at] = (counts[at] ?? 0) + sign;
      }
  }

  /** The largest lower bound of a group when events are independent: never below the one that counts dependence. */
  #evaluate(group: number, moments?: readonly [Float64Array, Float64Array, Float64Array][]): void {
    const { payoff, z, m0 } = this.#settings;
    const { win: W, loss: L } = payoff;
    const key = group >> 1;
    const gate = this.#gates.gates[Math.floor(key / this.#count)];
    const slice = this.#slices.list[key % this.#count];
    this.#bound[group] = NO_GAIN;
    this.#exact[group] = moments ? 1 : 0;
    if (!gate || !slice) return;
    const sign = (group & 1) === LOOSEN ? 1 : -1;
    const errors = z[sliceDimensions(slice)];
    const moved = this.#moved[key] ?? 0;
    let w = 0;
    let l = 0;
    for (let i = 0; i < gate.steps.length; i++) {
      const at = 2 * (group * this.#width + i);
      w += this.#counts[at] ?? 0;
      l += this.#counts[at + 1] ?? 0;
      if (w + l === 0) continue;
      if (Math.abs(moved + sign * (gate.steps[i] ?? 0)) > gate.limit * (1 + 1e-9)) break;
      let variance = Math.max(W * W * w + L * L * l, W * L * (w + l));
      for (const [ww, wl, ll] of moments ?? [])
        variance = Math.max(variance, W * W * (ww[i] ?? 0) - 2 * W * L * (wl[i] ?? 0) + L * L * (ll[i] ?? 0));
      const bound = sign * (W * w - L * l) - errors * Math.sqrt(variance + W * L * m0);
      if (bound <= (this.#bound[group] ?? 0)) continue;
      this.#bound[group] = bound;
      this.#best[group] = i;
    }
  }

  /** As `evaluate`, with the variance of events that share their fate. */
  #evaluateExactly(group: number): void {
    const found: [Float64Array, Float64Array, Float64Array][] = [];
    for (const clustering of this.#gates.clusterings) {
      this.#sumClusters(clustering, group);
      found.push([this.#moments[0].slice(), this.#moments[1].slice(), this.#moments[2].slice()]);
    }
    this.#evaluate(group, found);
  }

  /** Whole numbers throughout, so that the sums do not depend on the order of the rows. */
  #sumClusters({ cluster, order }: Clustering, group: number): void {
    const [ww, wl, ll] = this.#moments;
    for (const sums of this.#moments) sums.fill(0);
    const key = group >> 1;
    const bins = this.#bins[Math.floor(key / this.#count)] ?? new Int8Array(0);
    const slice = this.#slices.list[key % this.#count];
    const { dimensions } = this.#gates.columns;
    const a = dimensions[slice?.first ?? -1]?.codes;
    const b = dimensions[slice?.second ?? -1]?.codes;
    const sign = (group & 1) === LOOSEN ? 1 : -1;
    const width = this.#width;
    const w = new Int32Array(width);
    const l = new Int32Array(width);
    let current = -1;
    let first = width;
    const flush = (): void => {
      let sumW = 0;
      let sumL = 0;
      for (let i = first; i < width; i++) {
        sumW += w[i] ?? 0;
        sumL += l[i] ?? 0;
        w[i] = 0;
        l[i] = 0;
        ww[i] = (ww[i] ?? 0) + sumW * sumW;
        wl[i] = (wl[i] ?? 0) + sumW * sumL;
        ll[i] = (ll[i] ?? 0) + sumL * sumL;
      }
      first = width;
    };
    const { result } = this.#gates;
    for (let at = 0; at < order.length; at++) {
      const row = order[at] ?? 0;
      const bin = sign * (bins[row] ?? 0);
      if (bin <= 0 || result[row] === RESULT.neutral) continue;
      if (a && a[row] !== slice?.firstCode) continue;
      if (b && b[row] !== slice?.secondCode) continue;
      if (cluster[row] !== current) {
        flush();
        current = cluster[row] ?? 0;
      }
      const counts = result[row] === RESULT.winner ? w : l;
      counts[bin - 1] = (counts[bin - 1] ?? 0) + 1;
      if (bin - 1 < first) first = bin - 1;
    }
    flush();
  }

  /**
   * The group with the largest lower bound, or -1 when none is above 0. Groups come in the order of ties: lever,
   * fewer dimensions, slice, loosening first. A bound that ignores dependence is made exact when it leads.
   */
  #choose(): number {
    for (;;) {
      let group = -1;
      let most = 0;
      for (let g = 0; g < this.#bound.length; g++) {
        if ((this.#bound[g] ?? NO_GAIN) <= most) continue;
        most = this.#bound[g] ?? 0;
        group = g;
      }
      if (group < 0 || this.#exact[group] === 1) return group;
      this.#evaluateExactly(group);
    }
  }

  #candidate(group: number): Candidate {
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

  #take(group: number): void {
    const { gate, slice, opening } = this.#candidate(group);
    const key = group >> 1;
    this.#moved[key] = (this.#moved[key] ?? 0) + opening;
    const openings = this.#opening[gate];
    const chosen = this.#slices.list[slice];
    if (!openings || !chosen) return;
    const rows = rowsOf(chosen, this.#gates.columns, this.#rows);
    this.#touched.fill(0);
    for (const row of rows) openings[row] = (openings[row] ?? 0) + opening;
    this.#rebin(rows);
    this.#touched[slice] = 1;
    for (let g = 0; g < this.#bound.length; g++) if (this.#touched[(g >> 1) % this.#count]) this.#evaluate(g);
  }

  #moves(): Move[] {
    const moves: Move[] = [];
    this.#moved.forEach((opening, key) => {
      const slice = this.#slices.list[key % this.#count];
      if (slice && Math.abs(opening) > 1e-12)
        moves.push({ gate: Math.floor(key / this.#count), slice, opening });
    });
    return moves;
  }

  /** Bounds above 0 were made exact before the search ended; one that is not is above what it would be. */
  #remaining(gate: number, slice: number): Candidate | undefined {
    const group = (gate * this.#count + slice) * 2;
    const [loosen = NO_GAIN, tighten = NO_GAIN] = this.#bound.subarray(group, group + 2);
    if (loosen === NO_GAIN && tighten === NO_GAIN) return undefined;
    return this.#candidate(loosen >= tighten ? group : group + 1);
  }
}

function gather(values: Int8Array, rows: Uint32Array): Int8Array {
  const found = new Int8Array(rows.length);
  for (let i = 0; i < rows.length; i++) found[i] = values[rows[i] ?? 0] ?? 0;
  return found;
}

/** The first step that flips an event: above 0 by opening, below by closing; 0 when none does. */
function binOf(margin: number, opening: number, steps: Float64Array): number {
  const passes = margin + opening >= 0;
  // The same sums that taking the step makes, so that a flip counted is a flip made.
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] ?? 0;
    if (passes ? margin + (opening - step) < 0 : margin + (opening + step) >= 0)
      return passes ? -(i + 1) : i + 1;
  }
  return 0;
}
