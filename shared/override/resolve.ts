import type { ActionCategory } from '../lever/lever.ts';
import { ACTION_CATEGORIES } from '../lever/lever.ts';
import type { Scope } from '../pattern/scope.ts';
import { dimensionCount } from '../pattern/scope.ts';
import type { ReasonCode } from '../reason.ts';
import type { Override, ResolutionMethod } from './override.ts';
import { MULTIPLIER_RANGE } from './override.ts';

/** The value in force for one category in one scope, as a look-up answers it: `multiplier` or `delta`. */
export interface ResolvedOverride {
  readonly action_category: ActionCategory;
  readonly multiplier?: number;
  readonly delta?: number;
  /** Slice of the most specific override that matched. */
  readonly scope_subset: Scope;
  /** Number of overrides that matched. */
  readonly matched: number;
}

/** One override that matched, and its weight in the result. */
export interface OverrideExplanation {
  readonly action_category: ActionCategory;
  readonly scope_subset: Scope;
  readonly multiplier?: number;
  readonly delta?: number;
  /** Its weight in a blend; 1 or 0 under the other methods. */
  readonly weight: number;
  readonly n: number;
  readonly chosen: boolean;
  readonly reason: string;
  /** Absent in rows of older versions. */
  readonly reason_code?: ReasonCode;
  /** The thresholds of the look-up that it does not move, and why. */
  readonly note?: string;
}

interface ResolvedScope {
  readonly resolved: readonly ResolvedOverride[];
  readonly explain: readonly OverrideExplanation[];
}

/**
 * Returns the weight of an override in a blend: `confidence · (dimensions + 1)^1.5` (contract, section 4).
 * Example: confidence 0.5 and 3 dimensions weigh 0.5 · 4^1.5 = 4.
 */
export function blendWeight(confidence: number, dimensions: number): number {
  return confidence * (dimensions + 1) ** 1.5;
}

/** The change of one threshold: a factor that multiplies it, or a number that is added to it. */
interface Effect {
  readonly kind: 'multiplier' | 'delta';
  readonly value: number;
}

function effectOf({ multiplier, delta = 0 }: Override): Effect {
  return multiplier === undefined
    ? { kind: 'delta', value: delta }
    : { kind: 'multiplier', value: multiplier };
}

/** Returns an effect in the form that overrides and answers have. */
function toFields({ kind, value }: Effect): { readonly multiplier: number } | { readonly delta: number } {
  return kind === 'multiplier' ? { multiplier: value } : { delta: value };
}

/** An override that matched, with its effect and the number of dimensions that its slice fixes. */
interface Match {
  readonly override: Override;
  readonly effect: Effect;
  readonly dimensions: number;
}

/** Orders by dimensions, most first; ties by confidence, then n, then scope hash. */
function bySpecificity(first: Match, second: Match): number {
  const { override: a } = first;
  const { override: b } = second;
  return (
    second.dimensions - first.dimensions ||
    b.confidence - a.confidence ||
    b.n - a.n ||
    (a.scope_hash < b.scope_hash ? -1 : 1)
  );
}

/** Combines the matching overrides of one category, sorted by specificity, into one value. */
interface Method {
  readonly weights: (matching: readonly Match[]) => readonly number[];
  readonly value: (values: readonly number[], weights: readonly number[], kind: Effect['kind']) => number;
}

const METHODS: Readonly<Record<ResolutionMethod, Method>> = {
  blend: {
    weights: matching =>
      matching.map(({ override, dimensions }) => blendWeight(override.confidence, dimensions)),
    value: (values, weights) => {
      const total = weights.reduce((sum, w) => sum + w, 0);
      return values.reduce((sum, v, i) => sum + v * (weights[i] ?? 0), 0) / total;
    },
  },
  'most-specific': {
    weights: matching => matching.map((_, i) => (i === 0 ? 1 : 0)),
    value: values => values[0] ?? 1,
  },
  product: {
    weights: matching => matching.map(() => 1),
    value: (values, _, kind) =>
      kind === 'delta'
        ? values.reduce((sum, v) => sum + v, 0)
        : Math.min(
            MULTIPLIER_RANGE.max,
            Math.max(
              MULTIPLIER_RANGE.min,
              values.reduce((p, v) => p * v, 1),
            ),
          ),
  },
};

/** Resolves the overrides of one category, of which there is at least one; all have the same kind of effect. */
function resolveCategory(category: ActionCategory, matching: readonly Match[], method: Method) {
  const matches = matching.toSorted(bySpecificity);
  const weights = method.weights(matches);
  const kind = matches[0]?.effect.kind ?? 'multiplier';
  const value = method.value(
    matches.map(({ effect }) => effect.value),
    weights,
    kind,
  );
  const resolved: ResolvedOverride = {
    action_category: category,
    ...toFields({ kind, value }),
    scope_subset: matches[0]?.override.scope_subset ?? {},
    matched: matches.length,
  };
  return { resolved, matches, weights } as const;
}

/** Resolves each category that has a match, in the order of the categories. */
function resolveCategories(matching: readonly Override[], resolution: ResolutionMethod) {
  const byCategory = Map.groupBy(
    matching.map(override => ({
      override,
      effect: effectOf(override),
      dimensions: dimensionCount(override.scope_subset),
    })),
    ({ override }) => override.action_category,
  );
  return ACTION_CATEGORIES.flatMap(category => {
    const matches = byCategory.get(category);
    return matches ? [resolveCategory(category, matches, METHODS[resolution])] : [];
  });
}

/**
 * Resolves the overrides that match a scope into one value per category, in the order of the categories.
 * @param matching overrides whose slice contains the requested scope, in any order
 */
export function resolveValues(
  matching: readonly Override[],
  resolution: ResolutionMethod,
): ResolvedOverride[] {
  return resolveCategories(matching, resolution).map(({ resolved }) => resolved);
}

/** Resolves like `resolveValues`, and lists every override that matched with its weight. */
export function resolve(matching: readonly Override[], resolution: ResolutionMethod): ResolvedScope {
  const categories = resolveCategories(matching, resolution);
  return {
    resolved: categories.map(({ resolved }) => resolved),
    explain: categories.flatMap(({ matches, weights }) =>
      matches.map(({ override, effect }, i): OverrideExplanation => {
        const weight = weights[i] ?? 0;
        return {
          action_category: override.action_category,
          scope_subset: override.scope_subset,
          ...toFields(effect),
          weight,
          n: override.n,
          chosen: weight > 0,
          reason: override.reason,
          ...(override.reason_code && { reason_code: override.reason_code }),
        };
      }),
    ),
  };
}
