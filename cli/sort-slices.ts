import { describeScope } from '../shared/pattern/describe-scope.ts';
import type { Scope } from '../shared/pattern/scope.ts';
import { dimensionCount } from '../shared/pattern/scope.ts';

interface Sliced {
  readonly n: number;
  readonly scope_subset: Scope;
}

/** Compares slices: more events first, then fewer dimensions, then by text. */
export function byMostEvents(a: Sliced, b: Sliced): number {
  if (a.n !== b.n) return b.n - a.n;
  const dimensions = dimensionCount(a.scope_subset) - dimensionCount(b.scope_subset);
  if (dimensions !== 0) return dimensions;
  const [left, right] = [describeScope(a.scope_subset), describeScope(b.scope_subset)];
  return left < right ? -1 : left > right ? 1 : 0;
}
