import type { DimensionColumn } from '../mining/types.ts';
import { elementAt } from '../numbers.ts';
import type { Scope } from '../pattern/scope.ts';
import { scopeFromPairs } from '../pattern/scope.ts';

/**
 * Returns a function that computes a value for the scope of a row. Rows of equal scopes share one computation, because
 * there are fewer scopes than events.
 */
export function byScope<T>(
  dimensions: readonly DimensionColumn[],
  compute: (scope: Scope) => T,
): (row: number) => T {
  const known = new Map<string, T>();
  return row => {
    const key = dimensions.map(({ codes }) => elementAt(codes, row)).join();
    const value = known.get(key) ?? compute(scopeOf(dimensions, row));
    known.set(key, value);
    return value;
  };
}

function scopeOf(dimensions: readonly DimensionColumn[], row: number): Scope {
  const pairs = dimensions.flatMap(({ name, values, codes }) => {
    // Code 0 marks an event without the dimension.
    const value = values[elementAt(codes, row) - 1];
    return value === undefined ? [] : [[name, value] as const];
  });
  return scopeFromPairs(pairs);
}
