import { estimateDistinct, foldDirect, foldHashed } from './kernels.ts';
import type { Field, RecordBlock, RecordRange } from './partitioning.ts';

/** Maximum key bits for folding through a table that the key addresses directly. */
const DIRECT_BITS = 16;
/** Least records for a direct fold and for a hash fold; below them folding costs more than it saves. */
const DIRECT_FOLD_MIN = 200;
const HASH_FOLD_MIN = 4096;
/** A hash fold must drop a quarter of the records to be worth its random accesses. */
const HASH_FOLD_RATIO = 0.75;
/**
 * A hash fold pays while the key has at most this many bits more than log2 of the number of records. With more bits,
 * hardly any two records have equal keys.
 */
const HASH_FOLD_SPARE_BITS = 1;
/** Least records for the fold of a slice with many columns to come. */
const WIDE_FOLD_MIN = 16;

/** The key bits that records must share to be merged. */
interface FoldKey {
  /** Bits of class and dimensions in the last key word. All bits of the key words before it belong to the key too. */
  readonly suffix: Field;
  /** Number of all key bits. */
  readonly suffixBits: number;
}

/** Decides whether folding pays, and owns the hash tables for it. */
export class RecordFolder {
  /**
   * Record visits of estimates. The caller counts the visits of the fold itself, from the size of its input and result.
   */
  visits = 0;
  private readonly directSlots = new Int32Array(2 ** DIRECT_BITS);
  private hashSlots = new Int32Array(0);

  /**
   * Merges the records that agree in the key if that is expected to pay. Returns how many records remain.
   * @param always true to try a hash fold even if the key has many more bits than the number of records
   */
  fold(records: RecordBlock, range: RecordRange, key: FoldKey, always: boolean): number {
    const { count } = range;
    const { suffix, suffixBits } = key;
    if (suffixBits <= DIRECT_BITS)
      return count < DIRECT_FOLD_MIN ? count : foldDirect(records, range, suffix, this.directSlots);
    if (count < HASH_FOLD_MIN) return count;
    if (!always && suffixBits > Math.log2(count) + HASH_FOLD_SPARE_BITS) return count;
    const distinct = estimateDistinct(records.words, range, suffix, this.hashTable(count / 8));
    this.visits += count;
    if (distinct > HASH_FOLD_RATIO * count) return count;
    const slots = this.hashTable(Math.min(count, 1.5 * distinct + 1024));
    return foldHashed(records, range, suffix, slots);
  }

  /**
   * Merges the records of a slice with many columns to come, each of which reads all of them. Larger ranges and shorter
   * keys are left to `fold`. Returns how many records remain.
   */
  foldWide(records: RecordBlock, range: RecordRange, { suffix, suffixBits }: FoldKey): number {
    const { count } = range;
    if (count < WIDE_FOLD_MIN || count >= HASH_FOLD_MIN || suffixBits <= DIRECT_BITS) return count;
    this.visits += count;
    return foldHashed(records, range, suffix, this.hashTable(count));
  }

  /** Returns a cleared table with at least twice as many slots as `entries`. */
  private hashTable(entries: number): Int32Array {
    const size = 2 ** Math.ceil(Math.log2(2 * entries + 16));
    if (this.hashSlots.length < size) this.hashSlots = new Int32Array(size);
    const table = this.hashSlots.subarray(0, size);
    table.fill(0);
    return table;
  }
}
