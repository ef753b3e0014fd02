/** Kernel: the depth-first search over bit-packed records. */
import { RecordFolder } from './folding.ts';
import { encodeRows, type ItemColumn, type Items, PAIR_BITS } from './items.ts';
import { CONSTANTS, countRecords, sumPairs } from './kernels.ts';
import { addNearValues, NearPool, nearSlice } from './near-slices.ts';
import { type Partition, Partitioner, type RecordRange, sumRecords } from './partitioning.ts';
import { Cells, Lanes, RecordBuffers, Records } from './records.ts';
import { Level, type Pair } from './slice-table.ts';
import type { Cut, Limits, MineInput } from './types.ts';

/** Pairs of values are counted only if they are fewer than the records times this ratio. */
const PAIR_RATIO = 0.5;
/** Least columns to come for which the records of a slice are merged first, which costs about one pass. */
const WIDE_COLUMNS = 24;
const CLASS_FIELD = { word: CONSTANTS.key, shift: 0, mask: 0 };

/** Result of a search over some depths. */
interface SearchEnd {
  /** The budget that ran out, if one did. */
  readonly stopped: Cut['limit'] | undefined;
  /** Number of slices found. */
  readonly found: number;
}

/**
 * Finds the frequent slices, by level, and the near slices. `searchDepths` may be called for larger depths one after the
 * other; the last call that was not stopped counts.
 */
export class CubeSearch {
  levels: Level[] = [];
  near = new NearPool();
  /** Number of slices in all levels. */
  emitted = 0;
  /** Maximum dimensions of a slice. */
  readonly maxDepth: number;
  private readonly input: MineInput;
  private readonly items: Items;
  private readonly columns: readonly ItemColumn[];
  private readonly limits: Limits;
  private readonly lanes: Lanes;
  private readonly measured: boolean;

  private stopped: Cut['limit'] | undefined;
  /** Most dimensions of a slice that has the column, by column. */
  private depths: readonly number[] = [];
  private workLimit = 0;
  private sliceLimit = 0;
  /** Record visits of all searches so far, without those of the folder. */
  private visits = 0;
  /** The near slices that no search found: the global slice and single values. */
  private firstNear: NearPool | undefined;

  /** Items of the slice that is being extended. */
  private readonly path: Int32Array;
  private readonly cells: Cells;
  /** Counters of the second dimension, used when two are counted in one pass. */
  private readonly otherCells: Cells;
  private readonly pairCells = new Cells(2 ** PAIR_BITS, false);
  private readonly partitioner: Partitioner;
  private readonly folder = new RecordFolder();
  /** Buffers by depth. A buffer has the records of the path's slice of that depth and of its siblings. */
  private buffers: RecordBuffers;

  constructor(input: MineInput, items: Items, limits: Limits) {
    this.input = input;
    this.items = items;
    this.columns = items.columns;
    this.limits = limits;
    this.maxDepth = Math.min(limits.maxDepth, items.columns.length);
    this.lanes = new Lanes(input);
    this.measured = input.measure !== undefined;
    const codes = items.columns.reduce((most, column) => Math.max(most, column.values), 0) + 1;
    this.path = new Int32Array(items.columns.length + 1);
    this.cells = new Cells(codes, this.measured);
    this.otherCells = new Cells(codes, false);
    this.partitioner = new Partitioner(codes);
    this.buffers = new RecordBuffers(new Records(0, 0), 0);
  }

  /** Returns one record per row, in the order of rows. */
  rowRecords(): Records {
    return encodeRows(this.input, this.items, this.lanes.countBits);
  }

  /** Emits the slice of all rows, or adds it to the near slices. */
  addGlobalSlice(rows: Records): void {
    const { size } = this.input;
    const { nMin, nearMin } = this.limits;
    const { support, stride } = this.items;
    const total = new Cells(1, this.measured);
    const range = { first: 0, count: size, stride };
    countRecords(rows, range, CLASS_FIELD, total.wide);
    if (this.measured) sumRecords(rows, range, CLASS_FIELD, total.sums);
    if (support >= nMin) {
      this.level(0).add(this.path, 0, total, 0);
      this.emitted = 1;
    } else if (support >= nearMin && support > 0) this.near.add(nearSlice([], this.lanes, total, 0));
  }

  /** Adds the single values below `nMin` to the near slices. */
  addNearValues(rows: Records): void {
    addNearValues(this.near, this.input, this.items, this.lanes, rows);
  }

  /**
   * Replaces the slices by those that have at most as many dimensions as each of their columns allows, near ones
   * included. If a budget runs out, the slices stay as they were.
   * @param rows one record per row; they are overwritten
   * @param depths most dimensions of a slice that has the column, by column
   * @param workLimit maximum record visits of all searches together
   * @param sliceLimit maximum number of slices, at most that of the limits
   */
  searchDepths(
    rows: Records,
    depths: readonly number[],
    workLimit: number,
    sliceLimit = this.limits.maxSlices,
  ): SearchEnd {
    this.stopped = undefined;
    this.sliceLimit = Math.min(sliceLimit, this.limits.maxSlices);
    this.depths = depths;
    this.workLimit = workLimit;
    const { levels, near, emitted } = this;
    this.firstNear ??= near;
    this.levels = levels.slice(0, 1);
    this.emitted = 1;
    this.near = this.firstNear.copy();
    this.extendSlice(0, this.foldRoot(rows), this.input.size, 0, this.maxDepth);
    const found = this.emitted;
    if (this.stopped) Object.assign(this, { levels, near, emitted });
    return { stopped: this.stopped, found };
  }

  /** Removes all slices. */
  dropAll(): void {
    this.levels = [];
    this.emitted = 0;
  }

  /** Returns the record visits of all searches so far. */
  get work(): number {
    return this.visits + this.folder.visits;
  }

  private foldRoot(rows: Records): RecordRange {
    const { size } = this.input;
    const { stride } = this.items;
    const all = { first: 0, count: size, stride };
    const count = this.folder.fold(rows, all, this.column(0), true);
    const root = count < size ? rows.truncated(count * stride, this.measured ? count : 0) : rows;
    this.buffers = new RecordBuffers(root, this.limits.maxRowBytes);
    return { first: 0, count, stride };
  }

  private column(d: number): ItemColumn {
    return this.columns[d] as ItemColumn;
  }

  private level(depth: number): Level {
    for (let k = this.levels.length; k <= depth; k++)
      this.levels.push(new Level(k, this.lanes, this.measured));
    return this.levels[depth] as Level;
  }

  /**
   * Extends one slice by each dimension from `from` on. Its records are a range of the depth's buffer;
   * `weight` is the number of rows that they stand for, `limit` the most dimensions that its columns allow.
   */
  private extendSlice(depth: number, slice: RecordRange, weight: number, from: number, limit: number): void {
    const last = this.columns.length - 1;
    const { first, stride } = slice;
    let range = slice;
    if (last - from >= WIDE_COLUMNS) {
      const count = this.folder.foldWide(this.buffers.at(depth), slice, this.column(from));
      range = { first, count, stride };
    }
    for (let d = from; d <= last; d++) {
      const most = this.mostWith(d, limit);
      if (depth + 1 > most) continue;
      if (range.count === 1 && this.lacks(depth, range, d)) {
        this.visits++;
        continue;
      }
      const deeper = depth + 1 < most;
      const before = range.count;
      if (d > 0 && d < last && deeper) {
        const count = this.folder.fold(this.buffers.at(depth), range, this.column(d), false);
        if (count < before) range = { first, count, stride };
      }
      this.visits += before + range.count;
      if (this.work > this.workLimit) this.stopped = 'work';
      if (this.stopped) return;
      if (this.endInPairs(depth, d, limit) && this.countPairs(depth, range, d, limit)) {
        d++;
        continue;
      }
      const partitions = this.countChildren(depth, range, d, deeper && d < last);
      if (partitions.length === 0) continue;
      if (range.count < weight)
        this.partitioner.count(this.buffers.at(depth).words, range, this.column(d).field, partitions);
      if (!this.partition(depth, range, d, partitions)) return;
      this.extendChildren(depth, d, partitions, most);
      if (this.stopped) return;
    }
  }

  /** Reports whether the only record of a range has no frequent value of the column, so that no child exists. */
  private lacks(depth: number, { first, stride }: RecordRange, d: number): boolean {
    const { word, shift, mask } = this.column(d).field;
    const { words } = this.buffers.at(depth);
    return (((words[first * stride + word] as number) >>> shift) & mask) === 0;
  }

  /** Returns the most dimensions of a slice that gets the column too. @param limit of its other columns */
  private mostWith(d: number, limit: number): number {
    return Math.min(limit, this.depths[d] ?? 0);
  }

  /** Reports whether no child of a column and the next one is extended by a third column. */
  private endInPairs(depth: number, d: number, limit: number): boolean {
    const last = this.columns.length - 1;
    if (d >= last || depth + 1 > this.mostWith(d + 1, limit)) return false;
    return d === last - 1 || Math.max(this.mostWith(d, limit), this.mostWith(d + 1, limit)) <= depth + 1;
  }

  private extendChildren(depth: number, d: number, partitions: readonly Partition[], limit: number): void {
    const { base } = this.column(d);
    const { stride } = this.column(d + 1);
    let first = 0;
    for (const { code, records, rows } of partitions) {
      this.path[depth] = base + code;
      this.extendSlice(depth + 1, { first, count: records, stride }, rows, d + 1, limit);
      if (this.stopped) return;
      first += records;
    }
  }

  /** Counts all children of a dimension in one pass, emits them, and returns those to extend. */
  private countChildren(depth: number, range: RecordRange, d: number, extend: boolean): Partition[] {
    const { cells } = this;
    const { field, values, base } = this.column(d);
    const records = this.buffers.at(depth);
    countRecords(records, range, field, cells.wide);
    if (this.measured) sumRecords(records, range, field, cells.sums);
    const partitions: Partition[] = [];
    if (values <= range.count) {
      for (let code = 1; code <= values; code++)
        if (this.emitChild(depth, cells, code, base + code) && extend)
          partitions.push(this.partitionOf(code));
      cells.clear(0, values + 1);
      return partitions;
    }
    // There are fewer records than values: visit only the codes that occur.
    const { words } = records;
    const { first, count, stride } = range;
    const { word, shift, mask } = field;
    const end = (first + count) * stride;
    for (let p = first * stride + word; p < end; p += stride) {
      const code = ((words[p] as number) >>> shift) & mask;
      if (code > 0 && this.emitChild(depth, cells, code, base + code) && extend)
        partitions.push(this.partitionOf(code));
      cells.clear(code, code + 1);
    }
    return partitions;
  }

  private partitionOf(code: number): Partition {
    const rows = this.lanes.rows(this.cells, code);
    return { code, records: rows, rows };
  }

  /** Emits a child if it reaches `nMin`, or adds it to the near slices. Returns whether it reaches `nMin`. */
  private emitChild(depth: number, cells: Cells, code: number, item: number): boolean {
    const { limits, lanes } = this;
    const support = lanes.support(cells, code);
    if (support < limits.nearMin || support === 0) return false;
    const reaches = support >= limits.nMin;
    if (reaches) {
      if (++this.emitted > this.sliceLimit) this.stopped = 'slices';
      this.level(depth + 1).add(this.path, item, cells, code);
    } else if (this.near.couldRank(support, depth + 1))
      this.near.add(nearSlice(this.pairsOf(depth, item), lanes, cells, code));
    return reaches;
  }

  /** Returns the pairs of the path's slice and one more item, ascending. */
  private pairsOf(depth: number, item: number): Pair[] {
    const { dimension, code } = this.items;
    const items = [...this.path.subarray(0, depth), item].sort((a, b) => a - b);
    return items.map(i => [dimension[i] as number, code[i] as number] as const);
  }

  /**
   * Counts two adjacent dimensions in one pass, by their pairs of values, and emits their children. At the last level
   * this halves the passes. For the last two dimensions the pairs are the grandchildren themselves, which saves
   * partitioning where partitions are smallest and most numerous.
   *
   * Returns false, with nothing done, if the two have no pair field, if there are too many pairs for the number of
   * records, or if a measure has to be summed.
   */
  private countPairs(depth: number, range: RecordRange, d: number, limit: number): boolean {
    const one = this.column(d);
    const two = this.column(d + 1);
    const combinations = (one.values + 1) * (two.values + 1);
    if (!one.pairField || combinations > PAIR_RATIO * range.count || this.measured) return false;
    const { cells, otherCells, pairCells } = this;
    countRecords(this.buffers.at(depth), range, one.pairField, pairCells.wide);
    sumPairs(pairCells.wide, one, two, this.input.classCount, cells.wide, otherCells.wide);
    const joint = depth + 2 <= Math.min(this.mostWith(d, limit), this.mostWith(d + 1, limit));
    for (let code = 1; code <= one.values; code++) {
      if (!this.emitChild(depth, cells, code, one.base + code) || !joint) continue;
      this.path[depth] = one.base + code;
      const row = code << two.bits;
      for (let other = 1; other <= two.values; other++)
        this.emitChild(depth + 1, pairCells, row | other, two.base + other);
    }
    for (let code = 1; code <= two.values; code++) this.emitChild(depth, otherCells, code, two.base + code);
    cells.clear(0, one.values + 1);
    otherCells.clear(0, two.values + 1);
    pairCells.clear(0, (one.values + 1) << two.bits);
    return true;
  }

  /**
   * Copies the records of the children to extend to the next depth's buffer. Returns false if the memory budget does
   * not allow it.
   */
  private partition(depth: number, range: RecordRange, d: number, partitions: readonly Partition[]): boolean {
    const { buffers } = this;
    const { stride } = this.column(d + 1);
    const total = partitions.reduce((sum, { records }) => sum + records, 0);
    this.visits += range.count;
    if (!buffers.reserve(depth + 1, total, stride)) {
      this.stopped = 'memory';
      return false;
    }
    const { field } = this.column(d);
    this.partitioner.copy(buffers.at(depth), buffers.at(depth + 1), range, field, partitions, stride);
    return true;
  }
}
