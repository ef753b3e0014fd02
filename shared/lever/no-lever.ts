import type { PatternKey } from '../pattern/pattern-key.ts';
import { patternParts } from '../pattern/pattern-key.ts';
import type { Reason } from '../reason.ts';
import { LEVERS, leversOf } from './lever.ts';

/**
 * Returns the reason that no threshold of a pattern can move, because its state has no lever; undefined when it has
 * one. Example: "S4 has no lever; levers exist for S1 to S3: no threshold of this pattern can move".
 */
export function noLeverReason(pattern: PatternKey): Reason | undefined {
  if (leversOf(pattern).length > 0) return undefined;
  const states = LEVERS.flatMap(lever => lever.states).toSorted();
  return {
    code: 'no_lever',
    text: `${patternParts(pattern).state} has no lever; levers exist for ${states[0]} to ${states.at(-1)}: no threshold of this pattern can move`,
  };
}
