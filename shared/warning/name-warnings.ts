import type { PatternKey } from '../pattern/pattern-key.ts';
import type { DimensionCoverage } from './dimension-coverage.ts';
import { recentMisspeltFactors, unqueriedDimensions } from './dimension-coverage.ts';
import { nearestFactor } from './factor-names.ts';
import type { Warning } from './warning.ts';

/** Maximum number of dimensions that a warning names. */
const SHOWN_DIMENSIONS = 8;

/**
 * Returns the warnings about names that one pattern uses: dimensions of its lessons that no look-up sends, and factors
 * of its events that are near misses of known names.
 * @param now milliseconds since 1970
 */
export function nameWarnings(pattern: PatternKey, coverage: DimensionCoverage, now: number): Warning[] {
  return [...dimensionWarning(pattern, coverage, now), ...factorWarnings(pattern, coverage, now)];
}

function dimensionWarning(pattern_key: PatternKey, coverage: DimensionCoverage, now: number): Warning[] {
  const names = unqueriedDimensions(coverage, now);
  if (names.length === 0) return [];
  const more = names.length > SHOWN_DIMENSIONS ? ` and ${names.length - SHOWN_DIMENSIONS} more` : '';
  const shown = `${names.slice(0, SHOWN_DIMENSIONS).join(', ')}${more}`;
  const [what, them] = names.length === 1 ? ['a dimension', 'it'] : ['dimensions', 'them'];
  const message =
    `lessons of ${pattern_key} use ${what} that no look-up has sent for 24 hours (${shown}), so their overrides ` +
    `never apply: send ${them} in the scope of each look-up, or leave ${them} out of the events`;
  return [{ code: 'dimension_not_asked', message, pattern_key }];
}

function factorWarnings(pattern_key: PatternKey, coverage: DimensionCoverage, now: number): Warning[] {
  return recentMisspeltFactors(coverage, now).map(name => {
    const nearest = nearestFactor(name);
    const question = nearest === undefined ? '' : ` (did you mean ${JSON.stringify(nearest)}?)`;
    const message =
      `events of ${pattern_key} have a factor ${JSON.stringify(name)}, which no policy reads${question}: ` +
      'correct the name in the bot; events that are stored keep it';
    return { code: 'factor_near_known', message, pattern_key };
  });
}
