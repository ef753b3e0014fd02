/** Kernel: slices as columns, from the levels of the search to the sorted table with its representatives. */
import type { Items } from './items.ts';
import { countSizes } from './partitioning.ts';
import type { Cells, Lanes } from './records.ts';
import type { MineInput, SliceTable } from './types.ts';

/** The slices of one number of dimensions, in the order in which they were found. Its arrays grow by doubling. */
export class Level {
  count = 0;
  items: Int32Array;
  counts: Int32Array;
  fingerprints: Int32Array;
  sums: Float64Array;
  private capacity = 64;
  readonly depth: number;
  private readonly lanes: Lanes;
  private readonly measured: boolean;

  constructor(depth: number, lanes: Lanes, measured: boolean) {
    this.depth = depth;
    this.lanes = lanes;
    this.measured = measured;
    this.items = new Int32Array(this.capacity * depth);
    this.counts = new Int32Array(this.capacity * lanes.classCount);
    this.fingerprints = new Int32Array(this.capacity * 2);
    this.sums = new Float64Array(measured ? this.capacity : 0);
  }

  /** Adds the slice of a path and one more item, with the counters of a code. */
  add(path: Int32Array, item: number, cells: Cells, code: number): void {
    if (this.count === this.capacity) this.grow();
    const { depth, items, counts, fingerprints, lanes } = this;
    const i = this.count++;
    let k = i * depth;
    for (let j = 0; j < depth - 1; j++) items[k++] = path[j] as number;
    if (depth > 0) items[k] = item;
    lanes.copy(cells, code, counts, fingerprints, i);
    if (this.measured) this.sums[i] = cells.sum(code);
  }

  /** Frees the memory once the level is in the table. */
  release(): void {
    this.items = new Int32Array(0);
    this.counts = new Int32Array(0);
    this.fingerprints = new Int32Array(0);
    this.sums = new Float64Array(0);
  }

  private grow(): void {
    this.capacity *= 2;
    this.items = growInto(this.items, this.capacity * this.depth);
    this.counts = growInto(this.counts, this.capacity * this.lanes.classCount);
    this.fingerprints = growInto(this.fingerprints, this.capacity * 2);
    if (!this.measured) return;
    const { sums } = this;
    this.sums = new Float64Array(this.capacity);
    this.sums.set(sums);
  }
}

function growInto(array: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}

/** Moves all levels into one table in output order, with the representatives. */
export function sortedTable(input: MineInput, items: Items, levels: readonly Level[]): SliceTable {
  const { classCount } = input;
  const count = levels.reduce((sum, level) => sum + level.count, 0);
  const pairs = levels.reduce((sum, level) => sum + level.count * level.depth, 0);
  const table = {
    count,
    offset: new Uint32Array(count + 1),
    dimension: new Uint16Array(pairs),
    code: new Uint32Array(pairs),
    counts: new Uint32Array(count * classCount),
    sum: new Float64Array(input.measure ? count : 0),
    representative: new Uint32Array(count),
  };
  const prints = new Int32Array(2 * count);
  let first = 0;
  for (const level of levels) {
    const order = levelOrder(level, items.code.length);
    const firstPair = table.offset[first] as number;
    const { depth } = level;
    gather(order, level.items, depth, items.dimension, table.dimension, firstPair);
    gather(order, level.items, depth, items.code, table.code, firstPair);
    reorder(order, level.counts, table.counts, classCount, first);
    reorder(order, level.fingerprints, prints, 2, first);
    if (input.measure) reorder(order, level.sums, table.sum, 1, first);
    for (let i = 1; i <= level.count; i++) table.offset[first + i] = firstPair + i * depth;
    first += level.count;
    level.release();
  }
  markRepresentatives(table, prints, classCount);
  return table;
}

/** Writes the dimension or the code of each item, slice by slice in the given order. */
function gather(
  order: Uint32Array,
  items: Int32Array,
  depth: number,
  valueByItem: Uint16Array | Uint32Array,
  to: Uint16Array | Uint32Array,
  first: number,
): void {
  for (let i = 0, k = first; i < order.length; i++)
    for (let j = (order[i] as number) * depth, end = j + depth; j < end; j++)
      to[k++] = valueByItem[items[j] as number] as number;
}

/** Copies rows of `width` numbers in the given order, to row `first` and the ones after it. */
function reorder<T extends Int32Array | Uint32Array | Float64Array>(
  order: Uint32Array,
  from: T | Int32Array,
  to: T,
  width: number,
  first: number,
): void {
  for (let i = 0, k = first * width; i < order.length; i++)
    for (let j = (order[i] as number) * width, end = j + width; j < end; j++) to[k++] = from[j] as number;
}

/**
 * Returns the order of a level's slices by their items. It first sorts the items within each slice, in place. A radix
 * sort follows: one stable counting sort for each position, from the last to the first.
 */
function levelOrder({ count, depth, items }: Level, itemCount: number): Uint32Array {
  sortWithin(items, count, depth);
  let order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  let sorted = new Uint32Array(count);
  const starts = new Int32Array(itemCount + 1);
  for (let position = depth - 1; position >= 0; position--) {
    countingSortByItem(order, sorted, items, depth, position, starts);
    const swap = order;
    order = sorted;
    sorted = swap;
  }
  return order;
}

/** Sorts the items of each slice, by insertion. */
function sortWithin(items: Int32Array, count: number, depth: number): void {
  for (let from = 0; from < count * depth; from += depth)
    for (let j = from + 1; j < from + depth; j++) {
      const item = items[j] as number;
      let k = j;
      for (; k > from && (items[k - 1] as number) > item; k--) items[k] = items[k - 1] as number;
      items[k] = item;
    }
}

/**
 * Sorts slice numbers by their item at one position: a stable counting sort. `starts` has an entry per item and is
 * overwritten.
 */
function countingSortByItem(
  order: Uint32Array,
  sorted: Uint32Array,
  items: Int32Array,
  depth: number,
  position: number,
  starts: Int32Array,
): void {
  starts.fill(0);
  const all = { first: 0, count: order.length, stride: depth };
  countSizes(items, all, { word: position, shift: 0, mask: -1 }, starts);
  let start = 0;
  for (let item = 0; item < starts.length; item++) {
    const size = starts[item] as number;
    starts[item] = start;
    start += size;
  }
  for (let i = 0; i < order.length; i++) {
    const from = order[i] as number;
    const item = items[from * depth + position] as number;
    const to = starts[item] as number;
    starts[item] = to + 1;
    sorted[to] = from;
  }
}

/**
 * Fills the column of representatives: the first slice in table order with equal counts and fingerprints.
 * @param prints two words of fingerprint per slice
 */
export function markRepresentatives(table: SliceTable, prints: Int32Array, classCount: number): void {
  const { count, counts, representative } = table;
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * count + 2)));
  const wrap = slots.length - 1;
  for (let i = 0; i < count; i++) {
    let at = (prints[2 * i] as number) & wrap;
    let slot = slots[at] as number;
    while (slot > 0 && !sameRows(prints, counts, classCount, i, slot - 1)) {
      at = (at + 1) & wrap;
      slot = slots[at] as number;
    }
    if (slot === 0) slots[at] = i + 1;
    representative[i] = slot === 0 ? i : slot - 1;
  }
}

function sameRows(
  prints: Int32Array,
  counts: Uint32Array,
  classCount: number,
  i: number,
  j: number,
): boolean {
  if (prints[2 * i] !== prints[2 * j] || prints[2 * i + 1] !== prints[2 * j + 1]) return false;
  for (let c = 0; c < classCount; c++)
    if (counts[i * classCount + c] !== counts[j * classCount + c]) return false;
  return true;
}

/** A pair of dimension index and code. */
export type Pair = readonly [dimension: number, code: number];

/** Returns whether the sorted table has a slice, by a binary search. */
export function hasSlice(slices: SliceTable, pairs: readonly Pair[]): boolean {
  let low = 0;
  let high = slices.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareSlice(slices, middle, pairs);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}

function compareSlice(slices: SliceTable, i: number, pairs: readonly Pair[]): number {
  const from = slices.offset[i] as number;
  const length = (slices.offset[i + 1] as number) - from;
  if (length !== pairs.length) return length - pairs.length;
  for (const [k, [dimension, code]] of pairs.entries()) {
    const d = (slices.dimension[from + k] as number) - dimension;
    if (d !== 0) return d;
    const c = (slices.code[from + k] as number) - code;
    if (c !== 0) return c;
  }
  return 0;
}
