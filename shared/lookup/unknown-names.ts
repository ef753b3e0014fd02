import type { SeenValues } from '../generation/seen-values.ts';
import type { ThresholdLever } from '../override/apply-thresholds.ts';
import type { Scope } from '../pattern/scope.ts';
import { nearestName } from '../suggestion.ts';

/** A name that nothing known has, and the nearest known one. */
export interface UnknownThreshold {
  readonly name: string;
  readonly suggestion?: string;
}

/** A value of a dimension that no event of the last run's window had, and the nearest that one had. */
interface UnknownValue extends UnknownThreshold {
  readonly value: string;
}

/** The names in a look-up that nothing knows; a member is absent where everything is known. */
export interface UnknownNames {
  readonly pattern_known?: false;
  readonly pattern_suggestion?: string;
  readonly unknown_values?: readonly UnknownValue[];
}

/** Returns the requested thresholds that no lever of the pattern takes. */
export function unknownThresholds(
  levers: readonly ThresholdLever[],
  names: readonly string[],
): UnknownThreshold[] {
  const known = levers.flatMap(lever => lever.thresholds);
  return names.filter(name => !known.includes(name)).map(name => ({ name, ...suggestion(name, known) }));
}

/** Returns the values of a scope that no event had. Dimensions without seen values are not judged. */
export function unknownValues(scope: Scope, seen: SeenValues): UnknownValue[] {
  return Object.entries(scope).flatMap(([name, value]) => {
    const known = seen.get(name);
    return !known || known.has(value) ? [] : [{ name, value, ...suggestion(value, known) }];
  });
}

/** Returns the nearest known name as a member of an answer; nothing when none is near. */
function suggestion(name: string, known: Iterable<string>): { readonly suggestion?: string } {
  const nearest = nearestName(name, known);
  return nearest === undefined ? {} : { suggestion: nearest };
}
