import type { Candidate } from '../generation/candidate.ts';
import type { Head } from '../generation/head.ts';
import { servesOverrides } from '../generation/served.ts';
import type { ServiceMode } from '../generation/service-mode.ts';
import { sha256, shortHash } from '../hash.ts';
import { leversOf } from '../lever/lever.ts';
import type { DigestedOverride } from '../override/digest-text.ts';
import { digestText } from '../override/digest-text.ts';
import type { Policy } from '../override/override.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { InForce } from './look-up.ts';
import { inForceOf } from './look-up.ts';

/** The version of the form of snapshots. A client ignores one that is newer than the one it knows. */
export const SNAPSHOT_SCHEMA = 1;
/** Mean time between two polls of a client, seconds. */
export const POLL_SECONDS = 15;

/** The members of a snapshot besides its overrides. */
interface SnapshotHead extends Omit<InForce, 'levers'> {
  readonly schema: typeof SNAPSHOT_SCHEMA;
  readonly pattern_key: PatternKey;
  /** Differs whenever anything else in the snapshot does. */
  readonly etag: string;
  /** Time of the run's last event; null before the first generation. */
  readonly as_of: string | null;
  readonly published_at: string | null;
  readonly poll_seconds: number;
  readonly levers: readonly SnapshotLever[];
  /** Present while a rollout runs and the mode serves overrides. */
  readonly candidate?: SnapshotCandidate;
}

/** The generation that is tried on a share of the episodes, without its overrides. */
interface SnapshotCandidate
  extends Pick<InForce, 'generation' | 'policy' | 'resolution' | 'entries' | 'entries_reason'> {
  readonly share: number;
  readonly salt: string;
  readonly as_of: string;
  readonly published_at: string;
}

/** A lever as a client needs it, so that it can apply one that its code does not know. */
interface SnapshotLever {
  readonly action_category: string;
  /** Names of the threshold; answers use the first one. */
  readonly thresholds: readonly string[];
  readonly effect: 'multiplier' | 'delta';
}

/** One pattern in the index of snapshots. */
export interface SnapshotEntry
  extends Pick<SnapshotHead, 'pattern_key' | 'etag' | 'generation' | 'mode' | 'published_at'> {}

/** Returns the snapshot of a pattern without its overrides. */
export function snapshotHead(
  pattern: PatternKey,
  head: Head | undefined,
  defaultPolicy: Policy,
  service: ServiceMode = 'live',
): SnapshotHead {
  const { levers: _, ...inForce } = inForceOf(pattern, head, defaultPolicy, service);
  const current = head?.current;
  const content = {
    schema: SNAPSHOT_SCHEMA,
    pattern_key: pattern,
    ...inForce,
    as_of: current?.as_of ?? null,
    published_at: current?.published_at ?? null,
    poll_seconds: POLL_SECONDS,
    levers: leversOf(pattern).map(({ category, thresholds, effect }) => ({
      action_category: category,
      thresholds,
      effect,
    })),
    ...(servesOverrides(inForce.mode) && head?.candidate && { candidate: snapshotCandidate(head.candidate) }),
  } as const;
  const served = servesOverrides(inForce.mode) ? current?.hash : undefined;
  return { ...content, etag: `"${content.generation}-${tag({ content, served })}"` };
}

function snapshotCandidate({ generation, share, salt }: Candidate): SnapshotCandidate {
  const { policy, resolution, entries = 'open', entries_reason, as_of, published_at } = generation;
  return {
    generation: generation.generation,
    share,
    salt,
    policy,
    resolution,
    entries,
    ...(entries_reason !== undefined && { entries_reason }),
    as_of,
    published_at,
  };
}

/** Returns the entry of a snapshot in the index. */
export function snapshotEntry({
  pattern_key,
  etag,
  generation,
  mode,
  published_at,
}: SnapshotHead): SnapshotEntry {
  return { pattern_key, etag, generation, mode, published_at };
}

/** Returns the tag of the index: it differs whenever an entry or the mode of the service does. */
export function indexTag(entries: readonly SnapshotEntry[], service: ServiceMode): string {
  return `"index-${tag({ schema: SNAPSHOT_SCHEMA, poll_seconds: POLL_SECONDS, service, entries })}"`;
}

/** Returns the digest of overrides, in any order: SHA-256 in hexadecimal digits (contract, section 8). */
export function snapshotDigest(overrides: readonly DigestedOverride[]): string {
  return sha256(digestText(overrides));
}

function tag(content: object): string {
  return shortHash(JSON.stringify(content)).slice(0, 16);
}
