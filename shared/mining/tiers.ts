/** Kernel: the loop over the codes of a column. */
import type { ItemColumn } from './items.ts';
import type { MineInput } from './types.ts';

/** The tier of columns that split the rows as another one does, or that have one value. */
const LAST_TIER = 64;

/** What the tier of a column depends on. */
type TieredColumn = Pick<ItemColumn, 'codes' | 'dimension' | 'carried' | 'varies'>;

/**
 * Returns the tier of each column: the number of times that the rows with a frequent value must be doubled to exceed
 * those of the best column. Columns of one value, and those that split the rows exactly as a better column does, come
 * last: their slices have the same rows as others. Further events with other columns change the tier of none.
 */
export function tiersOf({ size }: Pick<MineInput, 'size'>, columns: readonly TieredColumn[]): number[] {
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
