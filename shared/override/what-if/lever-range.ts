import { Fault } from '../../errors.ts';
import type { ReplayLever } from '../../lever/lever.ts';
import { leversOf, replayLeversOf } from '../../lever/lever.ts';
import { noLeverReason } from '../../lever/no-lever.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { MULTIPLIER_RANGE } from '../multiplier-range.ts';

/** A range of values of a lever: multipliers, or deltas in the unit of its factor. */
export interface LeverRange {
  readonly from: number;
  /** Above `from`. */
  readonly to: number;
  /** Number of evenly spaced values, at least 2. The neutral value is added to them. */
  readonly points: number;
}

/** Largest absolute value of a delta: above every factor that occurs, and small enough that sums stay finite. */
const MAX_DELTA = 1e6;
/** Share of a step within which a value counts as the neutral one. */
const SAME_SHARE = 1e-9;

/**
 * Finds a lever by its action category, or by any name that look-ups accept for its threshold.
 * @throws Fault `invalid_request` that lists the levers of the pattern
 */
export function findLever(pattern: PatternKey, name: string): ReplayLever {
  const replayable = replayLeversOf(pattern);
  const named = leversOf(pattern).find(l => l.category === name || l.thresholds.includes(name));
  const lever = replayable.find(l => l.category === named?.category);
  if (lever) return lever;
  const names = leversOf(pattern)
    .filter(l => replayable.some(r => r.category === l.category))
    .map(l => l.thresholds[0])
    .join(', ');
  const message =
    names === ''
      ? `${noLeverReason(pattern)?.text ?? `${pattern} has no lever that can be replayed`}; choose a pattern in another state`
      : `must be a lever of ${pattern} that can be replayed: ${names}`;
  throw new Fault('invalid_request', `lever: ${message}`, { issues: [{ path: 'lever', message }] });
}

/**
 * Checks a range.
 * @throws Fault `invalid_request` unless `from` and `to` are values that the lever can take, in this order
 */
export function checkRange(lever: ReplayLever, { from, to }: Pick<LeverRange, 'from' | 'to'>): void {
  const { min, max } = lever.scale === 'log' ? MULTIPLIER_RANGE : { min: -MAX_DELTA, max: MAX_DELTA };
  for (const [path, value] of Object.entries({ from, to }))
    if (!(value >= min && value <= max))
      throw outOfRange(path, `must be a ${effectKind(lever)} from ${min} to ${max}`);
  if (!(from < to)) throw outOfRange('to', 'must be above from');
}

/** Returns the kind of a lever's values, as overrides name it. */
export function effectKind(lever: ReplayLever): 'multiplier' | 'delta' {
  return lever.scale === 'log' ? 'multiplier' : 'delta';
}

function outOfRange(path: string, message: string): Fault {
  return new Fault('invalid_request', `${path} ${message}`, { issues: [{ path, message }] });
}

/** Returns the value that leaves a threshold where it is. */
export const neutralValue = ({ scale }: ReplayLever): number => (scale === 'log' ? 1 : 0);

/** Returns a value in the form that overrides have. */
export function toEffect(lever: ReplayLever, value: number): { multiplier: number } | { delta: number } {
  return lever.scale === 'log' ? { multiplier: value } : { delta: value };
}

/** Returns the values of a range, ascending, without repeats, the neutral value among them. */
export function leverGrid(lever: ReplayLever, { from, to, points }: LeverRange): number[] {
  const neutral = neutralValue(lever);
  const step = (to - from) / (points - 1);
  const grid = Array.from({ length: points }, (_, i) =>
    i === points - 1 ? to : Number((from + i * step).toPrecision(12)),
  );
  const notNeutral = new Set(grid.filter(value => Math.abs(value - neutral) > SAME_SHARE * step));
  return [...notNeutral, neutral].sort((a, b) => a - b);
}
