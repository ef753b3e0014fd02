import type { ResolveResult } from '../episode/episode-store.ts';
import type { OutcomeChange } from '../episode/outcome-state.ts';
import { changesOf } from '../episode/outcome-state.ts';
import { isInWindows } from '../episode/read-packed-episode.ts';
import { maySendOutcome, ownerOf } from '../episode/writer.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { expiryAfter } from '../time.ts';
import type { Dynamo, Item } from './client.ts';
import { episodeQuery } from './episode-query.ts';
import * as keys from './keys.ts';
import type { ItemKey } from './outcome-items.ts';
import { addToItem, packStored, readOutcomeState } from './outcome-items.ts';
import type { DayMarks } from './sealed-day-store.ts';

interface Settings {
  readonly eventsTable: string;
  readonly retentionDays: number;
  readonly now: () => number;
}

interface EpisodeId {
  readonly pattern: PatternKey;
  readonly episodeId: string;
}

/** One row of an episode with windows, and the outcomes of the whole episode that hold for it. */
interface CollectedRow {
  readonly window: string | undefined;
  readonly changes: readonly OutcomeChange[];
}

/**
 * Returns the key of an item with the outcomes of an episode with windows.
 * @param owner pm whose windows they are for; `''` for windows that belong to nobody
 */
export const episodeKey = ({ pattern, episodeId }: EpisodeId, owner: string): ItemKey => ({
  pk: keys.eventPartition(pattern, episodeId),
  sk: keys.episodeSort(episodeId, owner),
});

/**
 * The rows of an episode with windows, and the items with the outcomes of the whole episode.
 *
 * Windows of one episode may come from several pms. Each pm has an item, for its windows, and windows that belong to
 * nobody have one. Outcomes of operators are in all of them. So no pm changes the windows of another.
 *
 * The item of nobody exists before the first window does; without it the episode has no windows.
 */
export class EpisodeRows {
  readonly #db: Dynamo;
  readonly #marks: DayMarks;
  readonly #settings: Settings;

  constructor(db: Dynamo, marks: DayMarks, settings: Settings) {
    this.#db = db;
    this.#marks = marks;
    this.#settings = settings;
  }

  /** Creates the items of episodes, before their windows are stored. @param owner pm who sends them, or `''` */
  async create(episodes: readonly EpisodeId[], owner: string): Promise<void> {
    const items = new Map(
      episodes.flatMap(episode =>
        ['', owner].map(of => {
          const key = episodeKey(episode, of);
          return [JSON.stringify(key), { ...key, ...this.#expiry() }];
        }),
      ),
    );
    if (items.size > 0) await this.#db.insertMany(this.#settings.eventsTable, 'pk', [...items.values()]);
  }

  /**
   * Adds an outcome to an episode, for the windows that its writer may resolve. Returns `missing` when the episode has no
   * windows.
   * @param isNeeded false if a row without window has taken the outcome already
   */
  async addToEpisode(
    episode: EpisodeId,
    change: OutcomeChange,
    isNeeded: boolean,
  ): Promise<ResolveResult | 'missing'> {
    const { eventsTable: TableName } = this.#settings;
    const Key = episodeKey(episode, '');
    const stored = await this.#db.get({ TableName, Key, ProjectionExpression: 'pk' });
    if (!stored) return 'missing';
    const windows = await this.#windows(episode);
    const { writer } = change.revision;
    const own = windows.filter(row => maySendOutcome(writer, ownerOf(row.u)));
    if (isNeeded && windows.length === 0) return 'missing';
    if (isNeeded && own.length === 0) return 'not_your_episode';
    if (isNeeded && own.every(row => isBefore(change, row))) return 'outcome_before_event';
    const owners = new Set(own.map(row => ownerOf(row.u)));
    // Windows that are yet to come take it from here.
    if (isByOperator(change)) owners.add('');
    const results: (ResolveResult | 'missing')[] = [];
    for (const owner of owners) results.push(await this.#addTo(episode, owner, change));
    return results.find(result => result === 'resolved') ?? results[0] ?? 'missing';
  }

  async #addTo(episode: EpisodeId, owner: string, change: OutcomeChange): Promise<ResolveResult | 'missing'> {
    const target = {
      table: this.#settings.eventsTable,
      key: episodeKey(episode, owner),
      set: this.#expiry(),
    };
    return (await addToItem(this.#db, target, change, 'own')).result;
  }

  /**
   * Adds the outcomes of the row without window to those of the episode, and returns the rows with the outcomes that hold
   * for them. A row without window gets the hash of the episode, when it has become one of several rows of its writer.
   */
  async collect(pattern: PatternKey, episodeId: string): Promise<CollectedRow[]> {
    const episode = { pattern, episodeId };
    const items = await this.#query(episode, 'pk, sk, o, l, e, t, b, m, u');
    const rows = items.filter(({ sk }) => keys.isEventSort(String(sk)));
    const single = items.find(({ sk }) => sk === episodeId);
    if (single) await this.#joinSingle(episode, single, rows);
    const owners = [...new Set(rows.map(({ u }) => ownerOf(u)))];
    if (owners.some(owner => owner !== '')) await this.#shareOperators(episode, owners);
    const changes = new Map<string, readonly OutcomeChange[]>();
    for (const owner of owners) changes.set(owner, await this.#changes(episode, owner));
    return rows.map(({ sk, u }) => ({
      window: keys.windowOf(String(sk)).window,
      changes: changes.get(ownerOf(u)) ?? [],
    }));
  }

  /** Returns the outcomes of an episode for the windows of a pm. */
  async #changes(episode: EpisodeId, owner: string): Promise<readonly OutcomeChange[]> {
    const [stored] = await this.#db.getMany(this.#settings.eventsTable, [episodeKey(episode, owner)]);
    return stored ? changesOf(readOutcomeState(stored)) : [];
  }

  /** Adds the outcomes that operators sent to those of each pm, whose windows may have come later. */
  async #shareOperators(episode: EpisodeId, owners: readonly string[]): Promise<void> {
    const changes = (await this.#changes(episode, '')).filter(isByOperator);
    for (const change of changes)
      for (const owner of owners) if (owner !== '') await this.#addTo(episode, owner, change);
  }

  async #joinSingle(episode: EpisodeId, item: Item, rows: readonly Item[]): Promise<void> {
    const state = readOutcomeState(item);
    const owner = ownerOf(item.u);
    for (const change of changesOf(state)) {
      await this.#addTo(episode, owner, change);
      if (owner !== '' && isByOperator(change)) await this.#addTo(episode, '', change);
    }
    const isAlone = rows.every(row => row.sk === item.sk || ownerOf(row.u) !== owner);
    if (isAlone || (item.m instanceof Uint8Array && isInWindows(item.m))) return;
    await this.#marks.mark(episode.pattern, [keys.eventTimeOf(String(item.t))]);
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
    const items = await this.#query(episode, 'pk, sk, t, u');
    return items.filter(({ sk }) => keys.windowOf(String(sk)).window);
  }

  /** Returns the stored items of an episode by a consistent read. */
  async #query({ pattern, episodeId }: EpisodeId, attributes: string): Promise<Item[]> {
    const items = await this.#db.query({
      TableName: this.#settings.eventsTable,
      ...episodeQuery(pattern, episodeId),
      ProjectionExpression: attributes,
    });
    return items.filter(({ sk }) => keys.windowOf(String(sk)).episodeId === episodeId);
  }

  #expiry(): Item {
    return { [keys.TTL_ATTRIBUTE]: expiryAfter(this.#settings.now(), this.#settings.retentionDays) };
  }
}

/** Returns whether an operator sent an outcome, or nobody kept its writer. */
const isByOperator = ({ revision: { writer } }: OutcomeChange): boolean => writer?.isOperator ?? true;

/** Returns whether an outcome was known before a row, at a time that the service did not derive. */
function isBefore({ revision }: OutcomeChange, { t }: Item): boolean {
  return revision.assumed !== 'derived' && revision.resolvedAt < keys.eventTimeOf(String(t));
}
