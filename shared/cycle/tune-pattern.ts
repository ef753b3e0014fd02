import type { FactorColumns } from '../episode/columns/columns.ts';
import { fillThresholds } from '../episode/columns/fill-thresholds.ts';
import type { EffectiveSettings } from '../generation/effective-settings.ts';
import type { Lesson, NearLesson } from '../lesson/lesson.ts';
import { mineLessons } from '../lesson/mine-lessons.ts';
import type { Cut } from '../mining/types.ts';
import type { PolicyInput, PolicySettings } from '../override/compute-overrides.ts';
import { computeOverrides } from '../override/compute-overrides.ts';
import type { PolicyComparison } from '../override/evaluation/evaluation.ts';
import type { EarlierFits } from '../override/evaluation/walk-forward.ts';
import { walkForward } from '../override/evaluation/walk-forward.ts';
import { explainLessons } from '../override/explain-lessons.ts';
import type { BaseDay } from '../override/halt/base-days.ts';
import { applyHalt, haltPattern, isHaltApplied } from '../override/halt/halt-pattern.ts';
import { settlePayoff } from '../override/measured-payoff.ts';
import type { Override, Policy } from '../override/override.ts';
import { POLICIES } from '../override/override.ts';
import type { Payoff } from '../override/payoff.ts';
import { breakEvenRate } from '../override/payoff.ts';
import type { ScoreModel } from '../override/score/score-model.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Reason } from '../reason.ts';

/** The result of a run for one pattern, before it is stored. */
export interface TuningResult {
  /** Sorted by scope hash; a lesson without an override carries the reason. */
  readonly lessons: readonly Lesson[];
  readonly near: readonly NearLesson[];
  /** Overrides of the policy to publish, with those of a halt that is applied. */
  readonly overrides: readonly Override[];
  /** The model to publish, under the setting `score: advise`. */
  readonly score?: ScoreModel;
  /** The payoff that the run used: the configured or the measured one. */
  readonly payoff: Payoff;
  /** The overrides that each challenger would publish. */
  readonly challengers: ReadonlyMap<Policy, { readonly overrides: readonly Override[] }>;
  /** Walk-forward results of that policy and its challengers. */
  readonly evidence: PolicyComparison;
  /** Events of the whole pattern that count towards `n_min`. */
  readonly support: number;
  readonly entries: 'open' | 'halted';
  readonly entries_reason?: string;
  /** Daily results of the base gates over a year, to be stored for the next run. */
  readonly days: readonly BaseDay[];
  /** The policy's remark on the pattern as a whole. */
  readonly note?: Reason;
  /** The sentences on slices and overrides that the budget and the cap left out. */
  readonly cut?: string;
  /** Returns why a budget or the cap left out the slice of an override, and what to do; undefined when none did. */
  readonly whyLeftOut: (override: Override) => string | undefined;
}

/** Results of earlier runs that a run takes over. */
interface Earlier extends EarlierFits {
  /** Daily results of the base gates. */
  readonly days?: readonly BaseDay[];
}

/**
 * Computes lessons, overrides and the comparison of policies from the events of a window.
 * @param asOf milliseconds since 1970
 * @param earlier what earlier runs found
 */
export function tunePattern(
  pattern: PatternKey,
  events: FactorColumns,
  asOf: number,
  effective: EffectiveSettings,
  earlier: Earlier = {},
): TuningResult {
  const columns = fillThresholds(events, effective.base_thresholds);
  const { payoff, payoffs } = settlePayoff(columns, effective);
  const settings = { ...effective, payoff };
  const mined = mineLessons(pattern, columns, settings.n_min);
  const { year, days = [] } = earlier;
  const input: PolicyInput = { pattern, lessons: mined.lessons, columns, asOf, settings, year };
  const output = computeOverrides(settings.policy, input);
  const { overrides, note } = output;
  const challengers = new Map(
    settings.challengers
      .filter(name => name !== settings.policy)
      .map(name => [name, computeOverrides(name, input)]),
  );
  const halt = haltPattern(pattern, columns, asOf, settings, days);
  const cuts = [...(mined.cut ? [describeCut(mined.cut)] : []), ...(output.cut ? [output.cut] : [])];
  return {
    lessons: explainLessons(mined.lessons, output),
    near: mined.near,
    support: mined.support,
    overrides: isHaltApplied(halt, settings.halt) ? applyHalt(pattern, overrides, halt) : overrides,
    entries: settings.halt === 'off' ? 'open' : halt.entries,
    ...(settings.halt !== 'off' && halt.reason !== undefined && { entries_reason: halt.reason }),
    days: halt.days,
    ...(effective.policy === 'model' && year?.score && { score: year.score }),
    payoff,
    challengers,
    evidence: {
      ...comparePolicies(input, settings, new Map(challengers).set(settings.policy, output), earlier),
      payoffs,
    },
    ...(note && { note }),
    ...(cuts.length > 0 && { cut: cuts.join('; ') }),
    whyLeftOut: override =>
      output.capped.has(override.scope_hash)
        ? `the pattern has more than ${settings.max_overrides} overrides: send fewer dimensions, or raise max_overrides`
        : mined.cut && budgetReason(mined.cut, override),
  };
}

/** Compares the policies of a run. @param outputs that of the policy to publish, and of its challengers */
function comparePolicies(
  input: PolicyInput,
  { n_min, lookback_days, payoff }: PolicySettings,
  outputs: ReadonlyMap<Policy, Output>,
  earlier: EarlierFits,
): PolicyComparison {
  const { pattern, columns, asOf, settings } = input;
  const compared = POLICIES.filter(name => outputs.has(name));
  const evaluation = walkForward(pattern, columns, asOf, compared, settings, earlier);
  return {
    as_of: new Date(asOf).toISOString(),
    lookback_days,
    n_min,
    payoff,
    break_even: breakEvenRate(payoff),
    base_per_event: evaluation.base_per_event,
    policies: evaluation.policies.map(row => {
      const { overrides = [], note } = outputs.get(row.policy) ?? {};
      const remark = row.events > 0 && overrides.length === 0 ? note : undefined;
      return {
        ...row,
        overrides: overrides.length,
        ...(remark && { reason: remark.text, reason_code: remark.code }),
      };
    }),
  };
}

type Output = Pick<ReturnType<typeof computeOverrides>, 'overrides' | 'note'>;

/** Returns why the mining budget left out the slice of an override; undefined when it kept the slice. */
function budgetReason({ dimensions }: Cut, { scope_subset }: Override): string | undefined {
  const names = Object.keys(scope_subset);
  const depth = Math.min(...names.map(name => dimensions.get(name) ?? names.length));
  if (names.length <= depth) return undefined;
  const kept = depth === 1 ? '1 dimension' : `${depth} dimensions`;
  return (
    `the mining budget leaves out slices of more than ${kept}: send fewer dimensions, or set a larger n_min or a ` +
    'shorter look-back'
  );
}

/** Dimensions that a description of a cut names. */
const NAMED = 3;

function describeCut({ depth, dimensions, emitted, leftOutAtLeast, reason }: Cut): string {
  const cut = [...dimensions].filter(([, most]) => most === depth).map(([name]) => name);
  const named = cut.slice(0, NAMED).join(', ');
  const others = cut.length > NAMED ? ` or ${cut.length - NAMED} others` : '';
  const which = cut.length === dimensions.size ? '' : ` with ${named}${others}`;
  const leftOut = `every slice of more than ${depth} dimensions${which} left out (${leftOutAtLeast} or more)`;
  return `${leftOut}, ${emitted} kept: ${reason}`;
}
