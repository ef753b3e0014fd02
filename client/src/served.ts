import type { Arm, Split } from '../../shared/override/arm.ts';
import { armOf } from '../../shared/override/arm.ts';
import type { IndexedOverride, OverrideIndex } from '../../shared/override/override-index.ts';
import type { Scorer } from '../../shared/override/score/scorer.ts';
import type { Service } from './ports.ts';
import type { Client, ClientMode, Resolution } from './types.ts';

/** A lever as the snapshot describes it. The code needs to know none of them. */
export interface SnapshotLever {
  readonly category: string;
  readonly thresholds: readonly string[];
  readonly effect: 'multiplier' | 'delta';
}

/**
 * One pattern in memory: what the edge answers a look-up from. It is replaced as a whole, never changed.
 * `core.served(pattern)` returns it.
 */
export interface ServedPattern {
  readonly pattern: string;
  readonly generation: number;
  /** Mode in force: the pattern's, or `off` where the service or the kill switch says so. */
  readonly mode: ClientMode;
  readonly policy: string;
  readonly resolution: Resolution;
  readonly entries: 'open' | 'halted';
  readonly entriesReason: string | undefined;
  readonly publishedAt: string | undefined;
  readonly levers: readonly SnapshotLever[];
  readonly index: OverrideIndex<IndexedOverride>;
  /** The model of the generation; undefined without one, and in a client without a scorer. */
  readonly score: Scorer | undefined;
  /** The generation that is tried on a share of the episodes. */
  readonly candidate?: ServedCandidate;
  /** Present in what `servedToEpisode` returns while a rollout runs. */
  readonly arm?: Arm;
  readonly etag: string;
  /** The document as it was received, where the client was opened with `keepDocuments`. */
  readonly text: string | undefined;
}

/** The members that an episode of the candidate arm gets in place of those of the pattern. */
export interface ServedCandidate
  extends Split,
    Pick<
      ServedPattern,
      'generation' | 'policy' | 'resolution' | 'entries' | 'entriesReason' | 'publishedAt' | 'index' | 'score'
    > {}

/** Returns what serves an episode: the members of its arm in place of those in force. */
export function servedToEpisode(served: ServedPattern, episodeId: string | undefined): ServedPattern {
  const { candidate } = served;
  if (!candidate) return served;
  const arm = armOf(candidate, episodeId);
  return { ...served, ...(arm === 'candidate' && candidate), arm };
}

/** Age of what a pattern is served from. */
export interface Freshness {
  readonly stale: boolean;
  /** Seconds since the service last confirmed it; −1 before the first time. */
  readonly ageSeconds: number;
}

/** `openCore(options)` returns this to `client/node` and the edge, which need more than the calls of a bot. */
export interface ClientCore extends Client {
  /** Sends requests with the client's token and time-out: for the delivery of a spool. */
  readonly service: Service;
  /** Returns what is in force for a canonical pattern key; undefined before its first snapshot. */
  served(pattern: string): ServedPattern | undefined;
  /** Age of one pattern, or of the index without one. */
  freshness(pattern?: string): Freshness;
  /** Every pattern in memory, sorted: the edge lists them as its own index. */
  servedPatterns(): readonly ServedPattern[];
  /** Mode of the whole service as the last index said; `live` before the first one. */
  serviceMode(): ClientMode;
}
