/** Kernel: records and counters in memory, and the loops that encode rows. */
import { CONSTANTS } from './kernels.ts';
import type { RecordBlock } from './partitioning.ts';
import type { DimensionColumn, MineInput } from './types.ts';

/** Words of one counter: a lane of 64 bits per class. */
const CELL_WORDS = 2 * CONSTANTS.classes;

/**
 * Multipliers by class that combine the lanes of a counter into its fingerprint. All are odd, so two counters that
 * differ in one class never have equal fingerprints.
 */
const LANE_FACTOR_A = Int32Array.of(
  1,
  CONSTANTS.goldenRatio32,
  0x85ebca6b,
  0xc2b2ae35,
  0x27d4eb2f,
  0x165667b1,
  0x2c1b3c6d,
  0x297a2d39,
);
const LANE_FACTOR_B = Int32Array.of(
  1,
  0x7feb352d,
  0x846ca68b,
  0xd3a2646d,
  0xfd7046c5,
  0xb55a4f09,
  0x68e31da5,
  0x1b56c4e9,
);

/** Returns the number of words of a record, given its last word. The number is even, so that lanes are aligned. */
export function strideOf(lastWord: number): number {
  return (lastWord + 2) & ~1;
}

/** Counters by code: for each class a 64-bit lane that adds up the lanes of records, and the sum of the measure. */
export class Cells {
  readonly wide: BigInt64Array;
  readonly words: Int32Array;
  /** Empty without a measure. */
  readonly sums: Float64Array;

  constructor(size: number, measured: boolean) {
    this.wide = new BigInt64Array(size * CONSTANTS.classes);
    this.words = new Int32Array(this.wide.buffer);
    this.sums = new Float64Array(measured ? size : 0);
  }

  /** Returns the sum of the measure; 0 without a measure. */
  sum(code: number): number {
    return this.sums.length > 0 ? (this.sums[code] as number) : 0;
  }

  clear(from: number, to: number): void {
    const { words, sums } = this;
    const end = to * CELL_WORDS;
    for (let k = from * CELL_WORDS; k < end; k++) words[k] = 0;
    if (sums.length > 0) sums.fill(0, from, to);
  }
}

/**
 * Reads the lanes of counters. The low bits of a lane count rows; they cannot overflow, because `countBits` bits hold
 * the number of all rows. The bits above add up the fingerprints of the rows. One 64-bit addition does both, for
 * several rows at once after folding.
 */
export class Lanes {
  readonly classCount: number;
  readonly countBits: number;
  readonly countMask: number;
  private readonly supporting: readonly number[];

  constructor({ size, classCount, supporting }: MineInput) {
    this.classCount = classCount;
    this.countBits = 32 - Math.clz32(size);
    this.countMask = 2 ** this.countBits - 1;
    const classes = Array.from({ length: classCount }, (_, k) => k);
    this.supporting = classes.filter(k => supporting[k]).map(k => 2 * k);
  }

  /** Returns the number of supporting rows. */
  support({ words }: Cells, code: number): number {
    const { supporting, countMask } = this;
    const at = code * CELL_WORDS;
    let support = 0;
    for (let k = 0; k < supporting.length; k++)
      support += (words[at + (supporting[k] as number)] as number) & countMask;
    return support;
  }

  /** Returns the number of rows of all classes. */
  rows({ words }: Cells, code: number): number {
    const at = code * CELL_WORDS;
    let rows = 0;
    for (let k = 0; k < 2 * this.classCount; k += 2) rows += (words[at + k] as number) & this.countMask;
    return rows;
  }

  /**
   * Copies the counters of a code to row `i` of two tables. One holds the number of rows of each class, the other the
   * fingerprint of all rows in two words.
   */
  copy({ words }: Cells, code: number, counts: Int32Array, fingerprints: Int32Array, i: number): void {
    const { classCount, countMask } = this;
    const at = code * CELL_WORDS;
    const to = i * classCount;
    let a = 0;
    let b = 0;
    for (let k = 0; k < classCount; k++) {
      const low = words[at + 2 * k] as number;
      const high = words[at + 2 * k + 1] as number;
      counts[to + k] = low & countMask;
      a = (a + Math.imul(high, LANE_FACTOR_A[k] as number)) | 0;
      b = (b + Math.imul(low, LANE_FACTOR_B[k] as number)) | 0;
    }
    fingerprints[2 * i] = a;
    fingerprints[2 * i + 1] = b;
  }
}

/**
 * Records in one block of memory, seen as 32-bit words and as 64-bit lanes. The low word of a lane comes first: the
 * miner requires a little-endian platform, such as x64 or arm64.
 */
export class Records implements RecordBlock {
  readonly words: Int32Array;
  readonly wide: BigInt64Array;
  /** One number per record; empty without a measure. */
  readonly measures: Float64Array;

  constructor(words: number, measures: number, from = new Int32Array(words)) {
    this.words = from;
    this.wide = new BigInt64Array(from.buffer);
    this.measures = new Float64Array(measures);
  }

  /** Returns a copy of the first words and measures. */
  truncated(words: number, measures: number): Records {
    const copy = new Records(words, measures, this.words.slice(0, words));
    copy.measures.set(this.measures.subarray(0, measures));
    return copy;
  }
}

/** The record buffers of a search, one per depth. */
export class RecordBuffers {
  private readonly buffers: Records[];
  private readonly maxBytes: number;

  constructor(root: Records, maxBytes: number) {
    this.buffers = [root];
    this.maxBytes = maxBytes;
  }

  at(depth: number): Records {
    return this.buffers[depth] as Records;
  }

  /** Makes room for records at a depth. Returns false if that would exceed the limit on bytes. */
  reserve(depth: number, records: number, stride: number): boolean {
    const { buffers } = this;
    const parent = this.at(depth - 1);
    const words = records * stride;
    const measures = parent.measures.length > 0 ? records : 0;
    const present = buffers[depth]?.words.length ?? 0;
    if (present >= words && (buffers[depth]?.measures.length ?? 0) >= measures) return true;
    const room = Math.max(words, Math.min(2 * words, parent.words.length));
    const bytes = buffers.reduce((sum, buffer) => sum + buffer.words.byteLength, 0) + 4 * (room - present);
    if (bytes > this.maxBytes) return false;
    buffers[depth] = new Records(room, measures === 0 ? 0 : Math.ceil(room / stride));
    return true;
  }
}

/** Adds the codes of one dimension to the records; `place` maps a code to its shifted key bits. */
export function placeColumn(
  words: Int32Array,
  stride: number,
  word: number,
  size: number,
  codes: DimensionColumn['codes'],
  place: Int32Array,
): void {
  for (let row = 0, p = word; row < size; row++, p += stride)
    words[p] = (words[p] as number) | (place[codes[row] as number] as number);
}

/** Writes the measure of each supporting row, and 0 for the others; `weight` is 1 for each supporting class. */
export function placeMeasures(
  measures: Float64Array,
  measure: Float64Array,
  classes: Uint8Array,
  weight: Int32Array,
): void {
  for (let row = 0; row < measures.length; row++)
    measures[row] = weight[classes[row] as number] === 1 ? (measure[row] as number) : 0;
}

/** Adds the weight of each row's class to the support of the row's code. */
export function countCodes(
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

/** Adds up the weights of the rows' classes. */
export function sumWeights(classes: Uint8Array, size: number, weight: Int32Array): number {
  let sum = 0;
  for (let row = 0; row < size; row++) sum += weight[classes[row] as number] as number;
  return sum;
}
