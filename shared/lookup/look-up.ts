import type { Factors } from '../episode/factors.ts';
import type { Head, Mode } from '../generation/head.ts';
import { servesOverrides } from '../generation/served.ts';
import { modeInForce, type ServiceMode } from '../generation/service-mode.ts';
import { leversOf } from '../lever/lever.ts';
import type { ThresholdLever } from '../override/apply-thresholds.ts';
import { applyThresholds, noteUnmoved } from '../override/apply-thresholds.ts';
import type { Arm } from '../override/arm.ts';
import { armOf } from '../override/arm.ts';
import type { OverrideExplanation } from '../override/explanation.ts';
import { explain } from '../override/explanation.ts';
import type { Override, Policy, ResolutionMethod } from '../override/override.ts';
import { DEFAULT_RESOLUTION } from '../override/override.ts';
import type { OverrideIndex, ResolvedOverride } from '../override/override-index.ts';
import type { Advice, Advised, NoAdvice, Scorer } from '../override/score/scorer.ts';
import { noAdvice } from '../override/score/scorer.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Scope } from '../pattern/scope.ts';
import type { ScopeHash } from '../pattern/scope-hash.ts';
import { scopeHash } from '../pattern/scope-hash.ts';
import type { UnknownThreshold } from './unknown-names.ts';
import { unknownThresholds } from './unknown-names.ts';

/** A look-up of a PM, checked and in canonical form. */
export interface LookupRequest {
  readonly pattern: PatternKey;
  readonly scope: Scope;
  readonly thresholds: Readonly<Record<string, number>>;
  readonly resolution: ResolutionMethod | undefined;
  readonly explain: boolean;
  /** The factors of the decision, as an event logs them at the base thresholds: asks for the advice of the model. */
  readonly factors?: Factors | undefined;
  /** Decides the arm of a rollout; without it the answer is that of the control arm. */
  readonly episodeId?: string | undefined;
}

/** The effects that moved the thresholds of an answer. The bot logs them unchanged as `factors.applied`. */
interface AppliedAnswer {
  readonly generation?: number;
  /** By the first name of the lever's threshold. */
  readonly multipliers?: Readonly<Record<string, number>>;
  readonly deltas?: Readonly<Record<string, number>>;
  /** Score of the advice: standard errors by which the prediction lies above break-even. */
  readonly score?: number;
  /** The advice is to act above this score; absent where the base gates decide. */
  readonly rung?: number;
}

/** Everything but the overrides that decides the answers of one pattern. */
export interface InForce {
  /** That of the arm, while a rollout runs. */
  readonly generation: number;
  /** Present while a rollout runs. */
  readonly arm?: Arm;
  readonly mode: Mode;
  /** Present when the whole service is off, whatever the mode of the pattern. */
  readonly mode_by?: 'service';
  readonly policy: string;
  readonly resolution: ResolutionMethod;
  readonly entries: 'open' | 'halted';
  readonly entries_reason?: string;
  readonly levers: readonly ThresholdLever[];
}

export interface LookupResult extends Omit<InForce, 'levers'> {
  readonly pattern_key: PatternKey;
  readonly scope_hash: ScopeHash;
  readonly overrides: readonly ResolvedOverride[];
  readonly thresholds: Readonly<Record<string, number>>;
  /** Empty where nothing is served: in the modes `off` and `shadow`, and in a degraded answer. */
  readonly applied: AppliedAnswer;
  /** One of both is present when the look-up sent factors. */
  readonly advice?: Advice;
  readonly no_advice?: NoAdvice;
  readonly unknown_thresholds?: readonly UnknownThreshold[];
  readonly explain?: readonly OverrideExplanation[];
}

/** The reason for an answer, as metrics count it. */
type AnswerReason = 'degraded' | 'shadow' | 'off' | 'match' | 'neutral';

/** Returns the reason for an answer. */
export function answerReason({
  degraded,
  mode,
  overrides,
}: Pick<LookupResult, 'mode' | 'overrides'> & { readonly degraded?: object }): AnswerReason {
  if (degraded) return 'degraded';
  if (!servesOverrides(mode)) return mode === 'shadow' ? 'shadow' : 'off';
  return overrides.length > 0 ? 'match' : 'neutral';
}

/** The head that serves an episode: the generation of its arm is in place of the one in force. */
interface ServedHead {
  /** With the candidate as `current` in the candidate arm. */
  readonly head: Head | undefined;
  /** Present while a rollout runs and the mode serves overrides. */
  readonly arm?: Arm;
}

/** Returns the head that serves an episode. @param head the head under the switch for everything */
export function servedHead(head: Head | undefined, episodeId: string | undefined): ServedHead {
  if (!head?.candidate || !servesOverrides(head.mode)) return { head };
  const arm = armOf(head.candidate, episodeId);
  return { head: arm === 'candidate' ? { ...head, current: head.candidate.generation } : head, arm };
}

/**
 * Returns what is in force for a pattern. Where nothing is served, entries are open.
 * @param head the pattern's head; undefined before its first run or change
 * @param defaultPolicy the stage's policy, for a pattern without a generation
 */
export function inForceOf(
  pattern: PatternKey,
  head: Head | undefined,
  defaultPolicy: Policy,
  service: ServiceMode = 'live',
): InForce {
  const current = head?.current;
  const { mode, ...by } = modeInForce(head, service);
  const policy = current?.policy ?? defaultPolicy;
  const served = servesOverrides(mode) ? current : undefined;
  return {
    generation: current?.generation ?? 0,
    mode,
    ...by,
    policy,
    resolution: current?.resolution ?? DEFAULT_RESOLUTION[policy],
    entries: served?.entries ?? 'open',
    ...(served?.entries_reason !== undefined && { entries_reason: served.entries_reason }),
    levers: leversOf(pattern),
  };
}

/** The overrides of a generation, as a look-up needs them; `matching` is called for an explanation only. */
export type OverrideMatcher = Pick<OverrideIndex<Override>, 'resolve' | 'matching'>;

/**
 * Answers a look-up from what is in force.
 * @param index the generation's overrides; undefined when there are none to serve
 * @param scorer the generation's model; undefined without one
 */
export function lookUp(
  request: LookupRequest,
  inForce: InForce,
  index: OverrideMatcher | undefined,
  scorer?: Scorer,
): LookupResult {
  const { levers, ...answered } = inForce;
  const resolution = request.resolution ?? inForce.resolution;
  const serves = servesOverrides(inForce.mode);
  const overrides = serves && index ? index.resolve(request.scope, resolution) : [];
  const { thresholds, moved } = applyThresholds(levers, request.thresholds, overrides);
  const advised = request.factors && adviseOn(request, request.factors, inForce, scorer);
  const unknown = unknownThresholds(levers, Object.keys(request.thresholds));
  return {
    pattern_key: request.pattern,
    scope_hash: scopeHash(request.scope),
    ...answered,
    resolution,
    overrides,
    thresholds,
    applied: serves ? { generation: inForce.generation, ...moved, ...advised?.applied } : {},
    ...advised?.answer,
    ...(unknown.length > 0 && { unknown_thresholds: unknown }),
    ...(request.explain && { explain: explanationOf(request, inForce, resolution, index) }),
  };
}

/** Returns the advice of the model on a look-up, or why there is none. */
function adviseOn(
  { scope, thresholds }: LookupRequest,
  factors: Factors,
  { mode, entries }: InForce,
  scorer: Scorer | undefined,
): Advised {
  if (!servesOverrides(mode)) return noAdvice('not_served', `the mode is ${mode}, which serves no advice`);
  if (!scorer)
    return noAdvice(
      'no_model',
      'the generation has no model: set score to advise and policy to model, and see why the last run fitted none',
    );
  return scorer(factors, thresholds, scope, entries === 'halted');
}

/** In mode `shadow` the explanation lists the overrides that mode `live` would serve, each with `chosen: false`. */
function explanationOf(
  { scope, thresholds }: LookupRequest,
  { mode, levers }: InForce,
  resolution: ResolutionMethod,
  index: OverrideMatcher | undefined,
): OverrideExplanation[] {
  const all = explain(index?.matching(scope) ?? [], resolution);
  return servesOverrides(mode)
    ? noteUnmoved(levers, thresholds, all)
    : all.map(entry => ({ ...entry, chosen: false }));
}
