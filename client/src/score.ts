import type { Scorer } from '../../shared/override/score/scorer.ts';
import { readScorer } from '../../shared/override/score/scorer.ts';

/**
 * The option `scorer` of a client: prepares the model of a snapshot, so that look-ups with factors are answered with advice.
 * It is an entry of its own, because few bots need it.
 * @throws Error when the model is damaged; the client then keeps the snapshot before
 */
export function scorer(model: unknown): Scorer | undefined {
  return readScorer(model);
}
