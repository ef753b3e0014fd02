import { Fault } from '../errors.ts';
import type { HaltMode } from '../override/halt/halt-mode.ts';
import type { OnJump } from '../override/jump-settings.ts';
import type { Policy } from '../override/override.ts';
import { POLICIES } from '../override/override.ts';
import type { Payoff, PayoffSetting } from '../override/payoff.ts';
import type { ScoreMode } from '../override/score/score-mode.ts';
import type { BaseThresholds } from '../override/threshold-settings.ts';
import { didYouMean } from '../suggestion.ts';
import type { GuardMode } from './guard-mode.ts';
import type { Settings } from './head.ts';
import type { RolloutMode } from './rollout-mode.ts';

/** The stage's settings, which apply to every pattern that does not set its own. */
export interface Defaults {
  readonly nMin: number;
  readonly lookbackDays: number;
  readonly policy: Policy;
  readonly challengers: readonly Policy[];
  readonly payoff: PayoffSetting;
  /** Stands in while `payoff` is measured on too few returns. */
  readonly payoffFallback: Payoff;
  readonly jump: number;
  readonly onJump: OnJump;
  readonly halt: HaltMode;
  readonly score: ScoreMode;
  readonly baseThresholds: BaseThresholds;
  readonly maxOverrides: number;
  readonly guard: GuardMode;
  readonly rollout: RolloutMode;
}

/** The settings of one pattern in one run. */
export interface EffectiveSettings {
  readonly policy: Policy;
  /** Policies that runs compute and compare with `policy`, which is not among them. */
  readonly challengers: readonly Policy[];
  readonly payoff: PayoffSetting;
  /** The stage's amounts, which stand in while `payoff` is measured on too few returns. */
  readonly payoff_fallback: Payoff;
  /** Least number of events with an outcome that makes a slice a lesson. */
  readonly n_min: number;
  /** Length of the window, days. */
  readonly lookback_days: number;
  /** The largest factor by which a run may move an override without a warning. */
  readonly jump: number;
  /** The reaction of a run to an override that moves by more. */
  readonly on_jump: OnJump;
  readonly halt: HaltMode;
  readonly score: ScoreMode;
  /** Thresholds that stand in where events log none. */
  readonly base_thresholds: BaseThresholds;
  /** The most overrides of the pattern. */
  readonly max_overrides: number;
  /** The action of a run that finds the set in force proven harmful. */
  readonly guard: GuardMode;
  /** The way in which a run puts a new result in force. */
  readonly rollout: RolloutMode;
}

/** Chooses each setting: the run's, else the pattern's, else the stage's. @throws Fault `policy_not_available` */
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
    payoff_fallback: defaults.payoffFallback,
    n_min: run.n_min ?? settings.n_min ?? defaults.nMin,
    lookback_days: run.lookback_days ?? settings.lookback_days ?? defaults.lookbackDays,
    jump: settings.jump ?? defaults.jump,
    on_jump: settings.on_jump ?? defaults.onJump,
    halt: settings.halt ?? defaults.halt,
    score: settings.score ?? defaults.score,
    base_thresholds: settings.base_thresholds ?? defaults.baseThresholds,
    max_overrides: settings.max_overrides ?? defaults.maxOverrides,
    guard: settings.guard ?? defaults.guard,
    rollout: settings.rollout ?? defaults.rollout,
  };
}

/** The source of a setting's value in force. */
type SettingSource = 'pattern' | 'stage' | 'default';

/**
 * Returns the source of each setting in force.
 * @param setByStage names of the variables of the stage; each is the name of a setting in capitals, or begins with it
 */
export function settingSources(
  effective: EffectiveSettings,
  settings: Settings = {},
  setByStage: ReadonlySet<string>,
): Record<string, SettingSource> {
  const ofStage = (name: string): boolean => {
    const variable = name.toUpperCase();
    return [...setByStage].some(set => set === variable || set.startsWith(`${variable}_`));
  };
  const isOfPattern = (name: string): boolean =>
    Object.entries(settings).some(([own, value]) => own === name && value !== undefined);
  return Object.fromEntries(
    Object.keys(effective).map(name => [
      name,
      isOfPattern(name) ? 'pattern' : ofStage(name) ? 'stage' : 'default',
    ]),
  );
}

/** Returns the policy of a name. @throws Fault `policy_not_available` that lists the policies of this build */
export function requirePolicy(name: string): Policy {
  const policy = POLICIES.find(p => p === name);
  if (!policy)
    throw new Fault('policy_not_available', policyMessage(name), {
      issues: [{ path: 'policy', message: `must be one of: ${POLICIES.join(', ')}` }],
    });
  return policy;
}

function policyMessage(name: string): string {
  const unknown = `policy ${JSON.stringify(name.slice(0, 32))} is unknown${didYouMean(name, POLICIES)}`;
  return `${unknown}: choose one of ${POLICIES.join(', ')}`;
}
