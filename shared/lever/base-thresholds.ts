import type { Episode } from '../episode/episode.ts';
import type { FactorValue } from '../episode/factors.ts';
import type { Lever } from './lever.ts';
import { leversOf } from './lever.ts';

/** What an override did to a threshold before the event logged it. */
interface Effect {
  readonly multiplier: number;
  readonly delta: number;
}

const NO_EFFECT: Effect = { multiplier: 1, delta: 0 };

/**
 * The event with the thresholds as they were before overrides moved them. Policies learn where the *base* gates should
 * stand; learned from moved ones, an override would be taken for a part of the base and be applied twice.
 * `factors.applied` says what was in force: `overrides` as a look-up answers them, or `multipliers` and `deltas` by
 * action category or name of the threshold. Without it thresholds count as they were sent.
 */
export function atBaseThresholds(episode: Episode): Episode {
  const { applied } = episode.factors;
  if (!isObject(applied)) return episode;
  const factors = { ...episode.factors };
  for (const lever of leversOf(episode.pattern))
    for (const name of lever.thresholds) {
      const value = Object.hasOwn(factors, name) ? factors[name] : undefined;
      const effect = effectOn(lever, name, applied);
      if (value !== undefined && effect !== NO_EFFECT) factors[name] = undone(value, effect);
    }
  return { ...episode, factors };
}

function effectOn(lever: Lever, name: string, applied: Readonly<Record<string, unknown>>): Effect {
  const listed = Array.isArray(applied.overrides)
    ? applied.overrides.filter(isObject).find(o => o.action_category === lever.category)
    : undefined;
  const multiplier = listed?.multiplier ?? named(applied.multipliers, lever.category, name);
  const delta = listed?.delta ?? named(applied.deltas, lever.category, name);
  const replayable = {
    multiplier: typeof multiplier === 'number' && multiplier > 0 ? multiplier : 1,
    delta: typeof delta === 'number' ? delta : 0,
  };
  return replayable.multiplier === 1 && replayable.delta === 0 ? NO_EFFECT : replayable;
}

function named(values: unknown, category: string, name: string): unknown {
  if (!isObject(values)) return undefined;
  if (Object.hasOwn(values, category)) return values[category];
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function undone(value: FactorValue | object, effect: Effect): FactorValue | object {
  const undo = (number: number): number => (number - effect.delta) / effect.multiplier;
  if (typeof value === 'number') return undo(value);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, typeof part === 'number' ? undo(part) : part]),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
