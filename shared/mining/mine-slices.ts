import type { DimensionColumn } from './types.ts';

/** What the miner reads: the dimension columns and one class per row. */
export interface MineInput {
  readonly size: number;
  readonly dimensions: readonly DimensionColumn[];
  /** Class of each row, below `classCount`; the array may be longer than `size`. */
  readonly classes: Uint8Array;
  /** At most 8. */
  readonly classCount: number;
  /** Which classes count towards `nMin`. */
  readonly supporting: readonly boolean[];
  /** A number per row whose sum each slice reports (rows that do not support are ignored); whole numbers, so that sums are exact. */
  readonly measure?: Float64Array;
}

export interface MineOptions {
  /** Least number of supporting rows of a slice; at least 1. */
  readonly nMin: number;
  /** Slices below `nMin` with at least this many supporting rows are listed as near; `nMin` lists none. */
  readonly nearMin: number;
  /** Most slices to emit; what lies beyond is cut, most specific levels first. */
  readonly maxSlices: number;
  /** Most dimensions of a slice. A request of the caller, hence not reported as a cut. */
  readonly maxDepth?: number;
  /** Most record visits (one record read once by one pass). Counted, not timed: the same events give the same result on any machine. */
  readonly maxWork?: number;
  /** Most bytes of row buffers. */
  readonly maxRowBytes?: number;
}

/** Slices as columns: the pairs of slice i are `dimension[k]`=`code[k]` for k from `offset[i]` to `offset[i + 1]`. */
export interface SliceTable {
  readonly count: number;
  readonly offset: Uint32Array;
  /** Index into `dimensions`. */
  readonly dimension: Uint16Array;
  readonly code: Uint32Array;
  /** `classCount` counts per slice. */
  readonly counts: Uint32Array;
  /** Sum of `measure` per slice; empty without a measure. */
  readonly sum: Float64Array;
  /** The slice that stands for all slices with exactly the same rows; itself if it is the one. */
  readonly representative: Uint32Array;
}

/** What was left out for the budget: every slice deeper than `depth` dimensions, and no other. */
export interface Cut {
  /** −1 when not even the global slice fits. */
  readonly depth: number;
  readonly reason: string;
  /** Which budget ran out. */
  readonly limit: 'slices' | 'work' | 'memory';
  /** Slices emitted, all of those with at most `depth` dimensions. */
  readonly emitted: number;
  /** Slices seen and left out: a lower bound of all that were left out. */
  readonly leftOutAtLeast: number;
}

export interface MiningResult {
  /** Ordered by number of dimensions, then by dimension index and code, pair by pair. */
  readonly slices: SliceTable;
  /** Slices just below `nMin` all of whose generalisations reach it, most rows first, then fewest dimensions; at most 100, none deeper than a cut. */
  readonly near: SliceTable;
  readonly cut?: Cut;
}

/** Some ten to twenty seconds of one core: a visit takes 3 to 5 ns. */
export const DEFAULT_MAX_WORK = 4e9;
export const DEFAULT_MAX_ROW_BYTES = 256 * 2 ** 20;

const NEAR_LIMIT = 100;
/** Candidates kept while mining, of which the 100 are chosen; those beyond it that rank lower are not looked at. */
const NEAR_CANDIDATES = 4096;

/** A record is a lane of 64 bits (rows it stands for and their fingerprints, see `Lanes`), then the key words. */
const KEY = 2;
/** The class takes the lowest bits of the first key word, so that the code of a suffix of dimensions includes it. */
const CLASS_BITS = 3;
const CLASS_MASK = 7;
const CLASSES = 8;
/** A counter has a lane per class. */
const CELL_WORDS = 2 * CLASSES;
const KEY_WORD_BITS = 32;

/** Suffixes of at most this many bits fold through a table that one key word addresses. */
const DIRECT_BITS = 16;
/** Below this many records folding costs more than it saves. */
const DIRECT_FOLD_MIN = 200;
const HASH_FOLD_MIN = 4096;
/** Hashed folding must drop a quarter of the records to be worth its random accesses. */
const HASH_FOLD_RATIO = 0.75;
/** Where the dimensions to come have more bits than this beyond what the records can fill, hardly any would be equal. */
const HASH_FOLD_SPARE_BITS = 1;
/** Two dimensions are counted by pairs of values when these fit that many bits and are fewer than the records times the ratio. */
const PAIR_BITS = 10;
const PAIR_RATIO = 0.5;
/** Odd, so that lanes that differ in one class never agree in the sum. */
const LANE_FACTOR_A = [1, 0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f, 0x165667b1, 0x2c1b3c6d, 0x297a2d39];
const LANE_FACTOR_B = [1, 0x7feb352d, 0x846ca68b, 0xd3a2646d, 0xfd7046c5, 0xb55a4f09, 0x68e31da5, 0x1b56c4e9];

/**
 * Every slice (set of dimension=value pairs) with at least `nMin` supporting rows, with its counts per class.
 *
 * Bottom-up computation of iceberg cubes (Beyer and Ramakrishnan, SIGMOD 1999): a slice's extensions are counted in
 * one pass per dimension, and only those that reach `nMin` are partitioned and extended in turn. Three things are added:
 * - Rows are bit-packed records, and records that agree on the dimensions still to come are folded into one with a
 *   weight, at the root and again in every partition. Most work lies where few dimensions are left, and there little
 *   is left after folding.
 * - Dimensions with most values come first: they prune best, and what stays for the tail folds best.
 * - A budget cuts whole levels. One unbounded depth-first search is tried; if it overruns, the search is repeated with
 *   depth 1, 2, 3, … and keeps the levels that were finished.
 *
 * Two slices are taken for the same rows when their counts in every class agree, and their fingerprints: sums of a
 * pseudo-random number per row, 64 bits less those that hold the number of rows. For two different slices with equal
 * counts that happens with odds of 1 in 2^44 at a million rows, 1 in 2^49 at 20,000. Of the million's 248,000 slices to
 * depth 3 (15 dimensions), 1,160 pairs have equal counts: odds of 1 in 15 billion that one is wrong.
 */
export function mineSlices(input: MineInput, options: MineOptions): MiningResult {
  const nMin = Math.max(1, options.nMin);
  const items = frequentItems(input, nMin, options.nearMin);
  const search = new CubeSearch(input, items, { ...options, nMin });
  const cut = search.run();
  const near = search.near.best().filter(slice => slice.pairs.length <= (cut?.depth ?? slice.pairs.length));
  const slices = sortedTable(input, items, search.levels);
  const mined = { slices, near: nearTable(input, items, slices, near) };
  return cut ? { ...mined, cut } : mined;
}

/** The values that reach `nMin`: the items slices are made of, numbered by dimension index and code. */
interface Items {
  readonly dimension: Uint16Array;
  readonly code: Uint32Array;
  /** By processing order. */
  readonly columns: readonly ItemColumn[];
  /** Values that fall short of `nMin` by themselves. */
  readonly nearValues: readonly {
    readonly dimension: number;
    readonly code: number;
    readonly support: number;
  }[];
  readonly support: number;
  readonly keyWords: number;
}

interface ItemColumn {
  readonly codes: DimensionColumn['codes'];
  /** Number of the item of code 1, less 1. */
  readonly base: number;
  /** Number of frequent values; they have the codes 1 to `values`, everything else 0. */
  readonly values: number;
  /** Where the code lies in the record. */
  readonly word: number;
  readonly shift: number;
  readonly bits: number;
  readonly mask: number;
  /** Bits of class, this column and all later ones, and the mask of those that lie in `word`. */
  readonly suffixBits: number;
  readonly suffixMask: number;
  /** From the dictionary's code to the frequent one, shifted to its place. */
  readonly place: Int32Array;
}

function frequentItems(input: MineInput, nMin: number, nearMin: number): Items {
  const itemDimension: number[] = [];
  const itemCode: number[] = [];
  const nearValues: Items['nearValues'][number][] = [];
  const supports = input.dimensions.map(column => supportByCode(input, column));
  const found = supports.map((support, dimension) => {
    const base = itemCode.length - 1;
    for (let code = 1; code < support.length; code++) {
      const n = support[code] as number;
      if (n >= nMin) {
        itemDimension.push(dimension);
        itemCode.push(code);
      } else if (n > 0 && n >= nearMin) nearValues.push({ dimension, code, support: n });
    }
    return { dimension, base, values: itemCode.length - 1 - base };
  });
  const order = found
    .filter(f => f.values > 0)
    .sort((a, b) => b.values - a.values || a.dimension - b.dimension);
  let word = 0;
  let shift = CLASS_BITS;
  let suffixBits = CLASS_BITS;
  const columns: ItemColumn[] = [];
  for (const { dimension, base, values } of order.reverse()) {
    const bits = 32 - Math.clz32(values);
    if (shift + bits > KEY_WORD_BITS) {
      word++;
      shift = 0;
    }
    const place = new Int32Array((supports[dimension] as Int32Array).length);
    for (let k = 1; k <= values; k++) place[itemCode[base + k] as number] = k << shift;
    const { codes } = input.dimensions[dimension] as DimensionColumn;
    const mask = 2 ** bits - 1;
    const suffixMask = (2 ** (shift + bits) - 1) | 0;
    suffixBits += bits;
    columns.push({ codes, base, values, word, shift, bits, mask, suffixBits, suffixMask, place });
    shift += bits;
  }
  columns.reverse();
  return {
    dimension: Uint16Array.from(itemDimension),
    code: Uint32Array.from(itemCode),
    columns,
    nearValues,
    support: supportOf(input),
    keyWords: word + 1,
  };
}

function supportByCode(input: MineInput, { codes, values }: DimensionColumn): Int32Array {
  const weight = Int32Array.from({ length: CLASSES }, (_, k) => (input.supporting[k] ? 1 : 0));
  const support = new Int32Array(values.length + 1);
  countCodes(codes, input.classes, input.size, weight, support);
  return support;
}

function countCodes(
  codes: DimensionColumn['codes'],
  classes: Uint8Array,
  size: number,
  weight: Int32Array,
  support: Int32Array,
): void {
  for (let row = 0; row < size; row++) {
    const code = codes[row] as number;
    support[code] = ((support[code] as number) + (weight[classes[row] as number] as number)) | 0;
  }
}

function supportOf({ size, classes, supporting }: MineInput): number {
  const weight = Int32Array.from({ length: CLASSES }, (_, k) => (supporting[k] ? 1 : 0));
  let support = 0;
  for (let row = 0; row < size; row++) support += weight[classes[row] as number] as number;
  return support;
}

/** MurmurHash3's finaliser: every bit of the row number moves every bit of the fingerprint. */
function scramble(x: number): number {
  let h = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
function fingerprintHigh(row: number): number {
  return scramble(Math.imul(row + 1, 0x9e3779b1));
}
/** With a count of 1 in the low bits. */
function fingerprintLow(row: number, countBits: number): number {
  return (scramble(Math.imul(row + 1, 0x2c1b3c6d) ^ 0x5bd1e995) << countBits) | 1;
}

/** One level's slices in the order they were found; grown by doubling. */
class Level {
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

  /** The slice of a path and one more item, with the lanes at `from`. */
  add(path: Int32Array, item: number, words: Int32Array, from: number, sum: number): void {
    if (this.count === this.capacity) this.grow();
    const { depth, items, counts, lanes } = this;
    const { classCount, countMask } = lanes;
    const i = this.count++;
    let k = i * depth;
    for (let j = 0; j < depth - 1; j++) items[k++] = path[j] as number;
    if (depth > 0) items[k] = item;
    const at = i * classCount;
    for (let c = 0; c < classCount; c++) counts[at + c] = (words[from + 2 * c] as number) & countMask;
    this.fingerprints[2 * i] = lanes.fingerprintA(words, from);
    this.fingerprints[2 * i + 1] = lanes.fingerprintB(words, from);
    if (this.measured) this.sums[i] = sum;
  }

  /** Frees the memory; the level is in the table now. */
  release(): void {
    this.items = new Int32Array(0);
    this.counts = new Int32Array(0);
    this.fingerprints = new Int32Array(0);
    this.sums = new Float64Array(0);
  }

  private grow(): void {
    this.capacity *= 2;
    this.items = grown(this.items, this.capacity * this.depth);
    this.counts = grown(this.counts, this.capacity * this.lanes.classCount);
    this.fingerprints = grown(this.fingerprints, this.capacity * 2);
    if (!this.measured) return;
    const { sums } = this;
    this.sums = new Float64Array(this.capacity);
    this.sums.set(sums);
  }
}

function grown(array: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}

interface NearSlice {
  readonly support: number;
  readonly pairs: readonly (readonly [dimension: number, code: number])[];
  /** Ascending; empty for the global slice and for a value that is not an item. */
  readonly items: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
  readonly a: number;
  readonly b: number;
}

function byNearness(x: NearSlice, y: NearSlice): number {
  if (x.support !== y.support) return y.support - x.support;
  if (x.pairs.length !== y.pairs.length) return x.pairs.length - y.pairs.length;
  for (let i = 0; i < x.pairs.length; i++) {
    const [d, c] = x.pairs[i] as readonly [number, number];
    const [e, k] = y.pairs[i] as readonly [number, number];
    if (d !== e) return d - e;
    if (c !== k) return c - k;
  }
  return 0;
}

/** The highest ranking candidates, whatever order they come in. */
class NearPool {
  private kept: NearSlice[] = [];
  private worst: NearSlice | undefined;

  /** Whether a candidate of this rank could still be kept; cheap, for it is asked for every slice below `nMin`. */
  wants(support: number, depth: number): boolean {
    const { worst } = this;
    if (!worst) return true;
    return support > worst.support || (support === worst.support && depth <= worst.pairs.length);
  }

  add(candidate: NearSlice): void {
    if (this.worst && byNearness(candidate, this.worst) > 0) return;
    this.kept.push(candidate);
    if (this.kept.length === 2 * NEAR_CANDIDATES) this.trim();
  }

  copy(): NearPool {
    const copy = new NearPool();
    copy.kept = [...this.kept];
    copy.worst = this.worst;
    return copy;
  }

  best(): readonly NearSlice[] {
    this.kept.sort(byNearness);
    return this.kept;
  }

  private trim(): void {
    this.kept = this.kept.sort(byNearness).slice(0, NEAR_CANDIDATES);
    this.worst = this.kept.at(-1);
  }
}

/** The depth-first search over bit-packed records. */
class CubeSearch {
  levels: Level[] = [];
  near = new NearPool();
  private readonly input: MineInput;
  private readonly items: Items;
  private readonly columns: readonly ItemColumn[];
  private readonly limits: MineOptions;
  private readonly maxDepth: number;
  private readonly maxWork: number;
  private readonly lanes: Lanes;

  private stopped: Cut['limit'] | undefined;
  /** Levels below it are partitioned only; they were emitted before. */
  private emitFrom = 0;
  private depthLimit = 0;
  private workLimit = 0;
  private work = 0;
  private held = 0;

  private readonly path: Int32Array;
  private readonly cells: Cells;
  /** The counters of a second dimension that is counted in the same pass, and those of the pairs of values. */
  private readonly otherCells: Cells;
  private readonly pairCells = new Cells(2 ** PAIR_BITS);
  private readonly sums: Float64Array;
  private readonly starts: Int32Array;
  private readonly slots = new Int32Array(2 ** DIRECT_BITS);
  private hashSlots = new Int32Array(0);
  /** The records of the children of the path's slices, one buffer a depth. */
  private buffers: Records[] = [];

  constructor(input: MineInput, items: Items, limits: MineOptions) {
    this.input = input;
    this.items = items;
    this.columns = items.columns;
    this.limits = limits;
    this.maxDepth = Math.min(limits.maxDepth ?? Number.POSITIVE_INFINITY, items.columns.length);
    this.maxWork = limits.maxWork ?? DEFAULT_MAX_WORK;
    this.lanes = lanesOf(input);
    const codes = items.columns.reduce((most, column) => Math.max(most, column.values), 0) + 1;
    this.path = new Int32Array(items.columns.length + 1);
    this.cells = new Cells(codes);
    this.otherCells = new Cells(codes);
    this.sums = new Float64Array(input.measure ? codes : 0);
    this.starts = new Int32Array(codes);
  }

  /** Fills `levels` and `near`; answers what the budget cut. */
  run(): Cut | undefined {
    const base = this.baseRecords();
    this.root(base);
    if (this.items.support < this.limits.nMin) return undefined;
    if (this.limits.maxSlices < 1) {
      this.levels = [];
      return this.cut(-1, 'slices', 0, 1);
    }
    if ((this.limits.maxDepth ?? 1) >= 1) this.nearValues(base);
    if (this.maxDepth < 1) return undefined;
    const near = this.near;
    this.near = near.copy();
    this.pass(base, 1, this.maxDepth, this.maxWork / 2);
    if (!this.stopped) return undefined;
    const seen = this.emitted();
    this.levels.length = 1;
    this.near = near;
    return this.levelByLevel(seen);
  }

  private emitted(): number {
    return this.levels.reduce((sum, level) => sum + level.count, 0);
  }

  private levelByLevel(seen: number): Cut | undefined {
    for (let depth = 1; depth <= this.maxDepth; depth++) {
      const near = this.near;
      this.near = near.copy();
      this.held = this.emitted();
      this.pass(this.baseRecords(), depth, depth, depth === 1 ? Number.POSITIVE_INFINITY : this.maxWork);
      const found = this.levels[depth]?.count ?? 0;
      if (this.stopped) {
        this.levels.length = depth;
        this.near = near;
        const emitted = this.emitted();
        return this.cut(depth - 1, this.stopped, emitted, Math.max(found, seen - emitted));
      }
      if (found === 0) return undefined;
    }
    return undefined;
  }

  private cut(depth: number, limit: Cut['limit'], emitted: number, leftOutAtLeast: number): Cut {
    const { maxSlices, maxRowBytes = DEFAULT_MAX_ROW_BYTES } = this.limits;
    const reason = {
      slices: `more than ${maxSlices} slices`,
      work: `more than ${this.maxWork} record visits`,
      memory: `more than ${maxRowBytes} bytes of row buffers`,
    }[limit];
    return { depth, reason, limit, emitted, leftOutAtLeast };
  }

  private pass(base: Records, emitFrom: number, depthLimit: number, workLimit: number): void {
    this.stopped = undefined;
    this.emitFrom = emitFrom;
    this.depthLimit = depthLimit;
    this.workLimit = workLimit;
    this.starts.fill(0);
    this.cells.clear(0, this.cells.size);
    this.buffers = [base];
    const { size } = this.input;
    const stride = strideOf(this.items.keyWords);
    const count = this.fold(0, 0, size, stride, 0);
    if (count < size) this.buffers = [base.truncated(count * stride, this.input.measure ? count : 0)];
    this.node(0, 0, count, this.input.size, 0);
  }

  private level(depth: number): Level {
    for (let k = this.levels.length; k <= depth; k++)
      this.levels.push(new Level(k, this.lanes, this.input.measure !== undefined));
    return this.levels[depth] as Level;
  }

  private root(base: Records): void {
    const { size, measure } = this.input;
    const stride = strideOf(this.items.keyWords);
    const tally = new Cells(1);
    countRecords(base.words, base.wide, 0, size * stride, stride, KEY, 0, 0, tally.wide);
    const sum = measure ? base.measures.reduce((total, value) => total + value, 0) : 0;
    const { support } = this.items;
    if (support >= this.limits.nMin) {
      this.level(0).add(this.path, 0, tally.words, 0, sum);
      this.held = 1;
    } else if (support >= this.limits.nearMin && support > 0)
      this.near.add(nearSlice(support, [], [], this.lanes, tally.words, 0, sum));
  }

  /** Values below `nMin` have no item and no key in the records, so they are counted from the columns. */
  private nearValues(base: Records): void {
    const best = this.items.nearValues.toSorted((a, b) => b.support - a.support).slice(0, NEAR_LIMIT);
    for (const dimension of new Set(best.map(value => value.dimension)))
      this.nearValuesOf(
        base,
        dimension,
        best.filter(value => value.dimension === dimension),
      );
  }

  private nearValuesOf(base: Records, dimension: number, wanted: Items['nearValues']): void {
    const { size, classes, measure, dimensions } = this.input;
    const { codes, values } = dimensions[dimension] as DimensionColumn;
    const which = new Uint8Array(values.length + 1);
    wanted.forEach((value, i) => {
      which[value.code] = i + 1;
    });
    const tally = new Cells(wanted.length + 1);
    const sums = new Float64Array(wanted.length + 1);
    const stride = strideOf(this.items.keyWords);
    for (let row = 0; row < size; row++) {
      const i = which[codes[row] as number] as number;
      if (i === 0) continue;
      addLane(tally.wide, base.wide, ((i << CLASS_BITS) | (classes[row] as number)) << 1, row * stride);
      if (measure) sums[i] = (sums[i] as number) + (base.measures[row] as number);
    }
    wanted.forEach(({ support, code }, i) => {
      const at = (i + 1) * CELL_WORDS;
      const sum = sums[i + 1] as number;
      this.near.add(nearSlice(support, [[dimension, code]], [], this.lanes, tally.words, at, sum));
    });
  }

  private baseRecords(): Records {
    const { size, classes, supporting, measure } = this.input;
    const stride = strideOf(this.items.keyWords);
    const base = new Records(size * stride, measure ? size : 0);
    placeRows(base.words, stride, size, classes, this.lanes.countBits);
    for (const { codes, place, word } of this.columns)
      placeColumn(base.words, stride, KEY + word, size, codes, place);
    if (measure)
      for (let row = 0; row < size; row++)
        base.measures[row] = supporting[classes[row] as number] ? (measure[row] as number) : 0;
    return base;
  }

  /**
   * Extends one slice by each dimension from `from` on. Its records start with the `first` of the depth's buffer;
   * `weight` is the number of rows they stand for.
   */
  private node(depth: number, first: number, records: number, weight: number, from: number): void {
    const { columns } = this;
    const last = columns.length - 1;
    const stride = strideOf((columns[from] as ItemColumn).word + 1);
    const deeper = depth + 1 < this.depthLimit;
    let n = records;
    for (let d = from; d <= last; d++) {
      const before = n;
      if (d > 0 && d < last && deeper) n = this.fold(depth, first, n, stride, d);
      this.work += before + n;
      if (this.work > this.workLimit) this.stopped = 'work';
      if (this.stopped) return;
      if (d < last && (!deeper || d === last - 1) && this.pairs(depth, first, n, stride, d)) {
        d++;
        continue;
      }
      const partitions = this.countChildren(depth, first, n, stride, d, deeper && d < last);
      if (partitions.length === 0) continue;
      if (n < weight) this.partitionSizes(depth, first, n, stride, d, partitions);
      if (!this.partition(depth, first, n, stride, d, partitions)) return;
      const base = (columns[d] as ItemColumn).base;
      for (let i = 0, at = 0; i < partitions.length; i += 3) {
        const size = partitions[i + 1] as number;
        this.path[depth] = base + (partitions[i] as number);
        this.node(depth + 1, at, size, partitions[i + 2] as number, d + 1);
        if (this.stopped) return;
        at += size;
      }
    }
  }

  /**
   * One pass that counts all children of a dimension; emits them and answers those to extend: code, records, rows.
   * The number of records is taken for that of rows, which it is unless some were folded.
   */
  private countChildren(
    depth: number,
    first: number,
    n: number,
    stride: number,
    d: number,
    extend: boolean,
  ): number[] {
    const { cells } = this;
    const { word, shift, mask, values, base } = this.columns[d] as ItemColumn;
    const { words, wide, measures } = this.buffers[depth] as Records;
    const start = first * stride;
    const end = start + n * stride;
    countRecords(words, wide, start, end, stride, KEY + word, shift, mask, cells.wide);
    if (this.input.measure)
      sumRecords(words, measures, start, end, stride, KEY + word, shift, mask, this.sums);
    const partitions: number[] = [];
    if (values <= n)
      for (let code = 1; code <= values; code++) {
        if (this.child(depth, cells, code, base + code) && extend) this.addPartition(partitions, code);
        if (this.input.measure) this.sums[code] = 0;
      }
    else
      for (let p = start + KEY + word; p < end; p += stride) {
        const code = ((words[p] as number) >>> shift) & mask;
        if (code > 0 && this.child(depth, cells, code, base + code) && extend)
          this.addPartition(partitions, code);
        cells.clear(code, code + 1);
        if (this.input.measure) this.sums[code] = 0;
      }
    if (values <= n) cells.clear(0, values + 1);
    return partitions;
  }

  private addPartition(partitions: number[], code: number): void {
    const rows = this.lanes.total(this.cells.words, code * CELL_WORDS);
    partitions.push(code, rows, rows);
  }

  /** Emits a child if it reaches `nMin`, and answers whether it does. */
  private child(depth: number, cells: Cells, code: number, item: number): boolean {
    const { limits, lanes } = this;
    const at = code * CELL_WORDS;
    const support = lanes.support(cells.words, at);
    if (support < limits.nearMin || support === 0) return false;
    const reaches = support >= limits.nMin;
    if (depth + 1 < this.emitFrom) return reaches;
    const sum = this.input.measure ? (this.sums[code] as number) : 0;
    if (reaches) {
      if (++this.held > limits.maxSlices) this.stopped = 'slices';
      this.level(depth + 1).add(this.path, item, cells.words, at, sum);
    } else if (this.near.wants(support, depth + 1)) {
      const items = [...this.path.subarray(0, depth), item].sort((a, b) => a - b);
      const pairs = items.map(
        i => [this.items.dimension[i] as number, this.items.code[i] as number] as const,
      );
      this.near.add(nearSlice(support, pairs, items, lanes, cells.words, at, sum));
    }
    return reaches;
  }

  /**
   * Counts two adjacent dimensions in one pass, by their pairs of values, when the pairs are few against the records.
   * At the last level that halves the passes; for the last two dimensions the pairs themselves are the grandchildren,
   * which saves partitioning where partitions are most and smallest.
   */
  private pairs(depth: number, first: number, n: number, stride: number, d: number): boolean {
    const one = this.columns[d] as ItemColumn;
    const two = this.columns[d + 1] as ItemColumn;
    const mask = (one.mask << two.bits) | two.mask;
    const combinations = (one.values + 1) * (two.values + 1);
    if (
      one.word !== two.word ||
      one.bits + two.bits > PAIR_BITS ||
      combinations > PAIR_RATIO * n ||
      this.input.measure
    )
      return false;
    const { cells, otherCells, pairCells } = this;
    const { words, wide } = this.buffers[depth] as Records;
    const start = first * stride;
    countRecords(
      words,
      wide,
      start,
      start + n * stride,
      stride,
      KEY + two.word,
      two.shift,
      mask,
      pairCells.wide,
    );
    sumPairs(
      pairCells.wide,
      one.values,
      two.values,
      two.bits,
      this.input.classCount,
      cells.wide,
      otherCells.wide,
    );
    const joint = depth + 2 <= this.depthLimit;
    for (let code = 1; code <= one.values; code++) {
      if (!this.child(depth, cells, code, one.base + code) || !joint) continue;
      this.path[depth] = one.base + code;
      const row = code << two.bits;
      for (let other = 1; other <= two.values; other++)
        this.child(depth + 1, pairCells, row | other, two.base + other);
    }
    for (let code = 1; code <= two.values; code++) this.child(depth, otherCells, code, two.base + code);
    cells.clear(0, one.values + 1);
    otherCells.clear(0, two.values + 1);
    pairCells.clear(0, (one.values + 1) << two.bits);
    return true;
  }

  private partitionSizes(
    depth: number,
    first: number,
    n: number,
    stride: number,
    d: number,
    partitions: number[],
  ): void {
    const { starts } = this;
    const { word, shift, mask } = this.columns[d] as ItemColumn;
    const { words } = this.buffers[depth] as Records;
    const start = first * stride;
    countSizes(words, start, start + n * stride, stride, KEY + word, shift, mask, starts);
    for (let i = 0; i < partitions.length; i += 3)
      partitions[i + 1] = starts[partitions[i] as number] as number;
    clearSizes(words, start, start + n * stride, stride, KEY + word, shift, mask, starts);
  }

  /** Copies the records of the children to extend, child by child, into the next depth's buffer. */
  private partition(
    depth: number,
    first: number,
    n: number,
    stride: number,
    d: number,
    partitions: readonly number[],
  ): boolean {
    const { starts } = this;
    const { word, shift, mask } = this.columns[d] as ItemColumn;
    const childStride = strideOf((this.columns[d + 1] as ItemColumn).word + 1);
    let total = 0;
    for (let i = 0; i < partitions.length; i += 3) {
      starts[partitions[i] as number] = total + 1;
      total += partitions[i + 1] as number;
    }
    this.work += n;
    const reserved = this.reserve(depth + 1, total, childStride);
    if (reserved) {
      const from = this.buffers[depth] as Records;
      const to = this.buffers[depth + 1] as Records;
      const start = first * stride;
      if (this.input.measure)
        scatterMeasures(from, to, start, start + n * stride, stride, KEY + word, shift, mask, starts.slice());
      scatter(
        from.words,
        to.words,
        start,
        start + n * stride,
        stride,
        KEY + word,
        shift,
        mask,
        starts,
        childStride,
      );
    }
    for (let i = 0; i < partitions.length; i += 3) starts[partitions[i] as number] = 0;
    return reserved;
  }

  private reserve(depth: number, records: number, stride: number): boolean {
    const words = records * stride;
    const have = this.buffers[depth]?.words.length ?? 0;
    const measures = this.input.measure ? records : 0;
    if (have >= words && (this.buffers[depth]?.measures.length ?? 0) >= measures) return true;
    const room = Math.max(words, Math.min(2 * words, (this.buffers[depth - 1] as Records).words.length));
    const bytes = this.buffers.reduce((sum, buffer) => sum + buffer.words.byteLength, 0) + 4 * (room - have);
    if (bytes > (this.limits.maxRowBytes ?? DEFAULT_MAX_ROW_BYTES)) {
      this.stopped = 'memory';
      return false;
    }
    this.buffers[depth] = new Records(room, measures === 0 ? 0 : Math.ceil(room / stride));
    return true;
  }

  /** Merges the records that agree in class and in all dimensions from `d` on, in place; answers how many remain. */
  private fold(depth: number, first: number, n: number, stride: number, d: number): number {
    const { word, suffixBits, suffixMask } = this.columns[d] as ItemColumn;
    const records = this.buffers[depth] as Records;
    if (suffixBits <= DIRECT_BITS) {
      if (n < DIRECT_FOLD_MIN) return n;
      return foldDirect(records, first, n, stride, suffixMask, this.slots);
    }
    if (n < HASH_FOLD_MIN || (d > 0 && suffixBits > Math.log2(n) + HASH_FOLD_SPARE_BITS)) return n;
    const estimateSlots = this.hashTable(n / 8);
    const distinct = estimateDistinct(records.words, first, n, stride, word, suffixMask, estimateSlots);
    this.work += n;
    if (distinct > HASH_FOLD_RATIO * n) return n;
    const slots = this.hashTable(Math.min(n, 1.5 * distinct + 1024));
    return foldHashed(records, first, n, stride, word, suffixMask, slots);
  }

  /** A cleared table with at least twice as many slots as `entries`. */
  private hashTable(entries: number): Int32Array {
    const size = 2 ** Math.ceil(Math.log2(2 * entries + 16));
    if (this.hashSlots.length < size) this.hashSlots = new Int32Array(size);
    const table = this.hashSlots.subarray(0, size);
    table.fill(0);
    return table;
  }
}

function nearSlice(
  support: number,
  pairs: NearSlice['pairs'],
  items: readonly number[],
  lanes: Lanes,
  words: Int32Array,
  at: number,
  sum: number,
): NearSlice {
  const counts = Array.from(
    { length: lanes.classCount },
    (_, k) => (words[at + 2 * k] as number) & lanes.countMask,
  );
  return {
    support,
    pairs,
    items,
    counts,
    sum,
    a: lanes.fingerprintA(words, at),
    b: lanes.fingerprintB(words, at),
  };
}

/** Counters by code: a 64-bit lane per class, which adds up the lanes of records. */
class Cells {
  readonly size: number;
  readonly wide: BigInt64Array;
  readonly words: Int32Array;

  constructor(size: number) {
    this.size = size;
    this.wide = new BigInt64Array(size * CLASSES);
    this.words = new Int32Array(this.wide.buffer);
  }

  clear(from: number, to: number): void {
    const { words } = this;
    const end = to * CELL_WORDS;
    for (let k = from * CELL_WORDS; k < end; k++) words[k] = 0;
  }
}

/**
 * Reading lanes. The low bits of a lane count rows (they cannot overflow: `countBits` hold the number of all rows), the
 * bits above sum up the rows' fingerprints. One addition in memory does both, for several rows at once after folding.
 */
class Lanes {
  readonly classCount: number;
  readonly countBits: number;
  readonly countMask: number;
  private readonly supporting: readonly number[];

  constructor(classCount: number, countBits: number, supporting: readonly number[]) {
    this.classCount = classCount;
    this.countBits = countBits;
    this.countMask = 2 ** countBits - 1;
    this.supporting = supporting;
  }

  support(words: Int32Array, at: number): number {
    const { supporting, countMask } = this;
    let support = 0;
    for (let k = 0; k < supporting.length; k++)
      support += (words[at + (supporting[k] as number)] as number) & countMask;
    return support;
  }

  total(words: Int32Array, at: number): number {
    let total = 0;
    for (let k = 0; k < 2 * this.classCount; k += 2) total += (words[at + k] as number) & this.countMask;
    return total;
  }

  fingerprintA(words: Int32Array, at: number): number {
    let a = 0;
    for (let k = 0; k < this.classCount; k++)
      a = (a + Math.imul(words[at + 2 * k + 1] as number, LANE_FACTOR_A[k] as number)) | 0;
    return a;
  }

  fingerprintB(words: Int32Array, at: number): number {
    let b = 0;
    for (let k = 0; k < this.classCount; k++)
      b = (b + Math.imul(words[at + 2 * k] as number, LANE_FACTOR_B[k] as number)) | 0;
    return b;
  }
}

function lanesOf({ size, classCount, supporting }: MineInput): Lanes {
  const classes = Array.from({ length: classCount }, (_, k) => k);
  const words = classes.filter(k => supporting[k]).map(k => 2 * k);
  return new Lanes(classCount, 32 - Math.clz32(size), words);
}

/** Records in one block of memory, seen as words and as 64-bit lanes (the low word first, as on every platform Node runs on). */
class Records {
  readonly words: Int32Array;
  readonly wide: BigInt64Array;
  readonly measures: Float64Array;

  constructor(words: number, measures: number, from = new Int32Array(words)) {
    this.words = from;
    this.wide = new BigInt64Array(from.buffer);
    this.measures = new Float64Array(measures);
  }

  truncated(words: number, measures: number): Records {
    const copy = new Records(words, measures, this.words.slice(0, words));
    copy.measures.set(this.measures.subarray(0, measures));
    return copy;
  }
}

/** Even, so that lanes are aligned. */
function strideOf(keyWords: number): number {
  return (KEY + keyWords + 1) & ~1;
}

// The loops below are functions of their own, with nothing around them, so that the compiler sees each of them once and whole.

function placeRows(
  words: Int32Array,
  stride: number,
  size: number,
  classes: Uint8Array,
  countBits: number,
): void {
  for (let row = 0, p = 0; row < size; row++, p += stride) {
    words[p] = fingerprintLow(row, countBits);
    words[p + 1] = fingerprintHigh(row);
    words[p + KEY] = classes[row] as number;
  }
}

function placeColumn(
  words: Int32Array,
  stride: number,
  at: number,
  size: number,
  codes: DimensionColumn['codes'],
  place: Int32Array,
): void {
  for (let row = 0, p = at; row < size; row++, p += stride)
    words[p] = (words[p] as number) | (place[codes[row] as number] as number);
}

function countRecords(
  words: Int32Array,
  wide: BigInt64Array,
  start: number,
  end: number,
  stride: number,
  word: number,
  shift: number,
  mask: number,
  cells: BigInt64Array,
): void {
  for (let p = start; p < end; p += stride) {
    const code = ((words[p + word] as number) >>> shift) & mask;
    const cell = (code << CLASS_BITS) | ((words[p + KEY] as number) & CLASS_MASK);
    addLane(cells, wide, cell << 1, p);
  }
}

function sumRecords(
  words: Int32Array,
  measures: Float64Array,
  start: number,
  end: number,
  stride: number,
  word: number,
  shift: number,
  mask: number,
  sums: Float64Array,
): void {
  for (let p = start, i = start / stride; p < end; p += stride, i++) {
    const code = ((words[p + word] as number) >>> shift) & mask;
    sums[code] = (sums[code] as number) + (measures[i] as number);
  }
}

/** Adds the pairs' lanes up by first and by second value. */
function sumPairs(
  pairs: BigInt64Array,
  ones: number,
  twos: number,
  twoBits: number,
  classCount: number,
  byOne: BigInt64Array,
  byTwo: BigInt64Array,
): void {
  for (let one = 0; one <= ones; one++)
    for (let two = 0; two <= twos; two++) {
      const pair = ((one << twoBits) | two) << CLASS_BITS;
      for (let k = 0; k < classCount; k++) {
        addLane(byOne, pairs, ((one << CLASS_BITS) + k) << 1, (pair + k) << 1);
        addLane(byTwo, pairs, ((two << CLASS_BITS) + k) << 1, (pair + k) << 1);
      }
    }
}

function countSizes(
  words: Int32Array,
  start: number,
  end: number,
  stride: number,
  word: number,
  shift: number,
  mask: number,
  sizes: Int32Array,
): void {
  for (let p = start + word; p < end; p += stride) {
    const code = ((words[p] as number) >>> shift) & mask;
    sizes[code] = ((sizes[code] as number) + 1) | 0;
  }
}

function clearSizes(
  words: Int32Array,
  start: number,
  end: number,
  stride: number,
  word: number,
  shift: number,
  mask: number,
  sizes: Int32Array,
): void {
  for (let p = start + word; p < end; p += stride) sizes[((words[p] as number) >>> shift) & mask] = 0;
}

/** `places` holds one more than where the next record of each code goes, and 0 for codes that go nowhere. */
function scatter(
  from: Int32Array,
  to: Int32Array,
  start: number,
  end: number,
  stride: number,
  word: number,
  shift: number,
  mask: number,
  places: Int32Array,
  toStride: number,
): void {
  for (let p = start; p < end; p += stride) {
    const code = ((from[p + word] as number) >>> shift) & mask;
    const place = places[code] as number;
    if (place === 0) continue;
    places[code] = place + 1;
    const q = (place - 1) * toStride;
    to[q] = from[p] as number;
    to[q + 1] = from[p + 1] as number;
    to[q + 2] = from[p + 2] as number;
    to[q + 3] = from[p + 3] as number;
    for (let k = 4; k < toStride; k++) to[q + k] = from[p + k] as number;
  }
}

function scatterMeasures(
  from: Records,
  to: Records,
  start: number,
  end: number,
  stride: number,
  word: number,
  shift: number,
  mask: number,
  places: Int32Array,
): void {
  for (let p = start, i = start / stride; p < end; p += stride, i++) {
    const code = ((from.words[p + word] as number) >>> shift) & mask;
    const place = places[code] as number;
    if (place === 0) continue;
    places[code] = place + 1;
    to.measures[place - 1] = from.measures[i] as number;
  }
}

function foldDirect(
  { words, wide, measures }: Records,
  first: number,
  n: number,
  stride: number,
  mask: number,
  slots: Int32Array,
): number {
  const start = first * stride;
  const end = start + n * stride;
  const measured = measures.length > 0;
  let kept = 0;
  let q = start;
  for (let p = start, i = 0; p < end; p += stride, i++) {
    const key = (words[p + KEY] as number) & mask;
    const slot = slots[key] as number;
    if (slot > 0) {
      addLane(wide, wide, start + (slot - 1) * stride, p);
      if (measured) addMeasure(measures, first + slot - 1, first + i);
      continue;
    }
    slots[key] = kept + 1;
    if (q < p) moveRecord(words, q, p, stride);
    if (measured) measures[first + kept] = measures[first + i] as number;
    kept++;
    q += stride;
  }
  clearSizes(words, start, q, stride, KEY, 0, mask, slots);
  return kept;
}

function foldHashed(
  { words, wide, measures }: Records,
  first: number,
  n: number,
  stride: number,
  word: number,
  mask: number,
  slots: Int32Array,
): number {
  const start = first * stride;
  const end = start + n * stride;
  const measured = measures.length > 0;
  const wrap = slots.length - 1;
  const full = slots.length >> 1;
  let kept = 0;
  let q = start;
  for (let p = start, i = 0; p < end; p += stride, i++) {
    let at = hashKey(words, p + KEY, word, mask) & wrap;
    let slot = slots[at] as number;
    while (slot > 0 && !sameKey(words, p + KEY, start + (slot - 1) * stride + KEY, word, mask)) {
      at = (at + 1) & wrap;
      slot = slots[at] as number;
    }
    if (slot > 0) {
      addLane(wide, wide, start + (slot - 1) * stride, p);
      if (measured) addMeasure(measures, first + slot - 1, first + i);
      continue;
    }
    // A full table folds no further; the records it misses are right, only more.
    if (kept < full) slots[at] = kept + 1;
    if (q < p) moveRecord(words, q, p, stride);
    if (measured) measures[first + kept] = measures[first + i] as number;
    kept++;
    q += stride;
  }
  return kept;
}

/** Adds the lane at word `q` of one block to the lane at word `p` of another. */
function addLane(to: BigInt64Array, from: BigInt64Array, p: number, q: number): void {
  to[p >> 1] = BigInt.asIntN(64, (to[p >> 1] as bigint) + (from[q >> 1] as bigint));
}

function addMeasure(measures: Float64Array, to: number, from: number): void {
  measures[to] = (measures[to] as number) + (measures[from] as number);
}

function moveRecord(words: Int32Array, to: number, from: number, stride: number): void {
  for (let k = 0; k < stride; k++) words[to + k] = words[from + k] as number;
}

/** Scaled up from the keys whose hash falls into one class of sixteen: a sample that does not depend on the order of rows. */
function estimateDistinct(
  words: Int32Array,
  first: number,
  n: number,
  stride: number,
  word: number,
  mask: number,
  slots: Int32Array,
): number {
  const wrap = slots.length - 1;
  const end = (first + n) * stride;
  let sampled = 0;
  let distinct = 0;
  for (let p = first * stride; p < end; p += stride) {
    const hash = hashKey(words, p + KEY, word, mask);
    if (hash >>> 28 !== 0) continue;
    sampled++;
    let at = hash & wrap;
    let slot = slots[at] as number;
    while (slot > 0 && !sameKey(words, p + KEY, slot - 1 + KEY, word, mask)) {
      at = (at + 1) & wrap;
      slot = slots[at] as number;
    }
    if (slot > 0) continue;
    slots[at] = p + 1;
    if (++distinct > slots.length / 2) return n;
  }
  return sampled === 0 ? n : Math.min(16 * distinct, (n * distinct) / sampled);
}

function hashKey(words: Int32Array, key: number, word: number, mask: number): number {
  let h = (words[key + word] as number) & mask;
  for (let k = word - 1; k >= 0; k--) h = Math.imul(h ^ (h >>> 15), 0x85ebca6b) ^ (words[key + k] as number);
  return scramble(h);
}

function sameKey(words: Int32Array, key: number, other: number, word: number, mask: number): boolean {
  if ((((words[key + word] as number) ^ (words[other + word] as number)) & mask) !== 0) return false;
  for (let k = word - 1; k >= 0; k--) if (words[key + k] !== words[other + k]) return false;
  return true;
}

/** All levels in output order, with their representatives. */
function sortedTable(input: MineInput, items: Items, levels: readonly Level[]): SliceTable {
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
  representatives(table, prints, classCount);
  return table;
}

function gather(
  order: Uint32Array,
  items: Int32Array,
  depth: number,
  meaning: Uint16Array | Uint32Array,
  to: Uint16Array | Uint32Array,
  first: number,
): void {
  for (let i = 0, k = first; i < order.length; i++)
    for (let j = (order[i] as number) * depth, end = j + depth; j < end; j++)
      to[k++] = meaning[items[j] as number] as number;
}

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

/** The level's slices by their items, item by item: a radix sort from the last to the first. Sorts the items within each slice on the way. */
function levelOrder({ count, depth, items }: Level, itemCount: number): Uint32Array {
  sortWithin(items, count, depth);
  let order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  let sorted = new Uint32Array(count);
  const starts = new Int32Array(itemCount + 1);
  for (let position = depth - 1; position >= 0; position--) {
    starts.fill(0);
    countSizes(items, 0, count * depth, depth, position, 0, -1, starts);
    let start = 0;
    for (let item = 0; item < itemCount; item++) {
      const size = starts[item] as number;
      starts[item] = start;
      start += size;
    }
    placeByItem(order, sorted, items, depth, position, starts);
    const swap = order;
    order = sorted;
    sorted = swap;
  }
  return order;
}

function sortWithin(items: Int32Array, count: number, depth: number): void {
  for (let from = 0; from < count * depth; from += depth)
    for (let j = from + 1; j < from + depth; j++) {
      const item = items[j] as number;
      let k = j;
      for (; k > from && (items[k - 1] as number) > item; k--) items[k] = items[k - 1] as number;
      items[k] = item;
    }
}

function placeByItem(
  order: Uint32Array,
  sorted: Uint32Array,
  items: Int32Array,
  depth: number,
  position: number,
  starts: Int32Array,
): void {
  for (let i = 0; i < order.length; i++) {
    const from = order[i] as number;
    const item = items[from * depth + position] as number;
    const to = starts[item] as number;
    starts[item] = to + 1;
    sorted[to] = from;
  }
}

function representatives(table: SliceTable, prints: Int32Array, classCount: number): void {
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

/** Of the candidates, in order of rank, the first whose every generalisation is a frequent slice. */
function nearTable(
  input: MineInput,
  items: Items,
  slices: SliceTable,
  candidates: readonly NearSlice[],
): SliceTable {
  const { classCount } = input;
  const chosen: NearSlice[] = [];
  for (const candidate of candidates) {
    if (chosen.length === NEAR_LIMIT) break;
    if (candidate.items.length < 2 || generalisationsReach(slices, items, candidate.items))
      chosen.push(candidate);
  }
  const offset = new Uint32Array(chosen.length + 1);
  chosen.forEach((slice, i) => {
    offset[i + 1] = (offset[i] as number) + slice.pairs.length;
  });
  const table = {
    count: chosen.length,
    offset,
    dimension: Uint16Array.from(chosen.flatMap(slice => slice.pairs.map(pair => pair[0]))),
    code: Uint32Array.from(chosen.flatMap(slice => slice.pairs.map(pair => pair[1]))),
    counts: Uint32Array.from(chosen.flatMap(slice => slice.counts.slice(0, classCount))),
    sum: Float64Array.from(input.measure ? chosen.map(slice => slice.sum) : []),
    representative: new Uint32Array(chosen.length),
  };
  representatives(table, Int32Array.from(chosen.flatMap(slice => [slice.a, slice.b])), classCount);
  return table;
}

function generalisationsReach(slices: SliceTable, items: Items, candidate: readonly number[]): boolean {
  return candidate.every((_, left) =>
    contains(
      slices,
      candidate
        .filter((_item, i) => i !== left)
        .map(item => [items.dimension[item] as number, items.code[item] as number] as const),
    ),
  );
}

/** Whether the table has a slice: a binary search, for the table is sorted. */
function contains(slices: SliceTable, pairs: readonly (readonly [number, number])[]): boolean {
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

function compareSlice(slices: SliceTable, i: number, pairs: readonly (readonly [number, number])[]): number {
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
