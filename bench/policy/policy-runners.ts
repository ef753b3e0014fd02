import type { FactorColumns } from '../../shared/episode/columns/columns.ts';
import { QUADRANT } from '../../shared/episode/columns/columns.ts';
import { DEFAULT_N_MIN } from '../../shared/lesson/mine-lessons.ts';
import type { Override } from '../../shared/override/override.ts';
import { MULTIPLIER_RANGE } from '../../shared/override/override.ts';
import { ETA } from '../../shared/override/policies/drift.ts';
import { replay } from '../../shared/override/policies/replay.ts';
import type { ReplaySettings } from '../../shared/override/replay/settings.ts';
import { REPLAY_SETTINGS } from '../../shared/override/replay/settings.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { DAY_MS } from '../../shared/time.ts';
import type { Events } from './world.ts';

/** What a policy did to one world: which events were acted on, and how many overrides stood at the end and at most. */
export interface Played {
  readonly acts: Uint8Array;
  readonly overrides: number;
}

export type PolicyRunner = (events: Events) => Played;

export const PATTERN: PatternKey = parsePatternKey('pm.uptrend.S1.entry');
export const LOOKBACK_DAYS = 90;
/** Scored from here on. */
export const FIRST_DAY = 30;
/** Midnight, so that blocks of hours begin with days. */
export const START_MS = Date.UTC(2025, 0, 1);

export const none: PolicyRunner = events => ({
  acts: Uint8Array.from({ length: events.size }, (_, i) =>
    events.margins.every(margin => (margin[i] ?? 0) >= 0) ? 1 : 0,
  ),
  overrides: 0,
});

/** Events before a day. */
function before(events: Events, day: number): number {
  let low = 0;
  let high = events.size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events.day[middle] ?? 0) < day) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The world as the policy reads it; decisions are filled in as they are made. */
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

/** Rows `from` to `to` of columns. */
export function between(columns: FactorColumns, from: number, to: number): FactorColumns {
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

/** How far the overrides open each gate in the scope of one event, as `product` resolves them. */
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
  const clamped = Math.min(LOG_RANGE, Math.max(-LOG_RANGE, sum));
  return gate === 0 ? -clamped : clamped;
}

/** Replay, tuned every few days on what was known at the start of the day. */
export const replayPlayer =
  (settings: Partial<ReplaySettings> = {}, everyDays = 3): PolicyRunner =>
  events => {
    const { payoff } = events.world;
    const quadrant = new Uint8Array(events.size);
    const acts = none(events).acts;
    const columns = columnsOf(events, quadrant);
    let most = 0;
    let overrides: readonly Override[] = [];
    for (let day = 0; day < events.world.days; day++) {
      const [from, to] = [before(events, day), before(events, day + 1)];
      // Nothing before the first scored day depends on the overrides.
      if (day >= FIRST_DAY) {
        if ((day - FIRST_DAY) % everyDays === 0) {
          const window = between(columns, before(events, day - LOOKBACK_DAYS), from);
          const asOf = START_MS + day * DAY_MS;
          overrides = replay(PATTERN, window, asOf, { ...REPLAY_SETTINGS, ...settings, payoff }).overrides;
          most = Math.max(most, overrides.length);
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
    return { acts, overrides: most };
  };

const DEAD_BAND = 0.01;

/**
 * Drift as the contract (section 4) defines it, tuned every day in a closed loop. Counts of all slices are kept in
 * one dense table and follow the window, which makes the same multipliers as mining it anew.
 */
export const driftPlayer =
  (resolution: 'blend' | 'most-specific'): PolicyRunner =>
  events => {
    const widths = events.dimensions.map(d => d.values.length + 1);
    const subsets = 1 << widths.length;
    const cells = widths.reduce((product, width) => product * width, 1);
    const n = new Int32Array(cells);
    const pressure = new Int32Array(cells);
    const strides = widths.map((_, d) => widths.slice(d + 1).reduce((p, w) => p * w, 1));
    const weights = widths.concat(0).map((_, d) => (d + 1) ** 1.5);
    const sizes = Uint8Array.from({ length: subsets }, (_, s) => s.toString(2).replaceAll('0', '').length);
    const cell = new Uint32Array(subsets);
    const locate = (i: number): void => {
      for (let s = 1; s < subsets; s++) {
        const low = 31 - Math.clz32(s & -s);
        cell[s] = (cell[s & (s - 1)] ?? 0) + (strides[low] ?? 0) * (events.dimensions[low]?.codes[i] ?? 0);
      }
    };
    const acts = none(events).acts;
    const count = (i: number, sign: 1 | -1): void => {
      locate(i);
      const pull = acts[i] ? (events.success[i] ? 0 : -1) : events.success[i] ? 1 : 0;
      for (const c of cell) {
        n[c] = (n[c] ?? 0) + sign;
        pressure[c] = (pressure[c] ?? 0) + sign * pull;
      }
    };
    /** [ts, halo] multipliers in the scope that was located. */
    const resolved = (): [number, number] => {
      const sums = [0, 0];
      const total = [0, 0];
      let deepest = -1;
      for (let s = 0; s < subsets; s++) {
        const c = cell[s] ?? 0;
        const p = pressure[c] ?? 0;
        if ((n[c] ?? 0) < DEFAULT_N_MIN || p === 0) continue;
        const size = sizes[s] ?? 0;
        // Ties of most-specific go to the larger n.
        const rank = size * 1e7 + (n[c] ?? 0);
        if (resolution === 'most-specific') {
          if (rank <= deepest) continue;
          deepest = rank;
        }
        for (const [lever, sign] of [-1, 1].entries()) {
          const multiplier = Math.min(2, Math.max(0.5, Math.exp(sign * ETA * p)));
          if (Math.abs(multiplier - 1) < DEAD_BAND) continue;
          const weight = resolution === 'blend' ? (weights[size] ?? 1) : 1;
          if (resolution === 'most-specific') {
            sums[lever] = multiplier;
            total[lever] = 1;
            continue;
          }
          sums[lever] = (sums[lever] ?? 0) + weight * multiplier;
          total[lever] = (total[lever] ?? 0) + weight;
        }
      }
      const value = (lever: 0 | 1): number => (total[lever] ? (sums[lever] ?? 1) / total[lever] : 1);
      return [value(0), value(1)];
    };
    const byKnown = Uint32Array.from(events.known, (_, i) => i).sort(
      (a, b) => (events.known[a] ?? 0) - (events.known[b] ?? 0) || a - b,
    );
    let learned = 0;
    let expired = 0;
    const counted = new Uint8Array(events.size);
    for (let day = 0; day < events.world.days; day++) {
      for (; learned < events.size; learned++) {
        const i = byKnown[learned] ?? 0;
        if ((events.known[i] ?? 0) > day) break;
        if ((events.day[i] ?? 0) < day - LOOKBACK_DAYS) continue;
        counted[i] = 1;
        count(i, 1);
      }
      for (; (events.day[expired] ?? Number.POSITIVE_INFINITY) < day - LOOKBACK_DAYS; expired++)
        if (counted[expired]) count(expired, -1);
      for (let i = before(events, day); i < before(events, day + 1); i++) {
        locate(i);
        const [ts, halo] = resolved();
        const open = [-Math.log(ts), Math.log(halo), 0];
        acts[i] = events.margins.every((m, g) => (m[i] ?? 0) + (open[g] ?? 0) >= 0) ? 1 : 0;
      }
    }
    let overrides = 0;
    for (let c = 0; c < cells; c++)
      if ((n[c] ?? 0) >= DEFAULT_N_MIN && Math.abs(pressure[c] ?? 0) * ETA >= DEAD_BAND) overrides += 2;
    return { acts, overrides };
  };
