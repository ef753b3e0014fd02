import type { Cut, MineInput, MineOptions } from '../../shared/mining/types.ts';

export interface ReferenceSlice {
  /** Ascending by dimension. */
  readonly pairs: readonly (readonly [dimension: number, code: number])[];
  readonly counts: readonly number[];
  readonly support: number;
  readonly sum: number;
  /** Row numbers, ascending. */
  readonly rows: readonly number[];
  /** The first slice in output order with the same rows. */
  readonly representative: number;
}

interface ReferenceMined {
  readonly slices: readonly ReferenceSlice[];
  readonly near: readonly ReferenceSlice[];
  /** True when there are more slices than `maxSlices`. */
  readonly exceeds: boolean;
}

type Unranked = Omit<ReferenceSlice, 'representative'>;

/**
 * Mines by the definition of a slice: the rows that contain a set of pairs. Enumerates every subset of every row's
 * pairs, so its time is exponential in the number of dimensions; it is for small inputs only.
 * @param cut the cut to apply: each dimension allows its slices so many dimensions
 */
export function referenceMine(input: MineInput, options: MineOptions, cut?: Cut): ReferenceMined {
  const all = selectedByAnySubset(input).filter(s => s.pairs.length <= (options.maxDepth ?? s.pairs.length));
  const supportOf = new Map(all.map(s => [String(s.pairs), s.support]));
  const reaches = (pairs: Unranked['pairs']) =>
    (supportOf.get(String(pairs)) ?? 0) >= Math.max(1, options.nMin);

  const frequent = all.filter(s => reaches(s.pairs)).sort(byOutputOrder);
  const allows = (s: Unranked): boolean =>
    cut === undefined ||
    (cut.depth >= 0 &&
      s.pairs.every(
        ([d]) =>
          s.pairs.length <= (cut.dimensions.get(input.dimensions[d]?.name ?? '') ?? Math.min(cut.depth, 1)),
      ));

  const near = all
    .filter(s => !reaches(s.pairs) && s.support >= Math.max(1, options.nearMin))
    .filter(s => s.pairs.every((_, omitted) => reaches(s.pairs.filter((_pair, i) => i !== omitted))))
    .filter(allows)
    .sort((a, b) => b.support - a.support || byOutputOrder(a, b))
    .slice(0, 100);
  const kept = frequent.filter(allows);
  const exceeds = frequent.length > options.maxSlices;
  return { slices: withRepresentatives(kept), near: withRepresentatives(near), exceeds };
}

function selectedByAnySubset(input: MineInput): Unranked[] {
  const selections = new Map([['', { pairs: [] as Unranked['pairs'], rows: [] as number[] }]]);
  for (let row = 0; row < input.size; row++)
    for (const pairs of subsets(pairsOf(input, row))) {
      const selection = selections.get(String(pairs));
      if (selection) selection.rows.push(row);
      else selections.set(String(pairs), { pairs, rows: [row] });
    }
  return [...selections.values()].map(({ pairs, rows }) => counted(input, pairs, rows));
}

function pairsOf(input: MineInput, row: number): [number, number][] {
  return input.dimensions.flatMap((column, d): [number, number][] => {
    const code = column.codes[row] ?? 0;
    return code === 0 ? [] : [[d, code]];
  });
}

function subsets<T>([first, ...rest]: readonly T[]): T[][] {
  if (first === undefined) return [[]];
  const without = subsets(rest);
  return [...without, ...without.map(subset => [first, ...subset])];
}

function counted(input: MineInput, pairs: Unranked['pairs'], rows: readonly number[]): Unranked {
  const supporting = rows.filter(row => input.supporting[input.classes[row] ?? 0]);
  return {
    pairs,
    rows,
    counts: Array.from(
      { length: input.classCount },
      (_, k) => rows.filter(row => input.classes[row] === k).length,
    ),
    support: supporting.length,
    sum: supporting.reduce((sum, row) => sum + (input.measure?.[row] ?? 0), 0),
  };
}

/** Compares by number of dimensions, then pair by pair by dimension and code. */
function byOutputOrder(a: Unranked, b: Unranked): number {
  if (a.pairs.length !== b.pairs.length) return a.pairs.length - b.pairs.length;
  for (const [i, [d, code]] of a.pairs.entries()) {
    const [otherD, otherCode] = b.pairs[i] ?? [0, 0];
    if (d !== otherD) return d - otherD;
    if (code !== otherCode) return code - otherCode;
  }
  return 0;
}

function withRepresentatives(slices: readonly Unranked[]): ReferenceSlice[] {
  const first = new Map<string, number>();
  return slices.map((slice, i) => {
    const rows = String(slice.rows);
    if (!first.has(rows)) first.set(rows, i);
    return { ...slice, representative: first.get(rows) ?? i };
  });
}
