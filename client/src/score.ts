import type { Scorer } from '../../shared/override/score/scorer.ts';
import { readScorer } from '../../shared/override/score/scorer.ts';

/**
 * The option `scorer` of a client: prepares the model of a snapshot, so that look-ups with factors are answered with advice.
 * It is an entry of its own, because few bots need it.
 * @returns undefined for a damaged model too: the client then serves the overrides and the halt without advice
 */
export function scorer(model: unknown): Scorer | undefined {
  try {
    return readScorer(model);
  } catch {
    return undefined;
  }
}
