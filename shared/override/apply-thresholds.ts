import { moveThreshold } from '../lever/threshold-move.ts';
import { finite } from '../numbers.ts';
import type { OverrideExplanation } from './explanation.ts';
import type { ResolvedOverride } from './override-index.ts';

type Thresholds = Readonly<Record<string, number>>;

/** A lever of a pattern: its category, and the names of its threshold. */
export interface ThresholdLever {
  readonly category: string;
  readonly thresholds: readonly string[];
}

/** The effects that moved thresholds, by the first name of each lever's threshold. */
interface MovedBy {
  readonly multipliers: Thresholds;
  readonly deltas: Thresholds;
}

interface AppliedThresholds {
  readonly thresholds: Thresholds;
  readonly moved: MovedBy;
}

/**
 * Moves the requested thresholds by the overrides in force for their levers. A threshold that no lever of the pattern
 * moves is returned unchanged, and so is one at or below 0 under a multiplier.
 *
 * `moved` lists every effect in force but those that move nothing: a neutral one, and one whose every requested
 * threshold stays as it is. It lists the effect of a lever without a requested threshold, because the caller moves that
 * threshold itself.
 */
export function applyThresholds(
  levers: readonly ThresholdLever[],
  requested: Thresholds,
  resolved: readonly ResolvedOverride[],
): AppliedThresholds {
  const thresholds = { ...requested };
  const multipliers: [string, number][] = [];
  const deltas: [string, number][] = [];
  for (const { lever, override } of inForce(levers, resolved)) {
    const names = requestedNames(lever, requested);
    for (const [name, value] of names) thresholds[name] = finite(moveThreshold(value, override));
    const { multiplier = 1, delta = 0 } = override;
    const moves = names.length === 0 || names.some(([name, value]) => thresholds[name] !== value);
    const [name = lever.category] = lever.thresholds;
    if (moves && multiplier !== 1) multipliers.push([name, multiplier]);
    if (moves && delta !== 0) deltas.push([name, delta]);
  }
  return {
    thresholds,
    moved: { multipliers: Object.fromEntries(multipliers), deltas: Object.fromEntries(deltas) },
  };
}

/** Adds to each chosen override which requested thresholds its multiplier leaves as they were sent. */
export function noteUnmoved(
  levers: readonly ThresholdLever[],
  requested: Thresholds,
  explain: readonly OverrideExplanation[],
): OverrideExplanation[] {
  return explain.map(entry => {
    const lever = levers.find(l => l.category === entry.action_category);
    if (!lever || !entry.chosen || entry.multiplier === undefined) return entry;
    const unmoved = requestedNames(lever, requested).filter(([, value]) => value <= 0);
    if (unmoved.length === 0) return entry;
    const sent = unmoved.map(([name, value]) => `${name} ${value}`).join(', ');
    return { ...entry, note: `returned as sent: ${sent}; a multiplier moves thresholds above 0 only` };
  });
}

function inForce(levers: readonly ThresholdLever[], resolved: readonly ResolvedOverride[]) {
  return levers.flatMap(lever => {
    const override = resolved.find(r => r.action_category === lever.category);
    return override ? [{ lever, override }] : [];
  });
}

function requestedNames(
  { thresholds }: ThresholdLever,
  requested: Thresholds,
): (readonly [string, number])[] {
  return thresholds.flatMap(name => {
    const value = Object.hasOwn(requested, name) ? requested[name] : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
}
