import fc from 'fast-check';
import type { ActionCategory } from '../../shared/lever/lever.ts';
import { ACTION_CATEGORIES } from '../../shared/lever/lever.ts';
import { explain } from '../../shared/override/explanation.ts';
import type { Override, ResolutionMethod } from '../../shared/override/override.ts';
import { OverrideIndex } from '../../shared/override/override-index.ts';
import type { Scope } from '../../shared/pattern/scope.ts';
import { normalizeScope } from '../../shared/pattern/scope.ts';
import { scopeHash } from '../../shared/pattern/scope-hash.ts';

/** Returns an override of a slice. The effect is a delta for slopes, else a multiplier. */
export function override(
  action_category: ActionCategory,
  scope: object,
  effect: number,
  fields: Partial<Override> = {},
): Override {
  const scope_subset = normalizeScope(scope);
  const additive = action_category.endsWith('slope_min');
  return {
    action_category,
    ...(additive ? { delta: effect } : { multiplier: effect }),
    scope_subset,
    scope_hash: scopeHash(scope_subset),
    confidence: 1,
    n: 100,
    reason: 'made by hand',
    ...fields,
  };
}

const names = fc.constantFrom('a', 'b', 'c', 'd', 'constructor', 'toString', 'hasOwnProperty', 'valueOf');
const values = fc.constantFrom('1', '2', 'a=1', '1|b=2', 'x');

/** Scopes of which one often contains another. */
export const anyScope: fc.Arbitrary<Scope> = fc
  .uniqueArray(fc.tuple(names, values), { selector: ([name]) => name, maxLength: 6 })
  .map(pairs => normalizeScope(Object.fromEntries(pairs)));

const anyOverride: fc.Arbitrary<Override> = fc
  .record({
    category: fc.constantFrom(...ACTION_CATEGORIES),
    scope: anyScope,
    effect: fc.double({ min: 0.5, max: 2, noNaN: true }),
    confidence: fc.constantFrom(0.1, 0.5, 1),
    n: fc.integer({ min: 10, max: 40 }),
  })
  .map(({ category, scope, effect, confidence, n }) => override(category, scope, effect, { confidence, n }));

/** Overrides of a generation: one per slice and category, sorted as they are stored. */
export const anyOverrides: fc.Arbitrary<Override[]> = fc
  .uniqueArray(anyOverride, { selector: o => `${o.scope_hash}#${o.action_category}`, maxLength: 40 })
  .map(all =>
    all.sort((a, b) =>
      `${a.scope_hash}#${a.action_category}` < `${b.scope_hash}#${b.action_category}` ? -1 : 1,
    ),
  );

/** Resolves overrides in a scope, by default in one that every slice contains, and explains the result. */
export function resolveAll(
  all: readonly Override[],
  method: ResolutionMethod,
  scope: Scope = Object.assign({}, ...all.map(o => o.scope_subset)),
) {
  const index = new OverrideIndex(all, ACTION_CATEGORIES);
  return { resolved: index.resolve(scope, method), explain: explain(index.matching(scope), method) };
}
