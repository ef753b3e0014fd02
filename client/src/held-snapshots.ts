import type { Clock, StoredDocument } from './ports.ts';
import { INDEX_KEY } from './ports.ts';
import type { IndexEntry, ReadOptions, SnapshotIndex } from './read-documents.ts';
import { readIndex, readSnapshot } from './read-documents.ts';
import type { Freshness, ServedPattern } from './served.ts';
import type { ClientMode } from './types.ts';

/** A snapshot in memory. It is replaced as a whole. */
interface Held {
  /** As the snapshot says, whatever the index says. */
  readonly snapshot: ServedPattern;
  /** With the mode that is in force. */
  readonly served: ServedPattern;
  /** Tag of the index entry that the snapshot belongs to. */
  readonly tag: string | undefined;
  /** Time of the last confirmation by the monotonic clock; undefined before the first. */
  readonly contact: number | undefined;
}

/** The index in memory, complete with all its pages. */
interface HeldIndex {
  readonly etag: string;
  readonly mode: ClientMode;
  readonly pollSeconds: number;
  readonly entries: ReadonlyMap<string, IndexEntry>;
  readonly contact: number | undefined;
}

/** Returns true for a mode that serves overrides. A mode that this version does not know serves none. */
export function servesOverrides(mode: ClientMode): boolean {
  return mode === 'live' || mode === 'frozen';
}

/** The client's copy of the index and of each pattern's snapshot. Every change replaces a whole value. */
export class HeldSnapshots {
  readonly #clock: Clock;
  readonly #keeps: (pattern: string) => boolean;
  readonly #options: ReadOptions;
  readonly #openedAt: number;
  readonly #held = new Map<string, Held>();
  #index: HeldIndex | undefined;

  /** @param keeps returns whether the client keeps a pattern */
  constructor(clock: Clock, keeps: (pattern: string) => boolean, options: ReadOptions) {
    this.#clock = clock;
    this.#keeps = keeps;
    this.#options = options;
    this.#openedAt = clock.monotonic();
  }

  get index(): HeldIndex | undefined {
    return this.#index;
  }

  /** There is a snapshot, or the service has none of the patterns that the client keeps. */
  get isReady(): boolean {
    return this.#held.size > 0 || (this.#index !== undefined && this.changed().length === 0);
  }

  /** Returns the entries of the index whose snapshot is not in memory, of the patterns that the client keeps. */
  changed(): readonly IndexEntry[] {
    return [...(this.#index?.entries.values() ?? [])].filter(
      ({ pattern_key, etag }) => this.#keeps(pattern_key) && this.#held.get(pattern_key)?.tag !== etag,
    );
  }

  served(pattern: string): ServedPattern | undefined {
    return this.#held.get(pattern)?.served;
  }

  all(): readonly ServedPattern[] {
    return [...this.#held.values()]
      .map(({ served }) => served)
      .sort((a, b) => (a.pattern < b.pattern ? -1 : 1));
  }

  /** Returns the age of one pattern, or of the index. @param staleAfterMs milliseconds */
  freshness(pattern: string | undefined, staleAfterMs: number): Freshness & { readonly ageMs: number } {
    const contact = pattern === undefined ? this.#index?.contact : this.#held.get(pattern)?.contact;
    const ageMs = this.#clock.monotonic() - (contact ?? this.#openedAt);
    return { stale: ageMs > staleAfterMs, ageSeconds: contact === undefined ? -1 : ageMs / 1000, ageMs };
  }

  /** Takes a complete index in force. Snapshots that it does not list are dropped: the service answers neutral there. */
  takeIndex({ etag, mode, pollSeconds, entries }: SnapshotIndex, contact: number | undefined): void {
    const byPattern = new Map(entries.map(entry => [entry.pattern_key, entry]));
    this.#index = { etag, mode, pollSeconds, entries: byPattern, contact };
    for (const [pattern, held] of this.#held) {
      if (byPattern.has(pattern)) this.#swap(held);
      else this.#held.delete(pattern);
    }
    this.confirm(contact);
  }

  /** Records that the service confirmed the index, and with it every snapshot that the index lists. */
  confirm(contact: number | undefined): void {
    if (!this.#index || contact === undefined) return;
    this.#index = { ...this.#index, contact };
    for (const entry of this.#index.entries.values()) {
      const held = this.#held.get(entry.pattern_key);
      if (held?.tag === entry.etag && contact > (held.contact ?? Number.NEGATIVE_INFINITY))
        this.#held.set(entry.pattern_key, { ...held, contact });
    }
  }

  /** Takes a snapshot in force. @param tag the tag of its entry in the index */
  take(snapshot: ServedPattern, tag: string | undefined, contact: number | undefined): void {
    this.#swap({ snapshot, served: snapshot, tag, contact });
  }

  /** Records that the snapshot in memory is the one that an entry lists. */
  confirmEntry({ pattern_key, etag }: IndexEntry): void {
    const held = this.#held.get(pattern_key);
    if (held) this.#held.set(pattern_key, { ...held, tag: etag, contact: this.#clock.monotonic() });
  }

  /** Puts a snapshot in place, with the mode that the index says. An index is newer than the snapshots that it lists. */
  #swap(held: Held): void {
    const { snapshot } = held;
    const listed = this.#index?.entries.get(snapshot.pattern)?.mode;
    const mode =
      this.#index && !servesOverrides(this.#index.mode)
        ? 'off'
        : listed !== undefined && !servesOverrides(listed)
          ? listed
          : snapshot.mode;
    this.#held.set(snapshot.pattern, { ...held, served: { ...snapshot, mode } });
  }

  /**
   * Takes documents of a storage, the index first. One that is invalid, older than what is in memory, or not listed by
   * the index is left out.
   * @returns the patterns whose snapshot was taken
   */
  takeStored(documents: readonly StoredDocument[], reject: (error: unknown) => void): ServedPattern[] {
    const taken: ServedPattern[] = [];
    const isIndex = ({ key }: StoredDocument): boolean => key === INDEX_KEY;
    for (const document of documents.toSorted((a, b) => Number(isIndex(b)) - Number(isIndex(a)))) {
      try {
        const contact = this.#clock.monotonic() - Math.max(0, this.#clock.wall() - document.contactAt);
        if (isIndex(document)) this.#takeStoredIndex(document, contact);
        else taken.push(...this.#takeStoredSnapshot(document, contact));
      } catch (error) {
        reject(error);
      }
    }
    this.confirm(this.#index?.contact);
    return taken;
  }

  #takeStoredIndex({ text }: StoredDocument, contact: number): void {
    const known = this.#index?.contact;
    if (known === undefined || contact > known) this.takeIndex(readIndex(text), contact);
  }

  #takeStoredSnapshot({ key, text, tag, contactAt }: StoredDocument, contact: number): ServedPattern[] {
    const entry = this.#index?.entries.get(key);
    const held = this.#held.get(key);
    if (!this.#keeps(key) || (this.#index && !entry)) return [];
    if (held?.contact !== undefined && held.contact >= contact) return [];
    if (held && held.tag === tag) {
      this.#held.set(key, { ...held, contact });
      return [];
    }
    const { served } = readSnapshot(text, key, this.#options);
    this.take(served, tag, contactAt > 0 ? contact : undefined);
    return [served];
  }
}
