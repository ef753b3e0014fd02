import { oracleActs } from './oracle.ts';
import type { PolicyRun, PolicyRunner } from './policy-runners.ts';
import { baseRunner, FIRST_DAY } from './policy-runners.ts';
import type { Curve, Events, World } from './world.ts';
import { curveOf, generate } from './world.ts';

/** Result of one policy in one world with one seed. */
export interface Score {
  /**
   * Captured share (U − U_none) / (U_oracle − U_none), where U is the utility; in null worlds (U − U_none) / U_oracle.
   * A share below 0 is harm.
   */
  readonly captured: number;
  /** Gain over a choice by chance that closes and opens as many events of the same week, in the same unit. */
  readonly overChance: number;
  /** Gain over taking no event, in the same unit. */
  readonly overNever: number;
  /** Maximum number of overrides at one time. */
  readonly overrides: number;
}

const curves = new Map<World, Curve>();

/** Returns the events of a world; its curve is computed once. */
export function eventsOf(world: World, seed: number): Events {
  const curve = curves.get(world) ?? curveOf(world);
  curves.set(world, curve);
  return generate(world, seed, curve);
}

/** Returns the true expected utility of some decisions from a day on. */
export function utility(events: Events, acts: Uint8Array, from = FIRST_DAY): number {
  const { win, loss } = events.world.payoff;
  let sum = 0;
  for (let i = 0; i < events.size; i++) {
    if (!acts[i] || (events.day[i] ?? 0) < from) continue;
    const p = events.probability[i] ?? 0;
    sum += win * p - loss * (1 - p);
  }
  return sum;
}

/** Returns the utility of decisions less that of as many decisions by chance, see `shared/override/evaluation`. */
function gainOverChance(events: Events, acts: Uint8Array, base: Uint8Array): number {
  const { win, loss } = events.world.payoff;
  const sides = new Map<string, { n: number; sum: number; changed: number; gain: number }>();
  for (let i = 0; i < events.size; i++) {
    const day = events.day[i] ?? 0;
    if (day < FIRST_DAY) continue;
    const p = events.probability[i] ?? 0;
    const worth = win * p - loss * (1 - p);
    const key = `${Math.floor(day / 7)} ${base[i]}`;
    const side = sides.get(key) ?? { n: 0, sum: 0, changed: 0, gain: 0 };
    const change = (acts[i] ?? 0) - (base[i] ?? 0);
    side.n++;
    side.sum += worth;
    side.changed += change;
    side.gain += change * worth;
    sides.set(key, side);
  }
  return [...sides.values()].reduce(
    (sum, { n, sum: all, changed, gain }) => sum + gain - (changed * all) / n,
    0,
  );
}

/** Returns the score of each policy. */
export function score(
  events: Events,
  runners: Readonly<Record<string, PolicyRunner>>,
): Record<string, Score> {
  const baseActs = baseRunner(events).acts;
  const base = utility(events, baseActs);
  const oracle = utility(events, oracleActs(events));
  const possible = events.world.null ? oracle : oracle - base;
  const share = (gain: number): number => (possible === 0 ? 0 : gain / possible);
  const scoreOf = ({ acts, overrides }: PolicyRun): Score => ({
    captured: share(utility(events, acts) - base),
    overChance: share(gainOverChance(events, acts, baseActs)),
    overNever: share(utility(events, acts)),
    overrides,
  });
  return Object.fromEntries(Object.entries(runners).map(([name, run]) => [name, scoreOf(run(events))]));
}

/** Returns the mean, the 10th percentile, the smallest value and the standard error of the mean. */
export function summary(values: readonly number[]): {
  readonly mean: number;
  readonly p10: number;
  readonly worst: number;
  readonly error: number;
} {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const mean = sorted.reduce((sum, v) => sum + v, 0) / n;
  const variance = sorted.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, n - 1);
  const p10 = sorted[Math.floor((n - 1) * 0.1)] ?? Number.NaN;
  return { mean, p10, worst: sorted[0] ?? Number.NaN, error: Math.sqrt(variance / n) };
}
