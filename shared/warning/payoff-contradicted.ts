import type { PolicyComparison } from '../override/evaluation/evaluation.ts';
import type { Warning } from './warning.ts';

/** Warns when the returns of a pattern contradict the configured payoff that its run used. */
export function payoffContradicted({ payoffs }: Pick<PolicyComparison, 'payoffs'>): Warning[] {
  if (payoffs?.contradiction === undefined) return [];
  const message =
    `the returns of outcomes contradict the payoff: ${payoffs.contradiction}. Set payoff to measured or to amounts ` +
    'that hold after costs; if the returns are wrong, correct what the bot sends as return (in R, net of costs)';
  return [{ code: 'payoff_contradicted', message }];
}
