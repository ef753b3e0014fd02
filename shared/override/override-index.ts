/*
 * Kernel: the loop of `#ranks` reads a bit for each override that matches, and the methods sum over the ranks.
 *
 * The one resolution of overrides, for the service, the client and the edge. It imports neither zod nor modules of Node,
 * because the client bundles it.
 */

import type { Scope } from '../pattern/scope.ts';
import { dimensionCount } from '../pattern/scope.ts';
import { MULTIPLIER_RANGE } from './multiplier-range.ts';
import type { Override, ResolutionMethod } from './override.ts';
import { PairMemo } from './pair-memo.ts';
import { ScopeTrie } from './scope-trie.ts';

/** The fields of an override that the index reads. A client may have categories that this build does not know. */
export interface IndexedOverride
  extends Pick<Override, 'multiplier' | 'delta' | 'scope_subset' | 'scope_hash' | 'confidence' | 'n'> {
  readonly action_category: string;
}

/** The value in force for one category in one scope, as a look-up answers it: `multiplier` or `delta`. */
export interface ResolvedOverride<Category extends string = string> {
  readonly action_category: Category;
  readonly multiplier?: number;
  readonly delta?: number;
  /** Slice of the most specific override that matched. */
  readonly scope_subset: Scope;
  /** Number of overrides that matched. */
  readonly matched: number;
}

/**
 * Returns the weight of an override in a blend: `confidence · (dimensions + 1)^1.5` (contract, section 4).
 * Example: confidence 0.5 and 3 dimensions weigh 0.5 · 4^1.5 = 4.
 */
export function blendWeight(confidence: number, dimensions: number): number {
  return confidence * (dimensions + 1) ** 1.5;
}

/** The position of each method in memo keys. */
const METHOD_KINDS: Readonly<Record<ResolutionMethod, number>> = { blend: 0, 'most-specific': 1, product: 2 };

/**
 * The overrides of one generation, ready for look-ups.
 *
 * Every override has a rank: by category, then by dimensions, most first, then confidence, n, and scope hash. The ranks
 * that match are summed in ascending order, so that a value does not depend on the order of the input.
 */
export class OverrideIndex<Row extends IndexedOverride> {
  readonly size: number;
  /** By rank. */
  readonly #rows: readonly Row[];
  readonly #trie: ScopeTrie;
  readonly #values: Float64Array;
  readonly #weights: Float64Array;
  /** Pairs of the current look-up, and a bit for each rank that matches; all bits are 0 between look-ups. */
  readonly #pairs: Int32Array;
  readonly #bits: Int32Array;
  readonly #ranks: Int32Array;
  #memo: PairMemo<readonly ResolvedOverride<Row['action_category']>[]> | undefined;

  /** @param categories the order of categories in results; others follow in the order of their first override */
  constructor(overrides: readonly Row[], categories: readonly string[]) {
    this.size = overrides.length;
    this.#rows = ranked(overrides, categories);
    this.#trie = new ScopeTrie(this.#rows.map(row => row.scope_subset));
    this.#values = Float64Array.from(this.#rows, ({ multiplier, delta = 0 }) => multiplier ?? delta);
    this.#weights = Float64Array.from(this.#rows, row =>
      blendWeight(row.confidence, dimensionCount(row.scope_subset)),
    );
    this.#pairs = new Int32Array(this.#trie.dimensions.length);
    this.#bits = new Int32Array(Math.ceil(this.size / 32));
    this.#ranks = new Int32Array(this.size);
  }

  /** Returns every override whose slice contains `scope`, by rank. */
  matching(scope: Scope): Row[] {
    this.#trie.read(scope, this.#pairs);
    const count = this.#findRanks();
    return Array.from(this.#ranks.subarray(0, count), rank => this.#rows[rank] as Row);
  }

  /**
   * Returns one value for each category that has a match, in the order of the categories. The result of a repeated scope
   * comes from a memo, so it must not be changed.
   */
  resolve(scope: Scope, method: ResolutionMethod): readonly ResolvedOverride<Row['action_category']>[] {
    const kind = METHOD_KINDS[method];
    this.#trie.read(scope, this.#pairs);
    this.#memo ??= new PairMemo(this.#pairs.length);
    const known = this.#memo.get(this.#pairs, kind);
    if (known) return known;
    const resolved = this.#combine(this.#findRanks(), method);
    this.#memo.set(this.#pairs, kind, resolved);
    return resolved;
  }

  /** Writes the ranks that match to `#ranks`, ascending. @returns their number */
  #findRanks(): number {
    const bits = this.#bits;
    this.#trie.mark(this.#pairs, bits);
    let count = 0;
    for (let word = 0; word < bits.length; word++) {
      for (let rest = bits[word] as number; rest !== 0; rest &= rest - 1)
        this.#ranks[count++] = word * 32 + 31 - Math.clz32(rest & -rest);
      bits[word] = 0;
    }
    return count;
  }

  /** Combines the first `count` ranks of `#ranks`, category by category. */
  #combine(count: number, method: ResolutionMethod): ResolvedOverride<Row['action_category']>[] {
    const resolved: ResolvedOverride<Row['action_category']>[] = [];
    for (let from = 0; from < count; ) {
      const { action_category, multiplier, scope_subset } = this.#row(from);
      let end = from + 1;
      while (end < count && this.#row(end).action_category === action_category) end++;
      const isDelta = multiplier === undefined;
      const value = this.#value(from, end, method, isDelta);
      resolved.push({
        action_category,
        ...(isDelta ? { delta: value } : { multiplier: value }),
        scope_subset,
        matched: end - from,
      });
      from = end;
    }
    return resolved;
  }

  #row(position: number): Row {
    return this.#rows[this.#ranks[position] as number] as Row;
  }

  /** Returns the value of the ranks from `from` to `end`, which are of one category. */
  #value(from: number, end: number, method: ResolutionMethod, isDelta: boolean): number {
    if (method === 'most-specific') return this.#values[this.#ranks[from] as number] as number;
    if (method === 'blend') return this.#blend(from, end);
    return isDelta ? this.#sum(from, end) : this.#product(from, end);
  }

  #blend(from: number, end: number): number {
    let total = 0;
    let sum = 0;
    for (let i = from; i < end; i++) {
      const rank = this.#ranks[i] as number;
      const weight = this.#weights[rank] as number;
      total += weight;
      sum += (this.#values[rank] as number) * weight;
    }
    return sum / total;
  }

  #sum(from: number, end: number): number {
    let sum = 0;
    for (let i = from; i < end; i++) sum += this.#values[this.#ranks[i] as number] as number;
    return sum;
  }

  /** Returns the product, clamped at the end and not at each factor. */
  #product(from: number, end: number): number {
    let product = 1;
    for (let i = from; i < end; i++) product *= this.#values[this.#ranks[i] as number] as number;
    return Math.min(MULTIPLIER_RANGE.max, Math.max(MULTIPLIER_RANGE.min, product));
  }
}

/** Returns the overrides by rank. */
function ranked<Row extends IndexedOverride>(
  overrides: readonly Row[],
  categories: readonly string[],
): Row[] {
  const known = new Set([...categories, ...overrides.map(row => row.action_category)]);
  const order = new Map([...known].map((category, position) => [category, position]));
  return overrides
    .map(row => ({
      row,
      category: order.get(row.action_category) ?? 0,
      dimensions: dimensionCount(row.scope_subset),
    }))
    .sort(
      (a, b) =>
        a.category - b.category ||
        b.dimensions - a.dimensions ||
        b.row.confidence - a.row.confidence ||
        b.row.n - a.row.n ||
        (a.row.scope_hash < b.row.scope_hash ? -1 : 1),
    )
    .map(({ row }) => row);
}
