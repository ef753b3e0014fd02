import type { ActionCategory } from '../lever/lever.ts';
import { ACTION_CATEGORIES, leversOf } from '../lever/lever.ts';
import { finite } from '../numbers.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Scope } from '../pattern/scope.ts';
import { dimensionCount } from '../pattern/scope.ts';
import type { Override, ResolutionMethod } from './override.ts';
import { MULTIPLIER_RANGE } from './override.ts';

/** What is in force for one category in one scope. */
export interface ResolvedOverride {
  readonly action_category: ActionCategory;
  readonly multiplier?: number;
  readonly delta?: number;
  /** Of the most specific override that matched. */
  readonly scope_subset: Scope;
  /** How many overrides matched. */
  readonly matched: number;
}

/** One override that matched, and what it counted for. */
export interface OverrideExplanation {
  readonly action_category: ActionCategory;
  readonly scope_subset: Scope;
  readonly multiplier?: number;
  readonly delta?: number;
  /** Its weight in a blend; 1 or 0 elsewhere. */
  readonly weight: number;
  readonly n: number;
  readonly chosen: boolean;
  readonly reason: string;
}

export interface ResolvedScope {
  readonly resolved: readonly ResolvedOverride[];
  readonly explain: readonly OverrideExplanation[];
}

/** `confidence · (dimensions + 1)^1.5` (contract, section 4). */
export function blendWeight(confidence: number, dimensions: number): number {
  return confidence * (dimensions + 1) ** 1.5;
}

/** An override that matched, and how many dimensions its slice fixes. */
interface Match {
  readonly override: Override;
  readonly dimensions: number;
}

/** Most dimensions first; ties by confidence, then n, then scope hash. */
function bySpecificity({ override: a, dimensions: i }: Match, { override: b, dimensions: j }: Match): number {
  return j - i || b.confidence - a.confidence || b.n - a.n || (a.scope_hash < b.scope_hash ? -1 : 1);
}

/** How the matching overrides of one category become one value, and what each weighed. `matching` is sorted by specificity. */
interface Method {
  readonly weights: (matching: readonly Match[]) => readonly number[];
  readonly value: (
    values: readonly number[],
    weights: readonly number[],
    effect: 'multiplier' | 'delta',
  ) => number;
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
    value: (values, _, effect) =>
      effect === 'delta'
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

/** Resolves the overrides of one category. */
function resolveCategory(category: ActionCategory, mine: Match[], method: Method) {
  mine.sort(bySpecificity);
  const effect = mine[0]?.override.multiplier === undefined ? 'delta' : 'multiplier';
  const weights = method.weights(mine);
  const value = method.value(
    mine.map(({ override }) => override[effect] ?? (effect === 'delta' ? 0 : 1)),
    weights,
    effect,
  );
  const scope_subset = mine[0]?.override.scope_subset ?? {};
  const resolved: ResolvedOverride = {
    action_category: category,
    [effect]: value,
    scope_subset,
    matched: mine.length,
  };
  return { resolved, effect, weights } as const;
}

function byCategory(matching: readonly Override[]): Map<ActionCategory, Match[]> {
  return Map.groupBy(
    matching.map(override => ({ override, dimensions: dimensionCount(override.scope_subset) })),
    ({ override }) => override.action_category,
  );
}

/**
 * Resolves the overrides that match a scope into one value per category, in the order of the categories.
 * @param matching overrides whose scope subset the asked scope covers, in any order
 */
export function resolveValues(
  matching: readonly Override[],
  resolution: ResolutionMethod,
): ResolvedOverride[] {
  const groups = byCategory(matching);
  return ACTION_CATEGORIES.flatMap(category => {
    const mine = groups.get(category);
    return mine ? [resolveCategory(category, mine, METHODS[resolution]).resolved] : [];
  });
}

/** The same, with what each override weighed. */
export function resolve(matching: readonly Override[], resolution: ResolutionMethod): ResolvedScope {
  const groups = byCategory(matching);
  const resolved: ResolvedOverride[] = [];
  const explain: OverrideExplanation[] = [];
  for (const category of ACTION_CATEGORIES) {
    const mine = groups.get(category);
    if (!mine) continue;
    const found = resolveCategory(category, mine, METHODS[resolution]);
    resolved.push(found.resolved);
    mine.forEach(({ override: o }, i) => {
      const weight = found.weights[i] ?? 0;
      explain.push({
        action_category: category,
        scope_subset: o.scope_subset,
        [found.effect]: o[found.effect] ?? 0,
        weight,
        n: o.n,
        chosen: weight > 0,
        reason: o.reason,
      });
    });
  }
  return { resolved, explain };
}

/**
 * The asked thresholds with what is in force applied: multiplied, or shifted by the delta.
 * A name that no lever of the pattern moves comes back as it was sent.
 */
export function applyThresholds(
  pattern: PatternKey,
  thresholds: Readonly<Record<string, number>>,
  resolved: readonly ResolvedOverride[],
): Record<string, number> {
  const levers = leversOf(pattern);
  return Object.fromEntries(
    Object.entries(thresholds).map(([name, value]) => {
      const lever = levers.find(l => l.thresholds.includes(name));
      const hit = lever && resolved.find(r => r.action_category === lever.category);
      return [name, hit ? finite(value * (hit.multiplier ?? 1) + (hit.delta ?? 0)) : value];
    }),
  );
}
