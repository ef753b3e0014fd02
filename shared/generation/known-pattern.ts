import { Fault } from '../errors.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { nearestNames } from '../suggestion.ts';
import type { HeadStore } from './ports.ts';

/** Maximum number of near patterns that a fault suggests. */
const MAX_SUGGESTIONS = 3;

/**
 * Returns the pattern if it is known, which takes one read of one item. The list of patterns is read only for an
 * unknown one.
 * @throws Fault `unknown_pattern` with the nearest known patterns
 */
export async function requireKnownPattern(
  heads: Pick<HeadStore, 'isRegistered' | 'patterns'>,
  pattern: PatternKey,
): Promise<PatternKey> {
  if (await heads.isRegistered(pattern)) return pattern;
  const suggestions = nearestNames(pattern, await heads.patterns(), MAX_SUGGESTIONS);
  const advice =
    suggestions.length > 0
      ? `did you mean ${suggestions.join(' or ')}?`
      : 'list patterns with GET /v1/status';
  throw new Fault('unknown_pattern', `no event named ${pattern}; ${advice}`, { suggestions });
}
