import type { HeadStore, PatternOverview } from '../generation/ports.ts';
import type { ServiceMode } from '../generation/service-mode.ts';
import type { Policy } from '../override/override.ts';
import type { SnapshotEntry } from './snapshot.ts';
import { snapshotEntry, snapshotHead } from './snapshot.ts';

/**
 * Age at which the heads are read again, milliseconds. Many clients poll the list, and a change must reach them within
 * their poll and a second.
 */
const MAX_AGE_MS = 500;

/** The snapshots of all patterns that have a head, as the heads were at most half a second ago. */
export class SnapshotList {
  readonly #heads: Pick<HeadStore, 'overview'>;
  readonly #policy: Policy;
  readonly #now: () => number;
  #read:
    | {
        readonly at: number;
        readonly service: ServiceMode;
        readonly entries: Promise<readonly SnapshotEntry[]>;
      }
    | undefined;

  constructor(heads: Pick<HeadStore, 'overview'>, policy: Policy, now: () => number) {
    this.#heads = heads;
    this.#policy = policy;
    this.#now = now;
  }

  /** @throws Fault of the store; a failed read is not kept */
  async entries(service: ServiceMode = 'live'): Promise<readonly SnapshotEntry[]> {
    const now = this.#now();
    if (this.#read?.service === service && now - this.#read.at < MAX_AGE_MS) return this.#read.entries;
    const read = { at: now, service, entries: this.#readEntries(service) };
    this.#read = read;
    try {
      return await read.entries;
    } catch (error) {
      if (this.#read === read) this.#read = undefined;
      throw error;
    }
  }

  async #readEntries(service: ServiceMode): Promise<readonly SnapshotEntry[]> {
    return snapshotEntries(await this.#heads.overview(), this.#policy, service);
  }
}

/** Returns the entries of all patterns that have a head. */
export function snapshotEntries(
  patterns: readonly Pick<PatternOverview, 'pattern' | 'head'>[],
  policy: Policy,
  service: ServiceMode,
): SnapshotEntry[] {
  return patterns.flatMap(({ pattern, head }) =>
    head ? [snapshotEntry(snapshotHead(pattern, head, policy, service))] : [],
  );
}
