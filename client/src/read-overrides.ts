import { isObject } from '../../shared/json.ts';
import type { IndexedOverride } from '../../shared/override/override-index.ts';
import type { Scope } from '../../shared/pattern/scope.ts';
import { scopeFromPairs } from '../../shared/pattern/scope.ts';

/** Returns the value of a member for the override at a position; undefined for none. */
type Column = (position: number) => unknown;

/**
 * Reads the overrides of a snapshot in rows or in columns, and keeps of each what look-ups need.
 * @throws Error at the first invalid one
 */
export function readOverrides(overrides: unknown): IndexedOverride[] {
  if (Array.isArray(overrides))
    return overrides.map(row => {
      if (!isObject(row) || !isObject(row.scope_subset)) throw new Error('an override has no scope');
      return toOverride(name => row[name], scopeFromPairs(textPairs(Object.entries(row.scope_subset))));
    });
  if (!isObject(overrides) || !isObject(overrides.columns)) throw new Error('there are no overrides');
  return readColumns(overrides, overrides.columns);
}

function readColumns(
  { count, pairs }: Readonly<Record<string, unknown>>,
  columns: Readonly<Record<string, unknown>>,
): IndexedOverride[] {
  if (!Number.isSafeInteger(count) || !Array.isArray(pairs)) throw new Error('the columns have no count');
  const byName = new Map(
    Object.entries(columns).map(([name, column]) => [name, columnOf(column, Number(count))]),
  );
  const known = textPairs(pairs);
  const scopes = new Map<unknown, Scope>();
  const scopeOf = (codes: unknown): Scope => {
    if (!Array.isArray(codes)) throw new Error('an override has no scope');
    return scopeFromPairs(textPairs(codes.map(code => known[code])));
  };
  return Array.from({ length: Number(count) }, (_, i) => {
    // Overrides of one slice share the list of its pairs.
    const codes = byName.get('scope_subset')?.(i);
    const scope = scopes.get(codes) ?? scopeOf(codes);
    scopes.set(codes, scope);
    return toOverride(name => byName.get(name)?.(i), scope);
  });
}

/** Returns a column of values, or of distinct values and the position of each override's value. */
function columnOf(column: unknown, count: number): Column {
  if (Array.isArray(column) && column.length === count) return i => column[i];
  if (!isObject(column) || !Array.isArray(column.values) || !Array.isArray(column.codes))
    throw new Error('a column is neither a list nor coded');
  const { values, codes } = column;
  if (codes.length !== count) throw new Error('a column is too short');
  return i => values[codes[i]];
}

/** @throws Error for a pair that is not two texts */
function textPairs(pairs: readonly unknown[]): (readonly [string, string])[] {
  return pairs.map(pair => {
    if (!Array.isArray(pair)) throw new Error('a scope has an unknown pair');
    const [name, value] = pair;
    if (typeof name !== 'string' || typeof value !== 'string') throw new Error('a scope has no texts');
    return [name, value];
  });
}

function toOverride(member: (name: string) => unknown, scope_subset: Scope): IndexedOverride {
  const [multiplier, delta] = [member('multiplier') ?? undefined, member('delta') ?? undefined];
  const [confidence, n] = [member('confidence'), member('n')];
  const [action_category, scope_hash] = [member('action_category'), member('scope_hash')];
  if (typeof action_category !== 'string' || typeof scope_hash !== 'string')
    throw new Error('an override has no category');
  if (!isNumber(confidence) || !isNumber(n)) throw new Error('an override has no confidence');
  const rest = { action_category, scope_subset, scope_hash, confidence, n };
  if (isNumber(multiplier) && multiplier > 0 && delta === undefined) return { ...rest, multiplier };
  if (isNumber(delta) && multiplier === undefined) return { ...rest, delta };
  throw new Error('an override has no effect');
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
