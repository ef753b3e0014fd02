import { randomUUID } from 'node:crypto';
import type { QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Episode } from '../episode/episode.ts';
import { bodyHash, episodeBody } from '../episode/episode.ts';
import type {
  AddResult,
  EpisodeStore,
  PendingRow,
  ResolvedRow,
  ResolveResult,
} from '../episode/episode-store.ts';
import type { OutcomeReport, OutcomeRevision } from '../episode/outcome.ts';
import { formatHistory } from '../episode/outcome.ts';
import { packEpisode } from '../episode/packed-episode.ts';
import type { Sender, Writer, WriterStore } from '../episode/writer.ts';
import { formatWriter, LOCAL, ownerOf } from '../episode/writer.ts';
import { Fault } from '../errors.ts';
import { atBaseThresholds } from '../lever/base-thresholds.ts';
import type { Log } from '../log.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { expiryAfter } from '../time.ts';
import type { Dynamo, Item } from './client.ts';
import { mapBatches } from './client.ts';
import { CounterUpdates } from './counter-updates.ts';
import { EpisodeRows, episodeKey } from './episode-rows.ts';
import { interleavePages } from './interleave-pages.ts';
import * as keys from './keys.ts';
import type { ItemKey } from './outcome-items.ts';
import type { Row } from './outcome-writer.ts';
import { eventKey, OutcomeWriter, parkedKey, rowOf } from './outcome-writer.ts';
import type { PatternFounder } from './pattern-founder.ts';
import type { DayMarks } from './sealed-day-store.ts';

interface EpisodeStoreSettings {
  readonly eventsTable: string;
  readonly controlTable: string;
  readonly retentionDays: number;
  readonly now: () => number;
  readonly log: Log;
}

/**
 * Events in DynamoDB; keys.ts lists their attributes. Attribute `rk`, set with the first outcome, puts an event into
 * the sparse index that runs read.
 *
 * Each event is stored exactly once: it is inserted under the condition that its key is free. Its outcomes are written
 * by `OutcomeWriter`.
 */
export class DynamoEpisodeStore implements EpisodeStore {
  readonly #db: Dynamo;
  readonly #founder: PatternFounder;
  readonly #writers: WriterStore;
  readonly #outcomes: OutcomeWriter;
  readonly #rows: EpisodeRows;
  readonly #marks: DayMarks;
  readonly #settings: EpisodeStoreSettings;

  constructor(
    db: Dynamo,
    founder: PatternFounder,
    writers: WriterStore,
    marks: DayMarks,
    settings: EpisodeStoreSettings,
  ) {
    this.#db = db;
    this.#founder = founder;
    this.#writers = writers;
    this.#marks = marks;
    this.#outcomes = new OutcomeWriter(db, founder, marks, settings);
    this.#rows = new EpisodeRows(db, marks, settings);
    this.#settings = settings;
  }

  async add(episodes: readonly Episode[], sender: Sender = LOCAL): Promise<AddResult[]> {
    const writer = await this.#writerOf(sender);
    const counts = new CounterUpdates(writer.id);
    const writes = episodes.map(episode => toWrite(episode, writer));
    const owner = ownerOf(formatWriter(writer));
    const patterns = [...new Set(episodes.map(e => e.pattern))];
    const refused = await this.#founder.admit(patterns, writer, 'event');
    for (const write of writes) if (refused.has(write.episode.pattern)) write.result = 'too_many_patterns';
    await this.#store(
      writes.filter(write => !refused.has(write.episode.pattern)),
      owner,
      counts,
    );
    await counts.write(this.#db, this.#settings);
    return writes.map(w => w.result);
  }

  /** Stores the events of a request and sets the result of each. */
  async #store(writes: readonly Write[], owner: string, counts: CounterUpdates): Promise<void> {
    const firstWrites = firstOfEachKey(writes);
    for (const [pattern, ofPattern] of Map.groupBy(firstWrites, ({ episode }) => episode.pattern))
      await this.#marks.mark(
        pattern,
        ofPattern.map(({ episode }) => episode.timestamp),
      );
    await this.#rows.create(
      firstWrites.map(w => w.row).filter(row => row.window !== undefined),
      owner,
    );
    const inserted = await this.#insert(firstWrites, counts);
    await this.#compareWithStored(writes, inserted, counts);
    await this.#applyOutcomesOfRepeats(writes, inserted, counts);
    const stored = firstWrites.filter(w => w.result !== 'event_conflict').map(w => w.row);
    await this.#applyParked(stored, counts);
    await this.#settleEpisodes(stored, owner, counts);
    for (const { episode, result } of writes) counts.addConflict(episode.pattern, result);
  }

  async resolve(reports: readonly OutcomeReport[], sender: Sender = LOCAL): Promise<ResolveResult[]> {
    const writer = await this.#writerOf(sender);
    const counts = new CounterUpdates(writer.id);
    const results = new Array<ResolveResult>(reports.length);
    const byEpisode = Map.groupBy(reports.keys(), i => `${reports[i]?.pattern} ${reports[i]?.episodeId}`);
    await mapBatches(
      [...byEpisode.values()],
      1,
      async ([indexes = []]) => {
        // Reports of one episode are applied in their order; different episodes run at once.
        for (const i of indexes) {
          const report = reports[i];
          if (!report) continue;
          const revision = { ...report.revision, writer };
          const result = await this.#outcomes.resolve({ ...report, revision }, counts);
          counts.addConflict(report.pattern, result);
          results[i] = result;
        }
      },
      16,
    );
    await counts.write(this.#db, this.#settings);
    return results;
  }

  async #writerOf({ name, isOperator }: Sender): Promise<Writer> {
    return { id: await this.#writers.idOf(name), isOperator };
  }

  async *resolved(pattern: PatternKey, from: number, to: number): AsyncGenerator<readonly ResolvedRow[]> {
    const pages = this.#indexPages(keys.eventPartitions(pattern), from, to);
    for await (const page of pages) yield page.map(toResolvedRow);
  }

  async *pending(pattern: PatternKey, from: number, to: number): AsyncGenerator<readonly PendingRow[]> {
    const partitions = keys.eventPartitions(pattern).map(keys.pendingPartition);
    const pages = this.#indexPages(partitions, from, to);
    for await (const page of pages) yield page.map(item => toRow(item, true));
  }

  /** Yields pages of the index from several partitions at once. */
  #indexPages(partitions: readonly string[], from: number, to: number): AsyncGenerator<readonly Item[]> {
    const [first, last] = keys.eventTimeSpan(from, to);
    const shards = partitions.map(partition =>
      this.#db.pages({
        TableName: this.#settings.eventsTable,
        IndexName: keys.OUTCOMES_INDEX,
        KeyConditionExpression: 'rk = :p AND t BETWEEN :from AND :to',
        ...this.#unexpired({ ':p': partition, ':from': first, ':to': last }),
        ProjectionExpression: 'sk, t, m, o',
      }),
    );
    return interleavePages(shards);
  }

  /** Reads one item of each shard. An expired one counts as none, and so do the older ones of its shard. */
  async newestResolved(pattern: PatternKey, to = Number.MAX_SAFE_INTEGER): Promise<number | undefined> {
    const [, last] = keys.eventTimeSpan(to, to);
    const pages = await Promise.all(
      keys.eventPartitions(pattern).map(partition =>
        this.#db.queryPage({
          TableName: this.#settings.eventsTable,
          IndexName: keys.OUTCOMES_INDEX,
          KeyConditionExpression: 'rk = :p AND t <= :to',
          ...this.#unexpired({ ':p': partition, ':to': last }),
          ProjectionExpression: 't',
          ScanIndexForward: false,
          Limit: 1,
        }),
      ),
    );
    const times = pages.flat().map(({ t }) => keys.eventTimeOf(String(t)));
    return times.length === 0 ? undefined : Math.max(...times);
  }

  /** Returns the filter of items that have not expired, with the values of the query. */
  #unexpired(
    values: Item,
  ): Pick<QueryCommandInput, 'FilterExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'> {
    return {
      // Rows of a table whose index was created without the expiry have no such attribute.
      FilterExpression: 'attribute_not_exists(#x) OR #x > :now',
      ExpressionAttributeNames: { '#x': keys.TTL_ATTRIBUTE },
      ExpressionAttributeValues: { ...values, ':now': Math.floor(this.#settings.now() / 1000) },
    };
  }

  async #insert(writes: readonly Write[], counts: CounterUpdates): Promise<Set<Write>> {
    const items = writes.map(w => this.#eventItem(w));
    const isNew = await this.#db.insertMany(this.#settings.eventsTable, 'pk', items);
    const inserted = new Set(writes.filter((_, i) => isNew[i]));
    for (const { episode } of inserted) countNew(counts, episode);
    return inserted;
  }

  #eventItem({ episode, writer, outcome: revision, body, hash, token, key }: Write): Item {
    const outcome = revision && { o: formatHistory([revision]), rk: key.pk };
    return {
      ...key,
      b: body,
      h: hash,
      m: packEpisode(atBaseThresholds(episode), writer.id),
      u: formatWriter(writer),
      t: keys.eventTimeSort(episode.timestamp, key.sk),
      w: token,
      rk: keys.pendingPartition(key.pk),
      [keys.TTL_ATTRIBUTE]: expiryAfter(this.#settings.now(), this.#settings.retentionDays),
      ...outcome,
    };
  }

  /**
   * Sets the result of each event that was not inserted: `unchanged` for a repeat of the stored event or of an earlier
   * event of this request, else `event_conflict`.
   */
  async #compareWithStored(
    writes: readonly Write[],
    inserted: ReadonlySet<Write>,
    counts: CounterUpdates,
  ): Promise<void> {
    const notInserted = writes.filter(w => !inserted.has(w));
    if (notInserted.length === 0) return;
    const keysByText = new Map(notInserted.map(w => [keyText(w.key), w.key]));
    const items = await this.#db.getMany(
      this.#settings.eventsTable,
      [...keysByText.values()],
      ['pk', 'sk', 'h', 'w'],
    );
    const stored = new Map(items.map(item => [keyText(item), item]));
    for (const write of notInserted) {
      const item = stored.get(keyText(write.key));
      if (!item) throw new Fault('store_unavailable', 'a stored event disappeared during the request');
      // The item has the token of this write when the first attempt inserted it, its response was lost, and the SDK
      // retried.
      if (item.w === write.token) countNew(counts, write.episode);
      else write.result = item.h === write.hash ? 'unchanged' : 'event_conflict';
    }
  }

  /** Records the outcomes that repeated events carry; the event itself may have been stored without one. */
  async #applyOutcomesOfRepeats(
    writes: readonly Write[],
    inserted: ReadonlySet<Write>,
    counts: CounterUpdates,
  ): Promise<void> {
    const repeats = writes.filter(w => !inserted.has(w) && w.result === 'unchanged' && w.episode.outcome);
    await mapBatches(
      repeats,
      1,
      async ([write]) => {
        if (!write?.outcome) return;
        const change = { revision: write.outcome, factors: {} };
        const applied = await this.#outcomes.apply(write.row, change, counts);
        if (applied === 'resolved') write.result = 'accepted';
        else if (applied === 'outcome_conflict' || applied === 'not_your_episode') write.result = applied;
      },
      16,
    );
  }

  /** Applies the parked outcomes of rows, and of the episodes of windows. */
  async #applyParked(rows: readonly Row[], counts: CounterUpdates): Promise<void> {
    const byKey = new Map(
      rows
        .flatMap(row => [{ ...row, window: undefined }, row])
        .map(row => [keyText(parkedKey(row, '')), row]),
    );
    const parkedKeys = [...byKey.values()].map(row => parkedKey(row, ''));
    const parked = await this.#db.getMany(this.#settings.controlTable, parkedKeys);
    await mapBatches(parked, 1, async ([item]) => {
      const row = item && byKey.get(keyText(item));
      if (row) await this.#outcomes.unpark(row, item, counts);
    });
  }

  /** Brings the rows of each episode with windows to one state, where one of them may have an outcome. */
  async #settleEpisodes(rows: readonly Row[], owner: string, counts: CounterUpdates): Promise<void> {
    const episodes = new Map(rows.map(row => [keyText(episodeKey(row, '')), row]));
    const singleKeys = rows
      .filter(row => row.window !== undefined)
      .map(row => eventKey({ ...row, window: undefined }));
    const read = new Map(
      [...episodes.values()]
        .flatMap(row => [episodeKey(row, ''), episodeKey(row, owner)])
        .concat(singleKeys)
        .map(key => [keyText(key), key]),
    );
    const items = await this.#db.getMany(
      this.#settings.eventsTable,
      [...read.values()],
      ['pk', 'sk', 'o', 'l'],
    );
    const found = new Map(items.map(item => [keyText(item), item]));
    const unsettled = [...episodes].filter(([key, row]) => {
      const episode = found.get(key);
      if (!episode) return false;
      const hasSingle =
        row.window === undefined || found.has(keyText(eventKey({ ...row, window: undefined })));
      const own = found.get(keyText(episodeKey(row, owner)));
      return hasSingle || episode.o !== undefined || own?.o !== undefined;
    });
    await mapBatches(unsettled, 1, async ([entry]) => {
      if (entry) await this.#outcomes.settle(entry[1], counts);
    });
  }
}

/** One event of a request, and its result so far. */
interface Write {
  readonly episode: Episode;
  readonly writer: Writer;
  /** The outcome that came inside the event, with its writer. */
  readonly outcome: OutcomeRevision | undefined;
  readonly body: string;
  readonly hash: string;
  readonly token: string;
  readonly key: ItemKey;
  readonly row: Row;
  result: AddResult;
}

function toWrite(episode: Episode, writer: Writer): Write {
  const body = episodeBody(episode);
  const row = rowOf(episode);
  return {
    episode,
    writer,
    outcome: episode.outcome && { ...episode.outcome, writer },
    row,
    body,
    hash: bodyHash(body),
    token: randomUUID().slice(0, 13),
    key: eventKey(row),
    result: 'accepted',
  };
}

const keyText = (key: { readonly pk?: unknown; readonly sk?: unknown }): string =>
  JSON.stringify([key.pk, key.sk]);

function firstOfEachKey(writes: readonly Write[]): Write[] {
  const first = new Map<string, Write>();
  for (const write of writes) {
    const key = keyText(write.key);
    if (!first.has(key)) first.set(key, write);
  }
  return [...first.values()];
}

function countNew(counts: CounterUpdates, episode: Episode): void {
  counts.add(episode.pattern, { total: 1, withOutcome: episode.outcome ? 1 : 0 });
}

function toResolvedRow(item: Item): ResolvedRow {
  const { o } = item;
  const row = toRow(item, typeof o === 'string');
  return { ...row, history: row.packed.length > 0 ? String(o) : '' };
}

/** Returns the row of an item; an empty one for an invalid item, which unpacking then reports as damaged. */
function toRow({ sk, t, m }: Item, isValid: boolean): PendingRow {
  const time = typeof t === 'string' ? keys.eventTimeOf(t) : Number.NaN;
  const packed = isValid && m instanceof Uint8Array && !Number.isNaN(time) ? m : new Uint8Array();
  return { ...keys.windowOf(String(sk)), time, packed };
}
