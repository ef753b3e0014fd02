import type { ResolveResult } from '../episode/episode-store.ts';
import type { OutcomeChange } from '../episode/outcome-state.ts';
import { changesOf } from '../episode/outcome-state.ts';
import { isInWindows } from '../episode/read-packed-episode.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { expiryAfter } from '../time.ts';
import type { Dynamo, Item } from './client.ts';
import * as keys from './keys.ts';
import type { ItemKey, OutcomeItem } from './outcome-items.ts';
import { addToItem, packStored, readOutcomeState } from './outcome-items.ts';

interface Settings {
  readonly eventsTable: string;
  readonly retentionDays: number;
  readonly now: () => number;
}

interface EpisodeId {
  readonly pattern: PatternKey;
  readonly episodeId: string;
}

/** What an episode with windows has: the outcomes of the whole episode, and its rows. */
interface CollectedEpisode {
  readonly changes: readonly OutcomeChange[];
  readonly rows: readonly { readonly window: string | undefined }[];
}

/** Returns the key of the item with the outcomes of an episode with windows. */
export const episodeKey = ({ pattern, episodeId }: EpisodeId): ItemKey => ({
  pk: keys.eventPartition(pattern, episodeId),
  sk: keys.episodeSort(episodeId),
});

/**
 * The rows of an episode with windows, and the item with the outcomes of the whole episode. That item exists before the
 * first window does; without it the episode has no windows.
 */
export class EpisodeRows {
  readonly #db: Dynamo;
  readonly #settings: Settings;

  constructor(db: Dynamo, settings: Settings) {
    this.#db = db;
    this.#settings = settings;
  }

  /** Creates the items of episodes, before their windows are stored. */
  async create(episodes: readonly EpisodeId[]): Promise<void> {
    const items = new Map(
      episodes.map(episode => {
        const key = episodeKey(episode);
        return [JSON.stringify(key), { ...key, ...this.#expiry() }];
      }),
    );
    if (items.size > 0) await this.#db.insertMany(this.#settings.eventsTable, 'pk', [...items.values()]);
  }

  /**
   * Adds an outcome to an episode. Returns `missing` when the episode has no windows.
   * @param isNeeded false if a row without window has taken the outcome already
   */
  async addToEpisode(
    episode: EpisodeId,
    change: OutcomeChange,
    isNeeded: boolean,
  ): Promise<ResolveResult | 'missing'> {
    const { eventsTable: TableName } = this.#settings;
    const stored = await this.#db.get({ TableName, Key: episodeKey(episode), ProjectionExpression: 'pk' });
    if (!stored) return 'missing';
    if (isNeeded) {
      const windows = await this.#windows(episode);
      if (windows.length === 0) return 'missing';
      if (windows.every(row => isBefore(change, row))) return 'outcome_before_event';
    }
    const { result } = await addToItem(this.#db, this.#target(episode), change, 'own');
    return result;
  }

  /**
   * Adds the outcomes of the row without window to those of the episode, and returns the outcomes of the episode. A row
   * without window gets the hash of the episode, because it has become one of several rows.
   */
  async collect(pattern: PatternKey, episodeId: string): Promise<CollectedEpisode> {
    const episode = { pattern, episodeId };
    const items = await this.#query(episode, 'pk, sk, o, l, e, t, b, m');
    const single = items.find(({ sk }) => sk === episodeId);
    if (single) await this.#joinSingle(episode, single);
    const [stored] = await this.#db.getMany(this.#settings.eventsTable, [episodeKey(episode)]);
    const rows = items.filter(({ sk }) => sk !== keys.episodeSort(episodeId));
    return {
      changes: stored ? changesOf(readOutcomeState(stored)) : [],
      rows: rows.map(({ sk }) => keys.windowOf(String(sk))),
    };
  }

  async #joinSingle(episode: EpisodeId, item: Item): Promise<void> {
    const state = readOutcomeState(item);
    for (const change of changesOf(state)) await addToItem(this.#db, this.#target(episode), change, 'own');
    if (item.m instanceof Uint8Array && isInWindows(item.m)) return;
    await this.#db.update({
      TableName: this.#settings.eventsTable,
      Key: { pk: item.pk, sk: item.sk },
      UpdateExpression: 'SET m = :m',
      // A writer of late factors that packs the event meanwhile joins it afterwards itself.
      ConditionExpression: 'm = :old',
      ExpressionAttributeValues: {
        ':old': item.m,
        ':m': packStored(episode.pattern, item, state.late, true),
      },
    });
  }

  async #windows(episode: EpisodeId): Promise<Item[]> {
    const items = await this.#query(episode, 'pk, sk, t');
    return items.filter(({ sk }) => keys.windowOf(String(sk)).window);
  }

  /** Returns the stored items of an episode by a consistent read. */
  async #query({ pattern, episodeId }: EpisodeId, attributes: string): Promise<Item[]> {
    const [first, last] = keys.episodeSpan(episodeId);
    const items = await this.#db.query({
      TableName: this.#settings.eventsTable,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :p AND sk BETWEEN :first AND :last',
      ExpressionAttributeValues: {
        ':p': keys.eventPartition(pattern, episodeId),
        ':first': first,
        ':last': last,
      },
      ProjectionExpression: attributes,
    });
    return items.filter(({ sk }) => keys.windowOf(String(sk)).episodeId === episodeId);
  }

  #target(episode: EpisodeId): OutcomeItem {
    return { table: this.#settings.eventsTable, key: episodeKey(episode), set: this.#expiry() };
  }

  #expiry(): Item {
    return { [keys.TTL_ATTRIBUTE]: expiryAfter(this.#settings.now(), this.#settings.retentionDays) };
  }
}

/** Returns whether an outcome was known before a row, at a time that the service did not derive. */
function isBefore({ revision }: OutcomeChange, { t }: Item): boolean {
  return revision.assumed !== 'derived' && revision.resolvedAt < keys.eventTimeOf(String(t));
}
