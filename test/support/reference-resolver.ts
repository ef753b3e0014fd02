import type { ActionCategory } from '../../shared/lever/lever.ts';
import { ACTION_CATEGORIES } from '../../shared/lever/lever.ts';
import type { OverrideExplanation } from '../../shared/override/explanation.ts';
import { MULTIPLIER_RANGE } from '../../shared/override/multiplier-range.ts';
import type { Override, ResolutionMethod } from '../../shared/override/override.ts';
import type { ResolvedOverride } from '../../shared/override/override-index.ts';
import { blendWeight } from '../../shared/override/override-index.ts';
import { dimensionCount } from '../../shared/pattern/scope.ts';

/*
 * The resolution of release 0.1, in objects and lists: the oracle of `OverrideIndex`. Sums are taken in the same order,
 * so both must agree in every bit.
 */

interface ReferenceResolution {
  readonly resolved: readonly ResolvedOverride<ActionCategory>[];
  readonly explain: readonly OverrideExplanation[];
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
  const resolved: ResolvedOverride<ActionCategory> = {
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

/** Resolves the overrides that match a scope, and lists every one of them with its weight. */
export function referenceResolve(
  matching: readonly Override[],
  resolution: ResolutionMethod,
): ReferenceResolution {
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
