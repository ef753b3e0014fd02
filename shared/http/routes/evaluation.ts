import type { Hono } from 'hono';
import type { Defaults } from '../../generation/effective-settings.ts';
import { effectiveSettings } from '../../generation/effective-settings.ts';
import { requireKnownPattern } from '../../generation/known-pattern.ts';
import type { HeadStore } from '../../generation/ports.ts';
import { describeEvidence } from '../../override/evaluation/evaluation.ts';
import { configuredPayoff } from '../../override/measured-payoff.ts';
import { breakEvenRate } from '../../override/payoff.ts';
import { addRoute, patternParam } from '../app.ts';
import { ROUTES } from '../routes.ts';
import type { EvidenceAnswer } from '../schemas/evaluation.ts';

/** Registers the route for the backtest of a pattern's policies. Runs compute it; the route reads what they stored. */
export function evidenceRoutes(
  app: Hono,
  deps: { readonly heads: HeadStore; readonly defaults: Defaults },
): void {
  addRoute(app, ROUTES.getEvidence, async c => {
    const pattern = await requireKnownPattern(deps.heads, patternParam(c));
    const [head, evidence] = await Promise.all([deps.heads.head(pattern), deps.heads.evidence(pattern)]);
    const settings = effectiveSettings(deps.defaults, head?.settings);
    const { policy, n_min, lookback_days } = settings;
    const payoff = configuredPayoff(settings);
    const emptyEvidence = {
      as_of: null,
      lookback_days,
      n_min,
      payoff,
      break_even: breakEvenRate(payoff),
      base_per_event: 0,
      policies: [],
    };
    const answer: EvidenceAnswer = {
      pattern_key: pattern,
      policy,
      ...(evidence ?? emptyEvidence),
      says: evidence
        ? describeEvidence(evidence, policy)
        : 'no run has compared the policies of this pattern yet',
    };
    return c.json(answer);
  });
}
