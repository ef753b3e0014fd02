import type { DimensionColumn } from '../../mining/types.ts';
import type { NumericFactor } from '../packed-episode.ts';

/**
 * The events of one pattern that have an outcome, as dictionary-encoded typed columns:
 * what the store's decoder fills and the slice miner reads.
 */
export interface EpisodeColumns {
  /** Number of rows (events). */
  readonly size: number;
  /** Sorted by name. */
  readonly dimensions: readonly DimensionColumn[];
  /** Quadrant of each row: one of `QUADRANT`. */
  readonly quadrant: Uint8Array;
  /** `dx_count` of each row, NaN where the event carries none. Present for ladder patterns only. */
  readonly dxCount?: Float64Array;
}

/** Bit of a row of `FactorColumns.blocked` that says that the event logged which gates blocked it. */
export const BLOCKED_KNOWN = 0x80;

/** Episode columns with what replaying a gate needs. Arrays may be longer than `size`. */
export interface FactorColumns extends EpisodeColumns {
  /** Event time, milliseconds since 1970. */
  readonly time: Float64Array;
  /** When the outcome became known, milliseconds since 1970. */
  readonly resolvedAt: Float64Array;
  /** NaN where the event carries none; an absent column is all NaN. */
  readonly numbers: Readonly<Partial<Record<NumericFactor, Float64Array>>>;
  /** Bits in the order of `FLAGS`. */
  readonly flagsKnown: Uint8Array;
  readonly flagsSet: Uint8Array;
  /** Bits in the order of `GATES`, and `BLOCKED_KNOWN`. */
  readonly blocked: Uint8Array;
  /** Events with one code belong to one trade or episode; 0: to none. Codes mean nothing else. */
  readonly trade?: Uint32Array;
  /** The instrument that was traded; 0: unknown. Codes mean nothing else. */
  readonly pair?: Uint32Array;
}

/** What was done and what came of it. Neutral outcomes count in n and in acted or skipped, in no rate's numerator. */
export const QUADRANT = {
  win: 0,
  falsePositive: 1,
  actedNeutral: 2,
  miss: 3,
  dodge: 4,
  skippedNeutral: 5,
} as const;

export const QUADRANT_COUNT = 6;
