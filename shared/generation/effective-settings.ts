import { Fault } from '../errors.ts';
import type { Policy } from '../override/override.ts';
import { POLICIES } from '../override/override.ts';
import type { Payoff } from '../override/payoff.ts';
import type { Settings } from './head.ts';

/** The stage's configuration, for what a pattern does not set. */
export interface Defaults {
  readonly nMin: number;
  readonly lookbackDays: number;
  readonly policy: Policy;
  readonly challengers: readonly Policy[];
  readonly payoff: Payoff;
}

/** The settings in force. */
export interface EffectiveSettings {
  readonly policy: Policy;
  /** Computed and compared beside the policy; never the policy itself. */
  readonly challengers: readonly Policy[];
  readonly payoff: Payoff;
  /** Least events of a slice that makes a lesson. */
  readonly n_min: number;
  /** Days. */
  readonly lookback_days: number;
}

/** What a run, a pattern and the stage say, the nearer one first. */
export function effectiveSettings(
  defaults: Defaults,
  settings: Settings = {},
  run: {
    readonly n_min?: number | undefined;
    readonly lookback_days?: number | undefined;
    readonly policy?: string | undefined;
  } = {},
): EffectiveSettings {
  const policy = run.policy === undefined ? (settings.policy ?? defaults.policy) : requirePolicy(run.policy);
  const challengers = new Set(settings.challengers ?? defaults.challengers);
  challengers.delete(policy);
  return {
    policy,
    challengers: POLICIES.filter(other => challengers.has(other)),
    payoff: settings.payoff ?? defaults.payoff,
    n_min: run.n_min ?? settings.n_min ?? defaults.nMin,
    lookback_days: run.lookback_days ?? settings.lookback_days ?? defaults.lookbackDays,
  };
}

/** @throws Fault `policy_not_available` naming the policies there are */
export function requirePolicy(name: string): Policy {
  const policy = POLICIES.find(p => p === name);
  if (!policy)
    throw new Fault('policy_not_available', `this service computes: ${POLICIES.join(', ')}`, {
      issues: [{ path: 'policy', message: `must be one of: ${POLICIES.join(', ')}` }],
    });
  return policy;
}
