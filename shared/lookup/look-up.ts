import type { Head, Mode } from '../generation/head.ts';
import { modeInForce, type ServiceMode } from '../generation/service-mode.ts';
import { applyThresholds, noteUnmoved } from '../override/apply-thresholds.ts';
import type { Policy, ResolutionMethod } from '../override/override.ts';
import { DEFAULT_RESOLUTION } from '../override/override.ts';
import type { OverrideIndex } from '../override/override-index.ts';
import type { OverrideExplanation, ResolvedOverride } from '../override/resolve.ts';
import { resolve } from '../override/resolve.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Scope, ScopeHash } from '../pattern/scope.ts';
import { scopeHash } from '../pattern/scope.ts';
import type { UnknownThreshold } from './unknown-names.ts';
import { unknownThresholds } from './unknown-names.ts';

/** A look-up of a PM, checked and in canonical form. */
export interface LookupRequest {
  readonly pattern: PatternKey;
  readonly scope: Scope;
  readonly thresholds: Readonly<Record<string, number>>;
  readonly resolution: ResolutionMethod | undefined;
  readonly explain: boolean;
}

/** What moved the thresholds of an answer. The bot logs it unchanged as `factors.applied`. */
interface AppliedAnswer {
  readonly generation?: number;
  /** By the first name of the lever's threshold. */
  readonly multipliers?: Readonly<Record<string, number>>;
  readonly deltas?: Readonly<Record<string, number>>;
}

export interface LookupResult {
  readonly pattern_key: PatternKey;
  readonly scope_hash: ScopeHash;
  readonly generation: number;
  readonly mode: Mode;
  /** Present when the whole service is off, whatever the mode of the pattern. */
  readonly mode_by?: 'service';
  readonly policy: Policy;
  readonly resolution: ResolutionMethod;
  readonly entries: 'open' | 'halted';
  readonly entries_reason?: string;
  readonly overrides: readonly ResolvedOverride[];
  readonly thresholds: Readonly<Record<string, number>>;
  /** Empty where nothing is served: in the modes `off` and `shadow`, and in a degraded answer. */
  readonly applied: AppliedAnswer;
  readonly unknown_thresholds?: readonly UnknownThreshold[];
  readonly explain?: readonly OverrideExplanation[];
}

/** Returns true for a mode that serves overrides; the others answer neutral. */
export function servesOverrides(mode: Mode): boolean {
  return mode === 'live' || mode === 'frozen';
}

/** Returns whether trades should be entered: as the generation in force says, and open where nothing is served. */
export function entriesOf(head: Head | undefined): Pick<LookupResult, 'entries' | 'entries_reason'> {
  const current = head && servesOverrides(head.mode) ? head.current : undefined;
  return {
    entries: current?.entries ?? 'open',
    ...(current?.entries_reason !== undefined && { entries_reason: current.entries_reason }),
  };
}

/**
 * Answers a look-up from the generation in force.
 * @param head the pattern's head under the switch for everything; undefined before its first run or change
 * @param index the generation's overrides; undefined when there are none to serve
 * @param defaultPolicy the stage's policy, for a pattern without a generation
 * @param service the mode of the service
 */
export function lookUp(
  request: LookupRequest,
  head: Head | undefined,
  index: OverrideIndex | undefined,
  defaultPolicy: Policy,
  service: ServiceMode = 'live',
): LookupResult {
  const current = head?.current;
  const inForceMode = modeInForce(head, service);
  const { mode } = inForceMode;
  const policy = current?.policy ?? defaultPolicy;
  const resolution = request.resolution ?? current?.resolution ?? DEFAULT_RESOLUTION[policy];
  const { resolved, explain } = resolve(index?.matching(request.scope) ?? [], resolution);
  const serves = servesOverrides(mode);
  const inForce = serves ? resolved : [];
  const generation = current?.generation ?? 0;
  const { thresholds, moved } = applyThresholds(request.pattern, request.thresholds, inForce);
  const unknown = unknownThresholds(request.pattern, Object.keys(request.thresholds));
  return {
    pattern_key: request.pattern,
    scope_hash: scopeHash(request.scope),
    generation,
    ...inForceMode,
    policy,
    resolution,
    ...entriesOf(head),
    overrides: inForce,
    thresholds,
    applied: serves ? { generation, ...moved } : {},
    ...(unknown.length > 0 && { unknown_thresholds: unknown }),
    // In mode `shadow` the explanation lists the overrides that mode `live` would serve, each with `chosen: false`.
    ...(request.explain && {
      explain: serves
        ? noteUnmoved(request.pattern, request.thresholds, explain)
        : explain.map(e => ({ ...e, chosen: false })),
    }),
  };
}
