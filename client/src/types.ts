import type { Advice, NoAdvice, Scorer } from '../../shared/override/score/scorer.ts';
import type { Authorize, Clock, Fetch, SnapshotStorage } from './ports.ts';

/** Mode of a pattern or of the service. A client of this version treats a mode that it does not know like `off`. */
export type ClientMode = 'live' | 'shadow' | 'frozen' | 'off' | 'retired';

/** The way in which overrides that match a scope make one value. */
export type Resolution = 'blend' | 'most-specific' | 'product';

/**
 * Why an answer is what it is:
 * - `MATCH`: at least one override matched.
 * - `NEUTRAL`: no override matched, or the service has none for the pattern.
 * - `OFF`, `SHADOW`: the mode serves nothing, or the kill switch is on.
 * - `NOT_READY`: there is no snapshot of the pattern yet.
 * - `EXPIRED`: the snapshot is older than `expireAfterMs`.
 * - `ERROR`: the pattern, the scope or a threshold is invalid. `counters.errors` counts it.
 *
 * All but `MATCH` leave the thresholds as they were given.
 */
export type Reason = 'MATCH' | 'NEUTRAL' | 'OFF' | 'SHADOW' | 'NOT_READY' | 'EXPIRED' | 'ERROR';

/** Values by the first name of a threshold, for example `{ ts_min: 0.98 }`. */
export type ByThreshold = Readonly<Record<string, number>>;

/** The effects that moved the thresholds. The bot logs them unchanged as `factors.applied`; empty where nothing is served. */
export interface Applied {
  readonly generation?: number;
  readonly multipliers?: ByThreshold;
  readonly deltas?: ByThreshold;
  /** Of an advice: standard errors above break-even, and those above which the advice is to act. */
  readonly score?: number;
  readonly rung?: number;
}

/** The answer to one look-up. */
export interface ThresholdAnswer<Name extends string = string> {
  /** The given thresholds, with the overrides applied. */
  readonly thresholds: Readonly<Record<Name, number>>;
  /** Every multiplier in force for the scope. */
  readonly multipliers: ByThreshold;
  /** Every delta in force for the scope, in the unit of its threshold. */
  readonly deltas: ByThreshold;
  /** Present while a rollout runs; the generation is that of the arm. */
  readonly arm?: 'candidate' | 'control';
  /** Number of the generation; 0 without one. */
  readonly generation: number;
  readonly mode: ClientMode;
  readonly reason: Reason;
  /** `halted`: over a year the base thresholds lose, so no trade should be entered. */
  readonly entries: 'open' | 'halted';
  /** True after a long time without contact with the service; what was last known is still served. */
  readonly stale: boolean;
  /** Seconds since the service last confirmed the snapshot; −1 before the first time. */
  readonly age_seconds: number;
  readonly applied: Applied;
  /** One of both is present where a look-up with factors reached a model. */
  readonly advice?: Advice;
  readonly no_advice?: NoAdvice;
}

/** State of one pattern in the client. */
export interface PatternState {
  readonly pattern_key: string;
  readonly generation: number;
  readonly mode: ClientMode;
  readonly overrides: number;
  readonly stale: boolean;
  readonly age_seconds: number;
}

/** Numbers since `open`. */
export interface ClientCounters {
  readonly lookups: number;
  /** Look-ups whose reason was `ERROR`. */
  readonly errors: number;
  readonly polls: number;
  readonly failed_polls: number;
  /** Snapshots that were taken in force. */
  readonly applied: number;
  /** Snapshots that were rejected: cut, damaged, of another pattern or of a newer schema. */
  readonly rejected: number;
}

/** State of the client as a whole. */
export interface ClientState {
  /** There is data to answer from. */
  readonly ready: boolean;
  readonly stale: boolean;
  readonly age_seconds: number;
  /** Mode of the whole service; `off` overrules the modes of all patterns. */
  readonly mode: ClientMode;
  /** The kill switch of this process is on. */
  readonly off: boolean;
  /** The error of the last poll; absent after a success. */
  readonly last_error?: string;
  readonly patterns: readonly PatternState[];
  readonly counters: ClientCounters;
}

export interface LookupOptions {
  /** Decides the arm of a rollout; without it the answer is that of the control arm. */
  readonly episodeId?: string;
  /** By default the one that belongs to the generation. */
  readonly resolution?: Resolution;
  /** The factors of the decision as its event logs them, without `applied`: asks for the advice of the model. */
  readonly factors?: Readonly<Record<string, unknown>>;
}

export interface ClientOptions {
  /** Address of the service or of an edge, for example `http://127.0.0.1:8788`. */
  readonly url: string;
  /** A bearer token, or a function that returns it; it is called again after a 401. */
  readonly token?: string | (() => string | Promise<string>);
  /** Headers for each request besides the token, for example a signature. */
  readonly authorize?: Authorize;
  /** The patterns to keep; by default every pattern of the service. */
  readonly patterns?: readonly string[];
  /** Mean time between polls, milliseconds; by default what the service says, and 15,000 before it says so. */
  readonly pollMs?: number;
  /** Age beyond which answers are neutral (`EXPIRED`), milliseconds; by default never. */
  readonly expireAfterMs?: number;
  /** Called after a snapshot was taken in force. It may throw. */
  readonly onChange?: (pattern: string, generation: number) => void;
  /** Called when contact with the service was lost for long (`true`), and when it is back. It may throw. */
  readonly onStale?: (stale: boolean) => void;
  /** Takes warnings, at most one of a kind an hour; by default a warning of the process. It may throw. */
  readonly warn?: (message: string) => void;
  /** The kill switch, read twice a second; by default `PM_TUNING_OFF=1` in the environment. */
  readonly off?: () => boolean;
  /** A snapshot or an index as text, to answer from before the first contact. */
  readonly bootstrap?: readonly string[];
  /** Keeps the text of every snapshot in memory, so that it can be served on. */
  readonly keepDocuments?: boolean;
  readonly storage?: SnapshotStorage;
  /** `scorer` of `pm-tuning-client/score`, for advice; `pm-tuning-client/node` has it. */
  readonly scorer?: (model: unknown) => Scorer | undefined;
  readonly fetch?: Fetch;
  readonly clock?: Clock;
  /** Returns the SHA-256 of a text in UTF-8, in hexadecimal digits; by default that of the Web Crypto API. */
  readonly sha256?: (text: string) => string | Promise<string>;
  /** Returns a number from 0 to 1, 1 excluded. */
  readonly random?: () => number;
}

/** Answers look-ups from its own copy of the overrides. */
export interface Client {
  /**
   * Moves the thresholds of a decision. It does no I/O, never blocks and never throws: what is invalid gives the
   * thresholds as they are, with reason `ERROR`.
   */
  thresholds<Name extends string>(
    pattern: string,
    scope: Readonly<Record<string, unknown>>,
    base: Readonly<Record<Name, number>>,
    options?: LookupOptions,
  ): ThresholdAnswer<Name>;
  state(): ClientState;
  /** Polls now, or joins the poll that runs. It never rejects; `state().last_error` has what went wrong. */
  refresh(): Promise<void>;
  /** Resolves with true when there is data to answer from, with false when there is none after the time. */
  ready(timeoutMs?: number): Promise<boolean>;
  /** Stops polling. Look-ups still answer from what is there. It may be called again. */
  close(): void;
}
