import { Fault } from '../errors.ts';
import { leversOf } from '../lever/lever.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { parsePatternKey } from '../pattern/pattern-key.ts';
import { nearestName } from '../suggestion.ts';

/** A flag of the OpenFeature Remote Evaluation Protocol: a whole pattern, or one effect on one of its thresholds. */
export type Flag =
  | { readonly pattern: PatternKey; readonly effect: 'all' }
  | {
      readonly pattern: PatternKey;
      readonly effect: 'multiplier' | 'delta';
      /** The category of the lever that moves the threshold. */
      readonly category: string;
    };

/** A lever as a flag names it. */
interface NamedLever {
  readonly category: string;
  readonly thresholds: readonly string[];
}

/** The end of the key of a shift. */
const DELTA = '.delta';

/**
 * Reads `<pattern>`, `<pattern>.<threshold>` or `<pattern>.<threshold>.delta`. The pattern may have any form that a
 * look-up reads, and the threshold any of its names.
 * @param levers returns the levers of a pattern; a copy of the service may have some that this build does not know
 * @throws Fault `not_found` for any other key
 */
export function parseFlagKey(
  key: string,
  levers: (pattern: PatternKey) => readonly NamedLever[] = leversOf,
): Flag {
  const whole = patternOf(key);
  if (whole) return { pattern: whole, effect: 'all' };
  const isDelta = key.endsWith(DELTA);
  const path = isDelta ? key.slice(0, -DELTA.length) : key;
  const end = path.lastIndexOf('.');
  const pattern = patternOf(path.slice(0, Math.max(0, end)));
  const threshold = path.slice(end + 1);
  if (!pattern)
    throw new Fault(
      'not_found',
      'no flag has this key: send a pattern key, such as pm.uptrend.S1.entry, or one followed by a threshold, such as ' +
        'pm.uptrend.S1.entry.ts_min or pm.uptrend.S1.entry.slope_min.delta',
    );
  const known = levers(pattern);
  const lever = known.find(({ thresholds }) => thresholds.includes(threshold));
  if (!lever) throw unknownThreshold(pattern, threshold, known);
  return { pattern, effect: isDelta ? 'delta' : 'multiplier', category: lever.category };
}

function patternOf(text: string): PatternKey | undefined {
  try {
    return parsePatternKey(text);
  } catch {
    return undefined;
  }
}

function unknownThreshold(pattern: PatternKey, threshold: string, levers: readonly NamedLever[]): Fault {
  const names = levers.flatMap(({ thresholds }) => thresholds);
  const nearest = nearestName(threshold, names);
  const advice =
    names.length === 0
      ? 'levers exist for the states S1 to S3'
      : nearest === undefined
        ? `use one of ${names.join(', ')}`
        : `did you mean ${nearest}?`;
  return new Fault('not_found', `${threshold.slice(0, 64)} is no threshold of ${pattern}: ${advice}`);
}
