import type { Override } from '../../shared/override/override.ts';
import type { Scope } from '../../shared/pattern/scope.ts';
import { normalizeScope } from '../../shared/pattern/scope.ts';
import { scopeHash } from '../../shared/pattern/scope-hash.ts';
import { randomOf } from '../../test/support/random.ts';

/** Eight dimensions with 3 to 10 values; the first values are more frequent than the last. */
const DIMENSIONS = Array.from({ length: 8 }, (_, d) => ({ name: `dimension_${d}`, size: 3 + d }));
/** Share of the dimensions that a slice fixes. */
const FIXED = 0.4;

function drawScope(random: () => number, share: number): Scope {
  const pairs = DIMENSIONS.filter(() => random() < share).map(
    ({ name, size }) => [name, `value_${Math.floor(size * random() ** 2.2)}`] as const,
  );
  return normalizeScope(Object.fromEntries(pairs));
}

/** Returns different full scopes. */
export function drawScopes(count: number, seed: number): Scope[] {
  const random = randomOf(seed);
  const scopes = new Map<string, Scope>();
  while (scopes.size < count) {
    const scope = drawScope(random, 1);
    scopes.set(scopeHash(scope), scope);
  }
  return [...scopes.values()];
}

/** Returns overrides of one lever in different slices. */
export function drawRules(count: number): Override[] {
  const random = randomOf(1);
  const rules = new Map<string, Override>();
  while (rules.size < count) {
    const scope_subset = drawScope(random, FIXED);
    const scope_hash = scopeHash(scope_subset);
    rules.set(scope_hash, {
      action_category: 'tuning_ts_min',
      multiplier: 0.5 + 1.5 * random(),
      scope_subset,
      scope_hash,
      confidence: 1,
      n: 33 + Math.floor(random() * 1000),
      reason: 'a bench',
    });
  }
  return [...rules.values()];
}

/** Returns the rules in the order in which the first one that matches is the most specific one. */
export function bySpecificity(rules: readonly Override[]): Override[] {
  const dimensions = ({ scope_subset }: Override): number => Object.keys(scope_subset).length;
  return rules.toSorted(
    (a, b) => dimensions(b) - dimensions(a) || b.n - a.n || (a.scope_hash < b.scope_hash ? -1 : 1),
  );
}
