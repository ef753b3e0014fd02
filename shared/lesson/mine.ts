import type { DimensionColumn } from './columns.ts';

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

export interface Mined {
  /** Ordered by number of dimensions, then by dimension index and code, pair by pair. */
  readonly slices: SliceTable;
  /** Slices just below `nMin` all of whose generalisations reach it, most rows first, then fewest dimensions; at most 100, none deeper than a cut. */
  readonly near: SliceTable;
  readonly cut?: Cut;
}

/** About ten seconds of one core at 2 to 3 ns a visit. */
export const DEFAULT_MAX_WORK = 4e9;
export const DEFAULT_MAX_ROW_BYTES = 256 * 2 ** 20;

const NEAR_LIMIT = 100;
/** Candidates kept while mining, of which the 100 are chosen; those beyond it that rank lower are not looked at. */
const NEAR_CANDIDATES = 4096;

/** A record is weight, two fingerprint words, then the key words. */
const WEIGHT = 0;
const FINGERPRINT_A = 1;
const FINGERPRINT_B = 2;
const KEY = 3;
/** The class takes the lowest bits of the first key word, so that the code of a suffix of dimensions includes it. */
const CLASS_BITS = 3;
const CLASS_MASK = 7;
const CLASSES = 8;
const KEY_WORD_BITS = 31;

/** Suffixes of at most this many bits fold through a table that one key word addresses. */
const DIRECT_BITS = 16;
/** Below this many records folding costs more than it saves. */
const DIRECT_FOLD_MIN = 48;
const HASH_FOLD_MIN = 4096;
/** Hashed folding must drop a quarter of the records to be worth its random accesses. */
const HASH_FOLD_RATIO = 0.75;

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
 * Two slices are taken for the same rows when their counts and the 64-bit sums of a pseudo-random number per row agree.
 * Among a million slices an accidental agreement of the sums alone has odds of 1 in 37 million (n²/2 pairs over 2^64).
 */
export function mineSlices(input: MineInput, options: MineOptions): Mined {
  const nMin = Math.max(1, options.nMin);
  const items = frequentItems(input, nMin, options.nearMin);
  const search = new Search(input, items, { ...options, nMin });
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
  readonly mask: number;
  /** Key bits in `word` that this column and all later ones cover. */
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
    const suffixMask = 2 ** (shift + bits) - 1;
    columns.push({ codes, base, values, word, shift, mask: 2 ** bits - 1, suffixMask, place });
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
  const { size, classes } = input;
  const weight = Uint8Array.from({ length: CLASSES }, (_, k) => (input.supporting[k] ? 1 : 0));
  const support = new Int32Array(values.length + 1);
  for (let row = 0; row < size; row++) {
    const code = codes[row] as number;
    support[code] = ((support[code] as number) + (weight[classes[row] as number] as number)) | 0;
  }
  return support;
}

function supportOf(input: MineInput): number {
  let support = 0;
  for (let row = 0; row < input.size; row++) if (input.supporting[input.classes[row] as number]) support++;
  return support;
}

/** MurmurHash3's finaliser: every bit of the row number moves every bit of the fingerprint. */
function scramble(x: number): number {
  let h = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
const fingerprintA = (row: number): number => scramble(Math.imul(row + 1, 0x9e3779b1));
const fingerprintB = (row: number): number => scramble(Math.imul(row + 1, 0x2c1b3c6d) ^ 0x5bd1e995);

/** One level's slices in the order they were found; grown by doubling. */
class Level {
  count = 0;
  items: Int32Array;
  counts: Int32Array;
  fingerprints: Int32Array;
  sums: Float64Array;
  private capacity = 64;
  readonly depth: number;
  readonly classCount: number;
  private readonly measured: boolean;

  constructor(depth: number, classCount: number, measured: boolean) {
    this.depth = depth;
    this.classCount = classCount;
    this.measured = measured;
    this.items = new Int32Array(this.capacity * depth);
    this.counts = new Int32Array(this.capacity * classCount);
    this.fingerprints = new Int32Array(this.capacity * 2);
    this.sums = new Float64Array(measured ? this.capacity : 0);
  }

  add(
    path: Int32Array,
    item: number,
    counts: Int32Array,
    from: number,
    a: number,
    b: number,
    sum: number,
  ): void {
    if (this.count === this.capacity) this.grow();
    const { depth, classCount, items } = this;
    const i = this.count++;
    let k = i * depth;
    for (let j = 0; j < depth - 1; j++) items[k++] = path[j] as number;
    if (depth > 0) items[k] = item;
    const at = i * classCount;
    for (let c = 0; c < classCount; c++) this.counts[at + c] = counts[from + c] as number;
    this.fingerprints[2 * i] = a;
    this.fingerprints[2 * i + 1] = b;
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
    const { items, counts, fingerprints, sums } = this;
    this.items = new Int32Array(this.capacity * this.depth);
    this.items.set(items);
    this.counts = new Int32Array(this.capacity * this.classCount);
    this.counts.set(counts);
    this.fingerprints = new Int32Array(this.capacity * 2);
    this.fingerprints.set(fingerprints);
    if (!this.measured) return;
    this.sums = new Float64Array(this.capacity);
    this.sums.set(sums);
  }
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
class Search {
  levels: Level[] = [];
  near = new NearPool();
  private readonly input: MineInput;
  private readonly items: Items;
  private readonly columns: readonly ItemColumn[];
  private readonly limits: MineOptions;
  private readonly maxDepth: number;
  private readonly maxWork: number;
  private readonly measured: boolean;

  private stopped: Cut['limit'] | undefined;
  /** Levels below it are partitioned only; they were emitted before. */
  private emitFrom = 0;
  private depthLimit = 0;
  private workLimit = 0;
  private work = 0;
  private held = 0;

  private readonly path: Int32Array;
  private readonly counts: Int32Array;
  private readonly prints: Int32Array;
  private readonly sums: Float64Array;
  private readonly starts: Int32Array;
  private readonly slots = new Int32Array(2 ** DIRECT_BITS);
  private hashSlots = new Int32Array(0);
  /** Records and measures of the children of the path's slices, one buffer a depth. */
  private records: Int32Array[] = [];
  private measures: Float64Array[] = [];

  constructor(input: MineInput, items: Items, limits: MineOptions) {
    this.input = input;
    this.items = items;
    this.columns = items.columns;
    this.limits = limits;
    this.maxDepth = Math.min(limits.maxDepth ?? Number.POSITIVE_INFINITY, items.columns.length);
    this.maxWork = limits.maxWork ?? DEFAULT_MAX_WORK;
    this.measured = input.measure !== undefined;
    const values = items.columns.reduce((most, column) => Math.max(most, column.values), 0) + 1;
    this.path = new Int32Array(items.columns.length + 1);
    this.counts = new Int32Array(values * CLASSES);
    this.prints = new Int32Array(values * 2);
    this.sums = new Float64Array(this.measured ? values : 0);
    this.starts = new Int32Array(values);
  }

  /** Fills `levels` and `near`; answers what the budget cut. */
  run(): Cut | undefined {
    this.root();
    if (this.items.support < this.limits.nMin) return undefined;
    if (this.limits.maxSlices < 1) {
      this.levels = [];
      return this.cut(-1, 'slices', 0, 1);
    }
    if ((this.limits.maxDepth ?? 1) >= 1) this.nearValues();
    if (this.maxDepth < 1) return undefined;
    const base = this.baseRecords();
    const near = this.near;
    this.near = near.copy();
    this.pass(base, 1, this.maxDepth, this.maxWork / 2);
    if (!this.stopped) return undefined;
    const seen = this.emitted();
    this.levels.length = 1;
    this.near = near;
    return this.levelByLevel(base, seen);
  }

  private emitted(): number {
    return this.levels.reduce((sum, level) => sum + level.count, 0);
  }

  private levelByLevel(base: Base, seen: number): Cut | undefined {
    for (let depth = 1; depth <= this.maxDepth; depth++) {
      const near = this.near;
      this.near = near.copy();
      this.held = this.emitted();
      this.pass(base, depth, depth, depth === 1 ? Number.POSITIVE_INFINITY : this.maxWork);
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

  private pass(base: Base, emitFrom: number, depthLimit: number, workLimit: number): void {
    this.stopped = undefined;
    this.starts.fill(0);
    this.emitFrom = emitFrom;
    this.depthLimit = depthLimit;
    this.workLimit = workLimit;
    // The search folds its records in place, so every pass starts from a copy.
    this.records = [base.records.slice()];
    this.measures = [base.measures.slice()];
    this.node(0, 0, 0, base.count, KEY + this.items.keyWords, 0);
  }

  private level(depth: number): Level {
    for (let k = this.levels.length; k <= depth; k++)
      this.levels.push(new Level(k, this.input.classCount, this.measured));
    return this.levels[depth] as Level;
  }

  private root(): void {
    const { size, classes, supporting, measure } = this.input;
    const counts = new Int32Array(CLASSES);
    let sum = 0;
    let a = 0;
    let b = 0;
    for (let row = 0; row < size; row++) {
      const k = classes[row] as number;
      counts[k] = (counts[k] as number) + 1;
      a = (a + fingerprintA(row)) | 0;
      b = (b + fingerprintB(row)) | 0;
      if (measure && supporting[k]) sum += measure[row] as number;
    }
    const { support } = this.items;
    if (support >= this.limits.nMin) {
      this.level(0).add(this.path, 0, counts, 0, a, b, sum);
      this.held = 1;
    } else if (support >= this.limits.nearMin && support > 0)
      this.near.add({ support, pairs: [], items: [], counts: [...counts], sum, a, b });
  }

  /** Values below `nMin` have no item and are in no record, so they are counted from the columns. */
  private nearValues(): void {
    const { size, classes, supporting, measure, dimensions } = this.input;
    const best = this.items.nearValues.toSorted((a, b) => b.support - a.support).slice(0, NEAR_LIMIT);
    for (const dimension of new Set(best.map(value => value.dimension))) {
      const { codes, values } = dimensions[dimension] as DimensionColumn;
      const wanted = best.filter(value => value.dimension === dimension);
      const which = new Uint8Array(values.length + 1);
      wanted.forEach((value, i) => {
        which[value.code] = i + 1;
      });
      const found = wanted.map(() => ({ counts: new Array<number>(CLASSES).fill(0), sum: 0, a: 0, b: 0 }));
      for (let row = 0; row < size; row++) {
        const tally = found[(which[codes[row] as number] as number) - 1];
        if (!tally) continue;
        const k = classes[row] as number;
        tally.counts[k] = (tally.counts[k] as number) + 1;
        tally.a = (tally.a + fingerprintA(row)) | 0;
        tally.b = (tally.b + fingerprintB(row)) | 0;
        if (measure && supporting[k]) tally.sum += measure[row] as number;
      }
      wanted.forEach(({ support, code }, i) => {
        const tally = found[i];
        if (tally) this.near.add({ support, pairs: [[dimension, code]], items: [], ...tally });
      });
    }
  }

  private baseRecords(): Base {
    const { size, classes, supporting, measure } = this.input;
    const stride = KEY + this.items.keyWords;
    const records = new Int32Array(size * stride);
    const measures = new Float64Array(measure ? size : 0);
    for (let row = 0, p = 0; row < size; row++, p += stride) {
      records[p + WEIGHT] = 1;
      records[p + FINGERPRINT_A] = fingerprintA(row);
      records[p + FINGERPRINT_B] = fingerprintB(row);
      records[p + KEY] = classes[row] as number;
    }
    if (measure)
      for (let row = 0; row < size; row++)
        measures[row] = supporting[classes[row] as number] ? (measure[row] as number) : 0;
    for (const { codes, place, word } of this.columns)
      for (let row = 0, p = KEY + word; row < size; row++, p += stride)
        records[p] = (records[p] as number) | (place[codes[row] as number] as number);
    this.records = [records];
    this.measures = [measures];
    const count = this.fold(0, 0, 0, size, stride, 0);
    if (count === size) return { records, measures, count };
    return {
      records: records.slice(0, count * stride),
      measures: measures.slice(0, measure ? count : 0),
      count,
    };
  }

  /**
   * Extends one slice by each dimension from `from` on. Its records lie at `start` (in words) of the depth's buffer,
   * `first` is the index of the first one's measure.
   */
  private node(
    depth: number,
    start: number,
    first: number,
    records: number,
    stride: number,
    from: number,
  ): void {
    const { columns } = this;
    const last = columns.length - 1;
    const deeper = depth + 1 < this.depthLimit;
    let n = records;
    for (let d = from; d <= last; d++) {
      const before = n;
      if (d > 0 && d < last) n = this.fold(depth, start, first, n, stride, d);
      this.work += before + n;
      if (this.work > this.workLimit) this.stopped = 'work';
      if (this.stopped) return;
      const partitions = this.countChildren(depth, start, first, n, stride, d, deeper && d < last);
      if (partitions.length === 0) continue;
      const childStride = KEY + (columns[d + 1] as ItemColumn).word + 1;
      if (!this.partition(depth, start, first, n, stride, d, partitions, childStride)) return;
      const base = (columns[d] as ItemColumn).base;
      for (let i = 0, at = 0; i < partitions.length; i += 2) {
        const size = partitions[i + 1] as number;
        this.path[depth] = base + (partitions[i] as number);
        this.node(depth + 1, at * childStride, at, size, childStride, d + 1);
        if (this.stopped) return;
        at += size;
      }
    }
  }

  /** One pass that counts all children of a dimension; emits them and answers code and record count of those to extend. */
  private countChildren(
    depth: number,
    start: number,
    first: number,
    n: number,
    stride: number,
    d: number,
    extend: boolean,
  ): number[] {
    const { counts, prints, starts } = this;
    const { word, shift, mask, values } = this.columns[d] as ItemColumn;
    const buffer = this.records[depth] as Int32Array;
    const end = start + n * stride;
    for (let p = start; p < end; p += stride) {
      const code = ((buffer[p + KEY + word] as number) >>> shift) & mask;
      const cell = (code << CLASS_BITS) | ((buffer[p + KEY] as number) & CLASS_MASK);
      counts[cell] = ((counts[cell] as number) + (buffer[p + WEIGHT] as number)) | 0;
      const print = code << 1;
      prints[print] = ((prints[print] as number) + (buffer[p + FINGERPRINT_A] as number)) | 0;
      prints[print + 1] = ((prints[print + 1] as number) + (buffer[p + FINGERPRINT_B] as number)) | 0;
    }
    if (extend)
      for (let p = start; p < end; p += stride) {
        const code = ((buffer[p + KEY + word] as number) >>> shift) & mask;
        starts[code] = ((starts[code] as number) + 1) | 0;
      }
    if (this.measured) this.sumChildren(depth, start, first, n, stride, d);
    const partitions: number[] = [];
    if (values <= n) for (let code = 1; code <= values; code++) this.child(depth, d, code, partitions);
    else
      for (let p = start; p < end; p += stride)
        this.child(depth, d, ((buffer[p + KEY + word] as number) >>> shift) & mask, partitions);
    this.clear(0);
    return partitions;
  }

  private sumChildren(
    depth: number,
    start: number,
    first: number,
    n: number,
    stride: number,
    d: number,
  ): void {
    const { sums } = this;
    const { word, shift, mask } = this.columns[d] as ItemColumn;
    const buffer = this.records[depth] as Int32Array;
    const measures = this.measures[depth] as Float64Array;
    for (let i = 0, p = start + KEY + word; i < n; i++, p += stride) {
      const code = ((buffer[p] as number) >>> shift) & mask;
      sums[code] = (sums[code] as number) + (measures[first + i] as number);
    }
  }

  /** Takes one child's figures from the counters, and leaves them at zero. */
  private child(depth: number, d: number, code: number, partitions: number[]): void {
    if (code === 0) return;
    const { counts, prints, limits } = this;
    const { supporting } = this.input;
    const at = code << CLASS_BITS;
    let support = 0;
    for (let k = 0; k < CLASSES; k++) if (supporting[k]) support += counts[at + k] as number;
    if (support === 0) {
      this.clear(code);
      return;
    }
    const item = (this.columns[d] as ItemColumn).base + code;
    if (support >= limits.nMin) {
      const size = this.starts[code] as number;
      if (size > 0) partitions.push(code, size);
      if (depth + 1 >= this.emitFrom) this.emit(depth + 1, item, code);
    } else if (
      support >= limits.nearMin &&
      depth + 1 >= this.emitFrom &&
      this.near.wants(support, depth + 1)
    ) {
      const items = [...this.path.subarray(0, depth), item].sort((a, b) => a - b);
      this.near.add({
        support,
        items,
        pairs: items.map(i => [this.items.dimension[i] as number, this.items.code[i] as number] as const),
        counts: [...counts.subarray(at, at + CLASSES)],
        sum: this.measured ? (this.sums[code] as number) : 0,
        a: prints[code << 1] as number,
        b: prints[(code << 1) + 1] as number,
      });
    }
    this.clear(code);
  }

  private emit(depth: number, item: number, code: number): void {
    if (++this.held > this.limits.maxSlices) this.stopped = 'slices';
    const print = code << 1;
    const sum = this.measured ? (this.sums[code] as number) : 0;
    const { prints } = this;
    this.level(depth).add(
      this.path,
      item,
      this.counts,
      code << CLASS_BITS,
      prints[print] as number,
      prints[print + 1] as number,
      sum,
    );
  }

  private clear(code: number): void {
    const { counts, prints } = this;
    const at = code << CLASS_BITS;
    for (let k = 0; k < CLASSES; k++) counts[at + k] = 0;
    prints[code << 1] = 0;
    prints[(code << 1) + 1] = 0;
    this.starts[code] = 0;
    if (this.measured) this.sums[code] = 0;
  }

  /** Copies the records of the children to extend, child by child, into the next depth's buffer. */
  private partition(
    depth: number,
    start: number,
    first: number,
    n: number,
    stride: number,
    d: number,
    partitions: readonly number[],
    childStride: number,
  ): boolean {
    const { starts, measured } = this;
    const { word, shift, mask } = this.columns[d] as ItemColumn;
    let total = 0;
    for (let i = 0; i < partitions.length; i += 2) {
      starts[partitions[i] as number] = total + 1;
      total += partitions[i + 1] as number;
    }
    if (!this.reserve(depth + 1, total, childStride)) return false;
    this.work += n;
    const from = this.records[depth] as Int32Array;
    const to = this.records[depth + 1] as Int32Array;
    const end = start + n * stride;
    for (let p = start, i = first; p < end; p += stride, i++) {
      const code = ((from[p + KEY + word] as number) >>> shift) & mask;
      const place = starts[code] as number;
      if (place === 0) continue;
      starts[code] = place + 1;
      let q = (place - 1) * childStride;
      const stop = p + childStride;
      for (let k = p; k < stop; k++) to[q++] = from[k] as number;
      if (measured)
        (this.measures[depth + 1] as Float64Array)[place - 1] = (this.measures[depth] as Float64Array)[
          i
        ] as number;
    }
    for (let i = 0; i < partitions.length; i += 2) starts[partitions[i] as number] = 0;
    return true;
  }

  private reserve(depth: number, records: number, stride: number): boolean {
    const words = records * stride;
    const have = this.records[depth]?.length ?? 0;
    if (have < words) {
      const room = Math.min(Math.ceil(words * 1.25), (this.records[depth - 1] as Int32Array).length);
      const bytes = this.records.reduce((sum, buffer) => sum + buffer.byteLength, 0) + 4 * (room - have);
      if (bytes > (this.limits.maxRowBytes ?? DEFAULT_MAX_ROW_BYTES)) {
        this.stopped = 'memory';
        return false;
      }
      this.records[depth] = new Int32Array(Math.max(room, words));
    }
    if (this.measured && (this.measures[depth]?.length ?? 0) < records)
      this.measures[depth] = new Float64Array(Math.ceil(records * 1.25));
    return true;
  }

  /** Merges the records that agree in class and in all dimensions from `d` on, in place; answers how many remain. */
  private fold(depth: number, start: number, first: number, n: number, stride: number, d: number): number {
    const { word, suffixMask } = this.columns[d] as ItemColumn;
    if (word === 0 && suffixMask < 2 ** DIRECT_BITS) {
      if (n < DIRECT_FOLD_MIN) return n;
      return this.foldDirect(depth, start, first, n, stride, suffixMask);
    }
    if (n < HASH_FOLD_MIN) return n;
    return this.foldHashed(depth, start, first, n, stride, word, suffixMask);
  }

  private foldDirect(
    depth: number,
    start: number,
    first: number,
    n: number,
    stride: number,
    mask: number,
  ): number {
    const { slots } = this;
    const buffer = this.records[depth] as Int32Array;
    const end = start + n * stride;
    let kept = 0;
    for (let p = start, i = 0; p < end; p += stride, i++) {
      const key = (buffer[p + KEY] as number) & mask;
      const slot = slots[key] as number;
      if (slot > 0) this.merge(depth, start, first, stride, slot - 1, p, i);
      else {
        this.keep(depth, start, first, stride, kept, p, i);
        slots[key] = ++kept;
      }
    }
    const keptEnd = start + kept * stride;
    for (let p = start + KEY; p < keptEnd; p += stride) slots[(buffer[p] as number) & mask] = 0;
    return kept;
  }

  private foldHashed(
    depth: number,
    start: number,
    first: number,
    n: number,
    stride: number,
    word: number,
    mask: number,
  ): number {
    const buffer = this.records[depth] as Int32Array;
    const distinct = this.estimateDistinct(buffer, start, n, stride, word, mask);
    this.work += n;
    if (distinct > HASH_FOLD_RATIO * n) return n;
    const slots = this.hashTable(Math.min(n, 1.5 * distinct + 1024));
    const wrap = slots.length - 1;
    const end = start + n * stride;
    const full = 0.75 * slots.length;
    let kept = 0;
    for (let p = start, i = 0; p < end; p += stride, i++) {
      let at = hashKey(buffer, p + KEY, word, mask) & wrap;
      let slot = slots[at] as number;
      while (slot > 0 && !sameKey(buffer, p + KEY, start + (slot - 1) * stride + KEY, word, mask)) {
        at = (at + 1) & wrap;
        slot = slots[at] as number;
      }
      if (slot > 0) this.merge(depth, start, first, stride, slot - 1, p, i);
      else {
        this.keep(depth, start, first, stride, kept, p, i);
        kept++;
        if (kept < full) slots[at] = kept;
      }
    }
    return kept;
  }

  /** Scaled up from the keys whose hash falls into one class of sixteen: a sample that does not depend on the order of rows. */
  private estimateDistinct(
    buffer: Int32Array,
    start: number,
    n: number,
    stride: number,
    word: number,
    mask: number,
  ): number {
    const slots = this.hashTable(n / 8);
    const wrap = slots.length - 1;
    const end = start + n * stride;
    let sampled = 0;
    let distinct = 0;
    for (let p = start, i = 1; p < end; p += stride, i++) {
      const hash = hashKey(buffer, p + KEY, word, mask);
      if (hash >>> 28 !== 0) continue;
      sampled++;
      let at = hash & wrap;
      let slot = slots[at] as number;
      while (slot > 0 && !sameKey(buffer, p + KEY, start + (slot - 1) * stride + KEY, word, mask)) {
        at = (at + 1) & wrap;
        slot = slots[at] as number;
      }
      if (slot > 0) continue;
      slots[at] = i;
      if (++distinct > slots.length / 2) return n;
    }
    return sampled === 0 ? n : Math.min(16 * distinct, (n * distinct) / sampled);
  }

  /** A cleared table with at least twice as many slots as `entries`. */
  private hashTable(entries: number): Int32Array {
    const size = 2 ** Math.ceil(Math.log2(2 * entries + 16));
    if (this.hashSlots.length < size) this.hashSlots = new Int32Array(size);
    const table = this.hashSlots.subarray(0, size);
    table.fill(0);
    return table;
  }

  private merge(
    depth: number,
    start: number,
    first: number,
    stride: number,
    into: number,
    p: number,
    i: number,
  ): void {
    const buffer = this.records[depth] as Int32Array;
    const q = start + into * stride;
    buffer[q] = ((buffer[q] as number) + (buffer[p] as number)) | 0;
    buffer[q + 1] = ((buffer[q + 1] as number) + (buffer[p + 1] as number)) | 0;
    buffer[q + 2] = ((buffer[q + 2] as number) + (buffer[p + 2] as number)) | 0;
    if (!this.measured) return;
    const measures = this.measures[depth] as Float64Array;
    measures[first + into] = (measures[first + into] as number) + (measures[first + i] as number);
  }

  private keep(
    depth: number,
    start: number,
    first: number,
    stride: number,
    to: number,
    p: number,
    i: number,
  ): void {
    if (to === i) return;
    const buffer = this.records[depth] as Int32Array;
    for (let k = p, q = start + to * stride; k < p + stride; k++, q++) buffer[q] = buffer[k] as number;
    if (!this.measured) return;
    const measures = this.measures[depth] as Float64Array;
    measures[first + to] = measures[first + i] as number;
  }
}

interface Base {
  readonly records: Int32Array;
  readonly measures: Float64Array;
  readonly count: number;
}

function hashKey(buffer: Int32Array, key: number, word: number, mask: number): number {
  let h = (buffer[key + word] as number) & mask;
  for (let k = word - 1; k >= 0; k--) h = Math.imul(h ^ (h >>> 15), 0x85ebca6b) ^ (buffer[key + k] as number);
  return scramble(h);
}

function sameKey(buffer: Int32Array, key: number, other: number, word: number, mask: number): boolean {
  if ((((buffer[key + word] as number) ^ (buffer[other + word] as number)) & mask) !== 0) return false;
  for (let k = word - 1; k >= 0; k--) if (buffer[key + k] !== buffer[other + k]) return false;
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
  let i = 0;
  let k = 0;
  for (const level of levels) {
    const order = levelOrder(level, items.code.length);
    for (const from of order) {
      for (let j = from * level.depth; j < (from + 1) * level.depth; j++, k++) {
        table.dimension[k] = items.dimension[level.items[j] as number] as number;
        table.code[k] = items.code[level.items[j] as number] as number;
      }
      for (let c = 0; c < classCount; c++)
        table.counts[i * classCount + c] = level.counts[from * classCount + c] as number;
      if (input.measure) table.sum[i] = level.sums[from] as number;
      prints[2 * i] = level.fingerprints[2 * from] as number;
      prints[2 * i + 1] = level.fingerprints[2 * from + 1] as number;
      table.offset[++i] = k;
    }
    level.release();
  }
  representatives(table, prints, classCount);
  return table;
}

/** The level's slices by their items, item by item: a radix sort from the last to the first. Sorts the items within each slice on the way. */
function levelOrder({ count, depth, items }: Level, itemCount: number): Uint32Array {
  for (let from = 0; from < count * depth; from += depth)
    for (let j = from + 1; j < from + depth; j++) {
      const item = items[j] as number;
      let k = j;
      for (; k > from && (items[k - 1] as number) > item; k--) items[k] = items[k - 1] as number;
      items[k] = item;
    }
  let order = Uint32Array.from({ length: count }, (_, i) => i);
  let sorted = new Uint32Array(count);
  const starts = new Uint32Array(itemCount + 1);
  for (let position = depth - 1; position >= 0; position--) {
    starts.fill(0);
    for (let i = 0, k = position; i < count; i++, k += depth) {
      const next = (items[k] as number) + 1;
      starts[next] = (starts[next] as number) + 1;
    }
    for (let item = 1; item <= itemCount; item++)
      starts[item] = (starts[item] as number) + (starts[item - 1] as number);
    for (let i = 0; i < count; i++) {
      const from = order[i] as number;
      const item = items[from * depth + position] as number;
      const to = starts[item] as number;
      starts[item] = to + 1;
      sorted[to] = from;
    }
    [order, sorted] = [sorted, order];
  }
  return order;
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
