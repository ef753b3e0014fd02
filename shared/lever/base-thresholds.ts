import type { Episode } from '../episode/episode.ts';
import type { FactorValue } from '../episode/factors.ts';
import { isObject } from '../validation.ts';
import type { Lever } from './lever.ts';
import { leversOf } from './lever.ts';

/** The override that a logged threshold contains: logged = base · multiplier + delta. */
interface AppliedEffect {
  readonly multiplier: number;
  readonly delta: number;
}

const NO_EFFECT: AppliedEffect = { multiplier: 1, delta: 0 };

/**
 * Returns the event with its thresholds as they were before overrides moved them. Policies compute overrides relative
 * to these base thresholds. If a moved threshold counted as the base, the override in it would be applied twice.
 *
 * `factors.applied` lists the overrides in force: `overrides` as a look-up returns them, or `multipliers` and `deltas`
 * by action category or threshold name. Without it, the logged thresholds are the base thresholds.
 */
export function atBaseThresholds(episode: Episode): Episode {
  const { applied } = episode.factors;
  if (!isObject(applied)) return episode;
  const factors = { ...episode.factors };
  for (const lever of leversOf(episode.pattern))
    for (const name of lever.thresholds) {
      const value = Object.hasOwn(factors, name) ? factors[name] : undefined;
      const effect = appliedEffect(lever, name, applied);
      if (value !== undefined && effect !== NO_EFFECT) factors[name] = undo(value, effect);
    }
  return { ...episode, factors };
}

function appliedEffect(
  lever: Lever,
  name: string,
  applied: Readonly<Record<string, unknown>>,
): AppliedEffect {
  const listed = Array.isArray(applied.overrides)
    ? applied.overrides.filter(isObject).find(o => o.action_category === lever.category)
    : undefined;
  const multiplier = listed?.multiplier ?? valueFor(applied.multipliers, lever.category, name);
  const delta = listed?.delta ?? valueFor(applied.deltas, lever.category, name);
  const effect = {
    multiplier: typeof multiplier === 'number' && multiplier > 0 ? multiplier : 1,
    delta: typeof delta === 'number' ? delta : 0,
  };
  return effect.multiplier === 1 && effect.delta === 0 ? NO_EFFECT : effect;
}

/** Reads a value by action category, else by threshold name. */
function valueFor(values: unknown, category: string, name: string): unknown {
  if (!isObject(values)) return undefined;
  if (Object.hasOwn(values, category)) return values[category];
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function undo(value: FactorValue | object, { multiplier, delta }: AppliedEffect): FactorValue | object {
  const toBase = (number: number): number => (number - delta) / multiplier;
  if (typeof value === 'number') return toBase(value);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, typeof part === 'number' ? toBase(part) : part]),
  );
}
