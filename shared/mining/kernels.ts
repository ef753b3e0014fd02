/**
 * Kernel: the loops that add up lanes or fold records (merge those with equal keys). Each loop is a function of its own
 * that takes its arrays as parameters, so that V8 optimises it once and as a whole.
 */
import { clearSizes, type Field, type RecordBlock, type RecordRange } from './partitioning.ts';
import type { DimensionColumn } from './types.ts';

// These constants define the layout of a record. V8 compiles a private constant into the loops. It loads an exported or
// imported one from memory in each round, which makes a run 2 to 5 % slower. So other files read `CONSTANTS`.

/** The first key word of a record. The two words before it are the record's lane (see `Lanes`). */
const KEY = 2;
/** The class takes the lowest bits of the first key word, so that every suffix of the dimensions includes it. */
const CLASS_BITS = 3;
const CLASS_MASK = 7;

/** 2^32 divided by the golden ratio, as a prime: the multiplier of Fibonacci hashing (Knuth, TAOCP 3, section 6.4). */
const GOLDEN_RATIO_32 = 0x9e3779b1;

/** The constants above, for code outside of the loops. */
export const CONSTANTS = {
  key: KEY,
  classBits: CLASS_BITS,
  classes: CLASS_MASK + 1,
  goldenRatio32: GOLDEN_RATIO_32,
};

/** Writes a record with its lane and its class for each row. */
export function placeRows(
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

/** Adds the lane of each record to the counter of its code and class. */
export function countRecords(
  { words, wide }: RecordBlock,
  { first, count, stride }: RecordRange,
  { word, shift, mask }: Field,
  cells: BigInt64Array,
): void {
  const start = first * stride;
  const end = start + count * stride;
  for (let p = start; p < end; p += stride) {
    const code = ((words[p + word] as number) >>> shift) & mask;
    const cell = (code << CLASS_BITS) | ((words[p + KEY] as number) & CLASS_MASK);
    addLane(cells, wide, cell << 1, p);
  }
}

/**
 * Adds up the lanes and measures of the rows whose value is marked. `mark` maps a code to its counter, or to 0 for a
 * code that is not counted. Records must be one per row, in the order of rows.
 */
export function countMarkedRows(
  { words, wide, measures }: RecordBlock,
  { count, stride }: RecordRange,
  codes: DimensionColumn['codes'],
  mark: Uint8Array,
  cells: BigInt64Array,
  sums: Float64Array,
): void {
  const measured = measures.length > 0;
  for (let row = 0, p = 0; row < count; row++, p += stride) {
    const i = mark[codes[row] as number] as number;
    if (i === 0) continue;
    addLane(cells, wide, ((i << CLASS_BITS) | ((words[p + KEY] as number) & CLASS_MASK)) << 1, p);
    if (measured) sums[i] = (sums[i] as number) + (measures[row] as number);
  }
}

/** Width of a dimension in a counter of pairs: its number of values, and the bits of its code. */
interface PairSide {
  readonly values: number;
  readonly bits: number;
}

/** Adds up the lanes of pairs of values by first and by second value. */
export function sumPairs(
  pairs: BigInt64Array,
  one: PairSide,
  two: PairSide,
  classCount: number,
  byOne: BigInt64Array,
  byTwo: BigInt64Array,
): void {
  const ones = one.values;
  const twos = two.values;
  const twoBits = two.bits;
  for (let first = 0; first <= ones; first++)
    for (let second = 0; second <= twos; second++) {
      const pair = ((first << twoBits) | second) << CLASS_BITS;
      for (let k = 0; k < classCount; k++) {
        addLane(byOne, pairs, ((first << CLASS_BITS) + k) << 1, (pair + k) << 1);
        addLane(byTwo, pairs, ((second << CLASS_BITS) + k) << 1, (pair + k) << 1);
      }
    }
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

/**
 * Folds by a table with one slot for each key, and returns how many records remain. A slot contains one more than the
 * number of the record that remains for its key.
 */
export function foldDirect(
  { words, wide, measures }: RecordBlock,
  { first, count, stride }: RecordRange,
  suffix: Field,
  slots: Int32Array,
): number {
  const { mask } = suffix;
  const start = first * stride;
  const end = start + count * stride;
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
  clearSizes(words, { first, count: kept, stride }, suffix, slots);
  return kept;
}

/** Folds by an open-addressing hash table with linear probing, and returns how many records remain. */
export function foldHashed(
  { words, wide, measures }: RecordBlock,
  { first, count, stride }: RecordRange,
  { word, mask }: Field,
  slots: Int32Array,
): number {
  const start = first * stride;
  const end = start + count * stride;
  const measured = measures.length > 0;
  const wrap = slots.length - 1;
  const full = slots.length >> 1;
  let kept = 0;
  let q = start;
  for (let p = start, i = 0; p < end; p += stride, i++) {
    let at = hashKey(words, p, word, mask) & wrap;
    let slot = slots[at] as number;
    while (slot > 0 && !sameKey(words, p, start + (slot - 1) * stride, word, mask)) {
      at = (at + 1) & wrap;
      slot = slots[at] as number;
    }
    if (slot > 0) {
      addLane(wide, wide, start + (slot - 1) * stride, p);
      if (measured) addMeasure(measures, first + slot - 1, first + i);
      continue;
    }
    // A full table takes no more keys. Records of later keys stay unmerged, which is correct but slower.
    if (kept < full) slots[at] = kept + 1;
    if (q < p) moveRecord(words, q, p, stride);
    if (measured) measures[first + kept] = measures[first + i] as number;
    kept++;
    q += stride;
  }
  return kept;
}

/**
 * Estimates the number of distinct keys from those whose hash falls into one class of sixteen, scaled up. The sample
 * does not depend on the order of rows.
 */
export function estimateDistinct(
  words: Int32Array,
  { first, count, stride }: RecordRange,
  { word, mask }: Field,
  slots: Int32Array,
): number {
  const wrap = slots.length - 1;
  const end = (first + count) * stride;
  let sampled = 0;
  let distinct = 0;
  for (let p = first * stride; p < end; p += stride) {
    const hash = hashKey(words, p, word, mask);
    if (hash >>> 28 !== 0) continue;
    sampled++;
    let at = hash & wrap;
    let slot = slots[at] as number;
    while (slot > 0 && !sameKey(words, p, slot - 1, word, mask)) {
      at = (at + 1) & wrap;
      slot = slots[at] as number;
    }
    if (slot > 0) continue;
    slots[at] = p + 1;
    if (++distinct > slots.length / 2) return count;
  }
  return sampled === 0 ? count : Math.min(16 * distinct, (count * distinct) / sampled);
}

/** Hashes the key of the record at `p`: its key words up to `word`, of which `mask` selects the bits. */
function hashKey(words: Int32Array, p: number, word: number, mask: number): number {
  let h = (words[p + word] as number) & mask;
  for (let k = word - 1; k >= KEY; k--) h = Math.imul(h ^ (h >>> 15), 0x85ebca6b) ^ (words[p + k] as number);
  return scramble(h);
}

function sameKey(words: Int32Array, p: number, q: number, word: number, mask: number): boolean {
  if ((((words[p + word] as number) ^ (words[q + word] as number)) & mask) !== 0) return false;
  for (let k = word - 1; k >= KEY; k--) if (words[p + k] !== words[q + k]) return false;
  return true;
}

/** Mixes the bits of a number: the finaliser of MurmurHash3. Every bit of the input affects every bit of the result. */
function scramble(x: number): number {
  let h = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function fingerprintHigh(row: number): number {
  return scramble(Math.imul(row + 1, GOLDEN_RATIO_32));
}

/** Returns the low word of a row's lane, with a count of 1 in its low bits. */
function fingerprintLow(row: number, countBits: number): number {
  return (scramble(Math.imul(row + 1, 0x2c1b3c6d) ^ 0x5bd1e995) << countBits) | 1;
}
