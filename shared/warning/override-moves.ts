import type { Override } from '../override/override.ts';

/** One slice and lever in two sets of overrides; undefined where a set has no override for it. */
export interface OverrideMove {
  readonly before: Override | undefined;
  readonly after: Override | undefined;
}

const keyOf = ({ scope_hash, action_category }: Override): string => `${scope_hash} ${action_category}`;

/** Pairs the overrides of two sets by slice and lever, in the order of the first set, then of the second. */
export function overrideMoves(before: readonly Override[], after: readonly Override[]): OverrideMove[] {
  const rest = new Map(after.map(override => [keyOf(override), override]));
  const moves: OverrideMove[] = before.map(override => {
    const key = keyOf(override);
    const move = { before: override, after: rest.get(key) };
    rest.delete(key);
    return move;
  });
  return [...moves, ...[...rest.values()].map(override => ({ before: undefined, after: override }))];
}
