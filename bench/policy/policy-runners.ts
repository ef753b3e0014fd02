import type { FactorColumns } from '../../shared/episode/columns/columns.ts';
import { QUADRANT } from '../../shared/episode/columns/columns.ts';
import { DEFAULT_N_MIN } from '../../shared/lesson/mine-lessons.ts';
import { clamp } from '../../shared/numbers.ts';
import { MULTIPLIER_RANGE } from '../../shared/override/multiplier-range.ts';
import type { Override } from '../../shared/override/override.ts';
import { ETA } from '../../shared/override/policies/drift.ts';
import { replay } from '../../shared/override/policies/replay.ts';
import type { ReplaySettings } from '../../shared/override/replay/settings.ts';
import { REPLAY_SETTINGS } from '../../shared/override/replay/settings.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { DAY_MS } from '../../shared/time.ts';
import type { Events } from './world.ts';

/** Result of a policy in one world. */
export interface PolicyRun {
  /** Decision for each event, 1 for acting. */
  readonly acts: Uint8Array;
  /** Maximum number of overrides at one time; for drift, the number at the end. */
  readonly overrides: number;
}

/** Simulates a policy in a closed loop: its decisions depend on overrides from outcomes known earlier. */
export type PolicyRunner = (events: Events) => PolicyRun;

export const PATTERN: PatternKey = parsePatternKey('pm.uptrend.S1.entry');
const LOOKBACK_DAYS = 90;
/** First day that is scored. */
export const FIRST_DAY = 30;
/** Time of day 0: midnight, so that blocks of hours begin with days. */
export const START_MS = Date.UTC(2025, 0, 1);

/** Runs the base gates without any override. */
export const baseRunner: PolicyRunner = events => ({
  acts: Uint8Array.from({ length: events.size }, (_, i) =>
    events.margins.every(margin => (margin[i] ?? 0) >= 0) ? 1 : 0,
  ),
  overrides: 0,
});

/** Returns the number of events before a day, by binary search. */
function eventsBefore(events: Events, day: number): number {
  let low = 0;
  let high = events.size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events.day[middle] ?? 0) < day) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Returns the events as the columns that the policy reads; the caller fills `quadrant` as decisions are made. */
export function columnsOf(events: Events, quadrant: Uint8Array): FactorColumns {
  const { size } = events;
  const [ts, halo, slope] = events.margins;
  return {
    size,
    dimensions: events.dimensions,
    quadrant,
    time: events.day.map(day => START_MS + day * DAY_MS),
    resolvedAt: events.known.map(day => START_MS + day * DAY_MS),
    numbers: {
      ts_score: ts.map(m => 0.6 * Math.exp(m)),
      ts_min: new Float64Array(size).fill(0.6),
      halo_distance: halo.map(m => Math.exp(-m)),
      halo_max: new Float64Array(size).fill(1),
      ema60_slope: slope,
      slope_min: new Float64Array(size),
    },
    flagsKnown: new Uint8Array(size),
    flagsSet: new Uint8Array(size),
    blocked: new Uint8Array(size),
    pair: events.pair,
  };
}

/** Returns the rows from `from` up to `to`. */
function rowRange(columns: FactorColumns, from: number, to: number): FactorColumns {
  const numbers = Object.entries(columns.numbers).map(([name, c]) => [name, c.subarray(from, to)]);
  return {
    size: to - from,
    dimensions: columns.dimensions.map(d => ({ ...d, codes: d.codes.subarray(from, to) })),
    quadrant: columns.quadrant.subarray(from, to),
    time: columns.time.subarray(from, to),
    resolvedAt: columns.resolvedAt.subarray(from, to),
    numbers: Object.fromEntries(numbers),
    flagsKnown: columns.flagsKnown.subarray(from, to),
    flagsSet: columns.flagsSet.subarray(from, to),
    blocked: columns.blocked.subarray(from, to),
    ...(columns.pair && { pair: columns.pair.subarray(from, to) }),
  };
}

const CATEGORIES = ['tuning_ts_min', 'tuning_halo', 'tuning_slope_min'] as const;
const LOG_RANGE = Math.log(MULTIPLIER_RANGE.max);

/** Returns the margin by which the overrides open a gate for one event, under the resolution `product`. */
function opening(overrides: readonly Override[], events: Events, i: number, gate: number): number {
  let sum = 0;
  for (const override of overrides) {
    if (override.action_category !== CATEGORIES[gate]) continue;
    const matches = Object.entries(override.scope_subset).every(([name, value]) => {
      const dimension = events.dimensions.find(d => d.name === name);
      return dimension?.values[(dimension.codes[i] ?? 1) - 1] === value;
    });
    if (matches) sum += override.delta ?? Math.log(override.multiplier ?? 1);
  }
  if (gate === 2) return -sum;
  const clamped = clamp(sum, { min: -LOG_RANGE, max: LOG_RANGE });
  return gate === 0 ? -clamped : clamped;
}

/** Returns a runner of replay, which tunes every few days from the outcomes known at the start of the day. */
export const replayRunner =
  (settings: Partial<ReplaySettings> = {}, everyDays = 3): PolicyRunner =>
  events => {
    const { payoff } = events.world;
    const quadrant = new Uint8Array(events.size);
    const acts = baseRunner(events).acts;
    const columns = columnsOf(events, quadrant);
    let maxOverrides = 0;
    let overrides: readonly Override[] = [];
    for (let day = 0; day < events.world.days; day++) {
      const [from, to] = [eventsBefore(events, day), eventsBefore(events, day + 1)];
      // Nothing before the first scored day depends on the overrides.
      if (day >= FIRST_DAY) {
        if ((day - FIRST_DAY) % everyDays === 0) {
          const window = rowRange(columns, eventsBefore(events, day - LOOKBACK_DAYS), from);
          const asOf = START_MS + day * DAY_MS;
          overrides = replay(PATTERN, window, asOf, { ...REPLAY_SETTINGS, ...settings, payoff }).overrides;
          maxOverrides = Math.max(maxOverrides, overrides.length);
        }
        for (let i = from; i < to; i++)
          acts[i] = events.margins.every((m, g) => (m[i] ?? 0) + opening(overrides, events, i, g) >= 0)
            ? 1
            : 0;
      }
      for (let i = from; i < to; i++)
        quadrant[i] = acts[i]
          ? events.success[i]
            ? QUADRANT.win
            : QUADRANT.falsePositive
          : events.success[i]
            ? QUADRANT.miss
            : QUADRANT.dodge;
    }
    return { acts, overrides: maxOverrides };
  };

/**
 * Returns a runner of drift, which tunes every day. A dense table keeps the counts of all slices of the moving window.
 * It gives the same multipliers as a new count every day.
 */
export const driftRunner =
  (resolution: 'blend' | 'most-specific'): PolicyRunner =>
  events => {
    const acts = baseRunner(events).acts;
    const table = new PressureTable(events);
    const byKnown = Uint32Array.from(events.known, (_, i) => i).sort(
      (a, b) => (events.known[a] ?? 0) - (events.known[b] ?? 0) || a - b,
    );
    let nextKnown = 0;
    let nextExpired = 0;
    const counted = new Uint8Array(events.size);
    for (let day = 0; day < events.world.days; day++) {
      for (; nextKnown < events.size; nextKnown++) {
        const i = byKnown[nextKnown] ?? 0;
        if ((events.known[i] ?? 0) > day) break;
        if ((events.day[i] ?? 0) < day - LOOKBACK_DAYS) continue;
        counted[i] = 1;
        table.count(i, acts[i] === 1, 1);
      }
      for (; (events.day[nextExpired] ?? Number.POSITIVE_INFINITY) < day - LOOKBACK_DAYS; nextExpired++)
        if (counted[nextExpired]) table.count(nextExpired, acts[nextExpired] === 1, -1);
      for (let i = eventsBefore(events, day); i < eventsBefore(events, day + 1); i++) {
        const [ts, halo] = table.multipliers(i, resolution);
        const open = [-Math.log(ts), Math.log(halo), 0];
        acts[i] = events.margins.every((m, g) => (m[i] ?? 0) + (open[g] ?? 0) >= 0) ? 1 : 0;
      }
    }
    return { acts, overrides: table.overrides };
  };

const DEAD_BAND = 0.01;

/** A dense table with a cell for each slice of a world: its number of events and its pressure. */
class PressureTable {
  readonly #events: Events;
  readonly #strides: readonly number[];
  readonly #n: Int32Array;
  readonly #pressure: Int32Array;
  /** Number of dimensions of each subset of the dimensions, and the weight of a slice in `blend`. */
  readonly #sizes: Uint8Array;
  readonly #weights: readonly number[];
  /** Cell of the slice that contains the located event, for each subset of the dimensions. */
  readonly #cell: Uint32Array;

  constructor(events: Events) {
    const widths = events.dimensions.map(d => d.values.length + 1);
    const subsets = 1 << widths.length;
    const cells = widths.reduce((product, width) => product * width, 1);
    this.#events = events;
    this.#strides = widths.map((_, d) => widths.slice(d + 1).reduce((p, w) => p * w, 1));
    this.#n = new Int32Array(cells);
    this.#pressure = new Int32Array(cells);
    this.#sizes = Uint8Array.from({ length: subsets }, (_, s) => s.toString(2).replaceAll('0', '').length);
    this.#weights = widths.concat(0).map((_, d) => (d + 1) ** 1.5);
    this.#cell = new Uint32Array(subsets);
  }

  /** Adds an event to all its slices (sign 1), or removes it (sign −1). */
  count(i: number, acted: boolean, sign: 1 | -1): void {
    this.#locate(i);
    const success = this.#events.success[i] === 1;
    const pressure = acted ? (success ? 0 : -1) : success ? 1 : 0;
    for (const c of this.#cell) {
      this.#n[c] = (this.#n[c] ?? 0) + sign;
      this.#pressure[c] = (this.#pressure[c] ?? 0) + sign * pressure;
    }
  }

  /** Returns the multipliers of the ts threshold and of the halo in the scope of an event. */
  multipliers(i: number, resolution: 'blend' | 'most-specific'): [ts: number, halo: number] {
    this.#locate(i);
    const sums = [0, 0];
    const total = [0, 0];
    let highest = -1;
    for (let s = 0; s < this.#cell.length; s++) {
      const c = this.#cell[s] ?? 0;
      const n = this.#n[c] ?? 0;
      const pressure = this.#pressure[c] ?? 0;
      if (n < DEFAULT_N_MIN || pressure === 0) continue;
      const size = this.#sizes[s] ?? 0;
      // Between equally specific slices, `most-specific` takes the one with the larger n.
      const rank = size * 1e7 + n;
      if (resolution === 'most-specific') {
        if (rank <= highest) continue;
        highest = rank;
      }
      for (const [lever, sign] of [-1, 1].entries()) {
        const multiplier = clamp(Math.exp(sign * ETA * pressure), MULTIPLIER_RANGE);
        if (Math.abs(multiplier - 1) < DEAD_BAND) continue;
        if (resolution === 'most-specific') {
          sums[lever] = multiplier;
          total[lever] = 1;
          continue;
        }
        const weight = this.#weights[size] ?? 1;
        sums[lever] = (sums[lever] ?? 0) + weight * multiplier;
        total[lever] = (total[lever] ?? 0) + weight;
      }
    }
    const value = (lever: 0 | 1): number => (total[lever] ? (sums[lever] ?? 1) / total[lever] : 1);
    return [value(0), value(1)];
  }

  /** Number of overrides of all slices: each moves the threshold and the halo. */
  get overrides(): number {
    let overrides = 0;
    for (const [c, n] of this.#n.entries())
      if (n >= DEFAULT_N_MIN && Math.abs(this.#pressure[c] ?? 0) * ETA >= DEAD_BAND) overrides += 2;
    return overrides;
  }

  /** Fills `#cell` for an event. The cell of a subset follows from the subset without its lowest dimension. */
  #locate(i: number): void {
    for (let s = 1; s < this.#cell.length; s++) {
      const low = 31 - Math.clz32(s & -s);
      const code = this.#events.dimensions[low]?.codes[i] ?? 0;
      this.#cell[s] = (this.#cell[s & (s - 1)] ?? 0) + (this.#strides[low] ?? 0) * code;
    }
  }
}
