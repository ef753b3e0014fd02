/** The values of one dimension, dictionary-encoded. */
export interface DimensionColumn {
  readonly name: string;
  /** Text of code `k` is `values[k - 1]`; code 0 means the event lacks the dimension. */
  readonly values: readonly string[];
  /** One code per row; the array may be longer than `size`. */
  readonly codes: Uint8Array | Uint16Array | Uint32Array;
}

/** Input of the miner: the dimension columns and one class per row. */
export interface MineInput {
  readonly size: number;
  readonly dimensions: readonly DimensionColumn[];
  /** Class of each row, below `classCount`; the array may be longer than `size`. */
  readonly classes: Uint8Array;
  /** At most 8. */
  readonly classCount: number;
  /** For each class, true if its rows count towards `nMin`. */
  readonly supporting: readonly boolean[];
  /** A whole number per row, so that sums are exact. Each slice reports the sum over its supporting rows. */
  readonly measure?: Float64Array;
}

/** Thresholds and budgets of one call. */
export interface MineOptions {
  /** Least number of supporting rows of a slice; at least 1. */
  readonly nMin: number;
  /**
   * Least number of supporting rows of a near slice, which has fewer than `nMin`. If it equals `nMin`, there are no
   * near slices.
   */
  readonly nearMin: number;
  /** Maximum number of slices to emit. Slices beyond it are cut by whole levels, the most specific first. */
  readonly maxSlices: number;
  /** Maximum dimensions of a slice. It is a choice of the caller, so reaching it is not reported as a cut. */
  readonly maxDepth?: number;
  /**
   * Maximum record visits (one record read once by one pass). Visits are counted and not timed, so the same events give
   * the same result on any machine.
   */
  readonly maxWork?: number;
  /** Maximum bytes of row buffers. */
  readonly maxRowBytes?: number;
}

/** Options with all defaults filled in. */
export type Limits = Required<MineOptions>;

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
  /** Index of the first slice with exactly the same rows; the slice's own index if there is none before it. */
  readonly representative: Uint32Array;
}

/**
 * A result that a budget shortened. It contains every slice that has at most as many dimensions as each of its dimensions
 * allows, and no other.
 */
export interface Cut {
  /** The least that a dimension allows: slices of at most so many are complete. −1 if not even the global slice fits. */
  readonly depth: number;
  /** Most dimensions of a slice that has the dimension, by its name. */
  readonly dimensions: ReadonlyMap<string, number>;
  readonly reason: string;
  /** The budget that ran out. */
  readonly limit: 'slices' | 'work' | 'memory';
  /** Number of slices in the result. */
  readonly emitted: number;
  /** Number of slices that were found and left out: a lower bound of the number of missing slices. */
  readonly leftOutAtLeast: number;
}

export interface MiningResult {
  /** Ordered by number of dimensions, then by dimension index and code, pair by pair. */
  readonly slices: SliceTable;
  /**
   * Slices just below `nMin` all of whose generalisations reach it: most rows first, then fewest dimensions. At most
   * 100 are listed, none deeper than a cut.
   */
  readonly near: SliceTable;
  readonly cut?: Cut;
}
