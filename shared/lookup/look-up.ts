import type { Head, Mode } from '../generation/head.ts';
import type { Policy, ResolutionMethod } from '../override/override.ts';
import { DEFAULT_RESOLUTION } from '../override/override.ts';
import type { OverrideIndex } from '../override/override-index.ts';
import type { OverrideExplanation, ResolvedOverride } from '../override/resolve.ts';
import { applyThresholds, resolve } from '../override/resolve.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Scope, ScopeHash } from '../pattern/scope.ts';
import { scopeHash } from '../pattern/scope.ts';

/** What a PM asks. */
export interface LookupRequest {
  readonly pattern: PatternKey;
  readonly scope: Scope;
  readonly thresholds: Readonly<Record<string, number>>;
  readonly resolution: ResolutionMethod | undefined;
  readonly explain: boolean;
}

export interface LookupResult {
  readonly pattern_key: PatternKey;
  readonly scope_hash: ScopeHash;
  readonly generation: number;
  readonly mode: Mode;
  readonly policy: Policy;
  readonly resolution: ResolutionMethod;
  readonly overrides: readonly ResolvedOverride[];
  readonly thresholds: Readonly<Record<string, number>>;
  readonly explain?: readonly OverrideExplanation[];
}

/** Whether a mode serves overrides; the others answer neutral. */
export function servesOverrides(mode: Mode): boolean {
  return mode === 'live' || mode === 'frozen';
}

/**
 * Answers a look-up from what is in force.
 * @param head of the pattern, if it has one
 * @param index the generation's overrides; undefined when there is none to serve
 * @param defaultPolicy of the stage, for a pattern without a generation
 */
export function lookUp(
  question: LookupRequest,
  head: Head | undefined,
  index: OverrideIndex | undefined,
  defaultPolicy: Policy,
): LookupResult {
  const current = head?.current;
  const mode = head?.mode ?? 'live';
  const policy = current?.policy ?? defaultPolicy;
  const resolution = question.resolution ?? current?.resolution ?? DEFAULT_RESOLUTION[policy];
  const { resolved, explain } = resolve(index?.matching(question.scope) ?? [], resolution);
  const inForce = servesOverrides(mode) ? resolved : [];
  return {
    pattern_key: question.pattern,
    scope_hash: scopeHash(question.scope),
    generation: current?.generation ?? 0,
    mode,
    policy,
    resolution,
    overrides: inForce,
    thresholds: applyThresholds(question.pattern, question.thresholds, inForce),
    // In shadow, what would be in force is shown, and that it is not chosen.
    ...(question.explain && {
      explain: servesOverrides(mode) ? explain : explain.map(e => ({ ...e, chosen: false })),
    }),
  };
}
