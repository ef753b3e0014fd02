import type { DimensionColumn } from '../../mining/types.ts';
import type { NumericFactor } from '../packed-episode.ts';

/**
 * The events of one pattern that have an outcome, as dictionary-encoded typed columns. Runs decode stored rows into
 * them, and the slice miner reads them.
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
  /** Episode of each row as a code; 0: an episode without windows, thus of one row. The order of codes is arbitrary. */
  readonly episode?: Uint32Array;
}

/** Episode columns with the factors that replay needs. Arrays may be longer than `size`. */
export interface FactorColumns extends EpisodeColumns {
  /** Event time, milliseconds since 1970. */
  readonly time: Float64Array;
  /** Time at which the outcome became known, milliseconds since 1970. */
  readonly resolvedAt: Float64Array;
  /** NaN where the event carries none; an absent column is all NaN. */
  readonly numbers: Readonly<Partial<Record<NumericFactor, Float64Array>>>;
  /** Bit i: the event logged `GATE_FLAGS[i]`. */
  readonly flagsKnown: Uint8Array;
  /** Bit i: `GATE_FLAGS[i]` was passed. */
  readonly flagsSet: Uint8Array;
  /** Bit i: `GATE_NAMES[i]` blocked the event; and `BLOCKED_LOGGED`. */
  readonly blocked: Uint8Array;
  /** Trade of each row as a code; 0: none. The order of codes is arbitrary. */
  readonly trade?: Uint32Array;
  /** Return of each row in R; NaN where the outcome has none. An absent column is all NaN. */
  readonly returns?: Float64Array;
  /** Moves that events logged as `applied`; absent when none logged it. */
  readonly applied?: AppliedColumns;
  /** Number of the writer of each row; 0: none is known. An absent column is all 0. */
  readonly writer?: Uint32Array;
  /** Hashes of what is known of each row (`row-fingerprint.ts`); absent in columns that were derived from others. */
  readonly hashes?: Uint32Array;
  /** Traded instrument of each row as a code; 0: unknown. The order of codes is arbitrary. */
  readonly pair?: Uint32Array;
}

/** The moves of overrides, as events logged them. */
interface AppliedColumns {
  /** 1 for each row whose event logged `applied`, even if it is empty. */
  readonly known: Uint8Array;
  /** By stored position of the lever (`packed-moves.ts`), then row: multiplier or delta; NaN for none. */
  readonly moves: readonly (Float64Array | undefined)[];
}

/**
 * Decision and outcome of an event, as one code. Neutral outcomes count in n and in acted or skipped, in no numerator.
 */
export const QUADRANT = {
  win: 0,
  falsePositive: 1,
  actedNeutral: 2,
  miss: 3,
  dodge: 4,
  skippedNeutral: 5,
} as const;

export const QUADRANT_COUNT = 6;
