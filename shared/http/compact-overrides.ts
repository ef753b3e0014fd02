import type { Override } from '../override/override.ts';

/** One member of all overrides: a value for each, or each distinct value once and its position for each override. */
type Column = readonly unknown[] | { readonly values: readonly unknown[]; readonly codes: readonly number[] };

interface CompactOverrides {
  readonly count: number;
  /** The distinct pairs of dimension and value. */
  readonly pairs: readonly unknown[];
  readonly columns: Readonly<Record<string, Column>>;
}

/**
 * Returns overrides in columns: the compact form of a snapshot. Nothing is left out, and the order stays.
 *
 * - A member that is a text or a scope is coded: `values` has each distinct value once, `codes` its position.
 * - A value of `scope_subset` is a list of positions in `pairs`.
 * - Any other member is a list with a value for each override. An override without the member has null.
 */
export function compactOverrides(overrides: readonly Override[]): CompactOverrides {
  const pairs = new Dictionary();
  const rows = overrides.map(override => ({
    ...override,
    scope_subset: Object.entries(override.scope_subset).map(pair => pairs.codeOf(pair)),
  }));
  const members = rows.map(row => new Map<string, unknown>(Object.entries(row)));
  const names = new Set(members.flatMap(row => [...row.keys()]));
  const columns = [...names].map((name): [string, Column] => {
    const values = members.map(row => row.get(name) ?? null);
    const isCoded = name === 'scope_subset' || values.some(value => typeof value === 'string');
    return [name, isCoded ? coded(values) : values];
  });
  return { count: rows.length, pairs: pairs.values, columns: Object.fromEntries(columns) };
}

function coded(values: readonly unknown[]): Column {
  const dictionary = new Dictionary();
  const codes = values.map(value => dictionary.codeOf(value));
  return { values: dictionary.values, codes };
}

/** Distinct JSON values, in the order of their first use. */
class Dictionary {
  readonly values: unknown[] = [];
  readonly #codes = new Map<string, number>();

  /** Returns the position of a value in `values`, where it is added when it is new. */
  codeOf(value: unknown): number {
    const key = JSON.stringify(value);
    const known = this.#codes.get(key);
    if (known !== undefined) return known;
    const code = this.values.push(value) - 1;
    this.#codes.set(key, code);
    return code;
  }
}
