/** Kernel: the loops over the codes of a column. */
import type { ItemColumn } from './items.ts';

/** The parts of a column that its tier depends on. */
type TieredColumn = Pick<ItemColumn, 'codes' | 'dimension' | 'carried' | 'varies'>;
/** Number of rows. */
type Size = { readonly size: number };

/** The tier of columns that split the rows as another one does, or that have one value. */
const LAST_TIER = 64;

/**
 * Returns the tier of each column: the number of times that the rows with a frequent value must be doubled to exceed
 * those of the best column. Columns of one value, and those that split the rows exactly as a better column does, come
 * last: their slices have the same rows as others. Further events with other columns change the tier of none.
 */
export function tiersOf({ size }: Size, columns: readonly TieredColumn[]): number[] {
  const ranked = columns.toSorted((a, b) => b.carried - a.carried || a.dimension - b.dimension);
  const most = ranked.find(({ varies }) => varies)?.carried ?? 1;
  const seen = new Set<string>();
  const tiers = new Map<TieredColumn, number>();
  for (const column of ranked) {
    const split = splitOf(column, size);
    const repeats = !column.varies || seen.has(split);
    seen.add(split);
    tiers.set(column, repeats ? LAST_TIER : Math.max(0, Math.floor(Math.log2(most / column.carried))));
  }
  return columns.map(column => tiers.get(column) ?? LAST_TIER);
}

/** Returns a hash of how a column splits the rows, of 64 bits. Names of values do not matter. */
function splitOf({ codes }: TieredColumn, size: number): string {
  const numbers = new Map<number, number>([[0, 0]]);
  let low = 0;
  let high = 0x9e3779b9;
  for (let row = 0; row < size; row++) {
    const code = codes[row] as number;
    let number = numbers.get(code);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(code, number);
    }
    low = Math.imul(low ^ number, 0x01000193) + 1;
    high = Math.imul(high ^ (number + 1), 0x85ebca6b) ^ (high >>> 13);
  }
  return `${low >>> 0} ${high >>> 0}`;
}

/** Columns of one tier that occur together, directly or through others of them. */
export interface ColumnGroup {
  readonly tier: number;
  /** Indexes of the columns. */
  readonly columns: readonly number[];
  /** Number of groups of the tier from this one on. */
  readonly left: number;
}

/**
 * Returns the groups of columns, the best tier first. Columns of two groups of a tier never occur together in `nMin` rows,
 * so no slice has both.
 */
export function columnGroups(input: Size, columns: readonly TieredColumn[], nMin: number): ColumnGroup[] {
  const tiers = tiersOf(input, columns);
  const order = [...new Set(tiers)].sort((a, b) => a - b);
  return order.flatMap(tier => {
    const own = tiers.flatMap((each, i) => (each === tier ? [i] : []));
    const groups = togetherIn(input, columns, own, nMin);
    return groups.map((group, i) => ({ tier, columns: group, left: groups.length - i }));
  });
}

/** Returns some columns by groups that occur together in at least `nMin` rows. */
function togetherIn(
  { size }: Size,
  columns: readonly TieredColumn[],
  own: readonly number[],
  nMin: number,
): number[][] {
  const carried = own.map(i => carriedRows(columns[i] as TieredColumn, size));
  const groups: { readonly members: number[]; readonly rows: Uint32Array[] }[] = [];
  for (const [k, rows] of carried.entries()) {
    const joined = { members: [own[k] as number], rows: [rows] };
    for (let g = groups.length - 1; g >= 0; g--) {
      const group = groups[g] as (typeof groups)[number];
      if (!group.rows.some(other => rowsInBoth(rows, other) >= nMin)) continue;
      joined.members.push(...group.members);
      joined.rows.push(...group.rows);
      groups.splice(g, 1);
    }
    groups.push(joined);
  }
  return groups.map(({ members }) => members.toSorted((a, b) => a - b)).sort(([a = 0], [b = 0]) => a - b);
}

/** Returns one bit for each row, set where the column has a frequent value. */
function carriedRows({ codes }: TieredColumn, size: number): Uint32Array {
  const bits = new Uint32Array(Math.ceil(size / 32));
  for (let row = 0; row < size; row++)
    if (codes[row] !== 0) bits[row >>> 5] = (bits[row >>> 5] as number) | (1 << (row & 31));
  return bits;
}

function rowsInBoth(a: Uint32Array, b: Uint32Array): number {
  let count = 0;
  for (let word = 0; word < a.length; word++) {
    let bits = (a[word] as number) & (b[word] as number);
    while (bits !== 0) {
      bits &= bits - 1;
      count++;
    }
  }
  return count;
}
