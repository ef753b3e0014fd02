import { randomUUID } from 'node:crypto';
import type { Episode, OutcomeReport } from '../episode/episode.ts';
import { bodyHash, episodeBody } from '../episode/episode.ts';
import type { OutcomeHistory, OutcomeRevision } from '../episode/outcome.ts';
import { formatHistory, mergeOutcome, parseHistory } from '../episode/outcome.ts';
import { packEpisode } from '../episode/pack.ts';
import { Fault } from '../errors.ts';
import type { Log } from '../log.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Dynamo, Item } from './dynamo.ts';
import { eachBatch } from './dynamo.ts';
import * as keys from './keys.ts';
import type { AddResult, EpisodeStore, HeadStore, ResolvedRow, ResolveResult } from './stores.ts';

export interface EpisodeStoreSettings {
  readonly eventsTable: string;
  readonly controlTable: string;
  readonly retentionDays: number;
  readonly now: () => number;
  readonly log: Log;
}

/** Outcomes wait this long for their event. */
const PARKED_DAYS = 90;
/** Two writers may meet on one outcome; so many meetings in a row mean something else is wrong. */
const MERGE_ATTEMPTS = 20;
const DAY_MS = 86_400_000;

type Applied = { readonly result: ResolveResult | 'missing'; readonly firstOutcome: boolean };
interface Tally {
  total: number;
  withOutcome: number;
  parked: number;
}

/**
 * Events in DynamoDB. Attributes of an event: b canonical body, h its hash, m packed for runs, t event time,
 * w the request that wrote it; and once it has an outcome o its history and rk, which puts it into the sparse index.
 *
 * Exactly once: an event is inserted under the condition that its key is free; an outcome enters by compare-and-set
 * on its history. An outcome without its event is parked first and then tried again, an event is stored first and
 * then looks for parked outcomes, so whichever comes second sees the other.
 */
export class DynamoEpisodeStore implements EpisodeStore {
  readonly #db: Dynamo;
  readonly #heads: HeadStore;
  readonly #settings: EpisodeStoreSettings;

  constructor(db: Dynamo, heads: HeadStore, settings: EpisodeStoreSettings) {
    this.#db = db;
    this.#heads = heads;
    this.#settings = settings;
  }

  async add(episodes: readonly Episode[]): Promise<AddResult[]> {
    await this.#heads.register([...new Set(episodes.map(e => e.pattern))]);
    const tallies = new Map<PatternKey, Tally>();
    const writes = episodes.map(episode => this.#write(episode));
    const first = firstOfEachKey(writes);
    const inserted = await this.#insert(first, tallies);
    await this.#compareWithStored(writes, inserted, tallies);
    await this.#applyInside(writes, inserted, tallies);
    await this.#applyParked(
      first.filter(w => w.result !== 'event_conflict'),
      tallies,
    );
    await this.#count(tallies);
    return writes.map(w => w.result);
  }

  async resolve(reports: readonly OutcomeReport[]): Promise<ResolveResult[]> {
    const tallies = new Map<PatternKey, Tally>();
    const results = new Array<ResolveResult>(reports.length);
    const byEpisode = Map.groupBy(reports.keys(), i => `${reports[i]?.pattern} ${reports[i]?.episodeId}`);
    await eachBatch(
      [...byEpisode.values()],
      1,
      async ([indexes = []]) => {
        // Reports of one episode in their order; different episodes at once.
        for (const i of indexes) {
          const report = reports[i];
          if (report) results[i] = await this.#resolveOne(report, tallies);
        }
      },
      16,
    );
    await this.#count(tallies);
    return results;
  }

  async *resolved(pattern: PatternKey, from: number, to: number): AsyncGenerator<readonly ResolvedRow[]> {
    const shards = keys.eventPartitions(pattern).map(partition =>
      this.#db.pages({
        TableName: this.#settings.eventsTable,
        IndexName: keys.OUTCOMES_INDEX,
        KeyConditionExpression: 'rk = :p AND t BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':p': partition, ':from': from, ':to': to },
        ProjectionExpression: 'sk, m, o',
      }),
    );
    for await (const page of merged(shards)) yield page.map(toResolvedRow);
  }

  #write(episode: Episode): Write {
    const body = episodeBody(episode);
    return {
      episode,
      body,
      hash: bodyHash(body),
      token: randomUUID().slice(0, 13),
      key: eventKey(episode.pattern, episode.id),
      result: 'accepted',
    };
  }

  async #insert(writes: readonly Write[], tallies: Map<PatternKey, Tally>): Promise<Set<Write>> {
    const items = writes.map(w => this.#eventItem(w));
    const done = await this.#db.insertMany(this.#settings.eventsTable, 'pk', items);
    const inserted = new Set(writes.filter((_, i) => done[i]));
    for (const { episode } of inserted) tallyNew(tallies, episode);
    return inserted;
  }

  #eventItem({ episode, body, hash, token, key }: Write): Item {
    const expires = Math.ceil((this.#settings.now() + this.#settings.retentionDays * DAY_MS) / 1000);
    const outcome = episode.outcome && { o: formatHistory([episode.outcome]), rk: key.pk };
    return {
      ...key,
      b: body,
      h: hash,
      m: packEpisode(episode),
      t: episode.timestamp,
      w: token,
      [keys.TTL_ATTRIBUTE]: expires,
      ...outcome,
    };
  }

  /** What was not inserted is a repeat of what is stored, or of an earlier event of this request, or a conflict. */
  async #compareWithStored(
    writes: readonly Write[],
    inserted: ReadonlySet<Write>,
    tallies: Map<PatternKey, Tally>,
  ): Promise<void> {
    const others = writes.filter(w => !inserted.has(w));
    if (others.length === 0) return;
    const wanted = new Map(others.map(w => [keyText(w.key), w.key]));
    const items = await this.#db.getMany(
      this.#settings.eventsTable,
      [...wanted.values()],
      ['pk', 'sk', 'h', 'w'],
    );
    const stored = new Map(items.map(item => [keyText(item), item]));
    for (const write of others) {
      const item = stored.get(keyText(write.key));
      if (!item) throw new Fault('store_unavailable', 'an event was there and is gone');
      // Our own token: the insert was applied, its answer got lost and was asked for again.
      if (item.w === write.token) tallyNew(tallies, write.episode);
      else write.result = item.h === write.hash ? 'unchanged' : 'event_conflict';
    }
  }

  /** Outcomes that came inside events which were stored before: new ones are recorded. */
  async #applyInside(
    writes: readonly Write[],
    inserted: ReadonlySet<Write>,
    tallies: Map<PatternKey, Tally>,
  ): Promise<void> {
    const repeats = writes.filter(w => !inserted.has(w) && w.result === 'unchanged' && w.episode.outcome);
    await eachBatch(
      repeats,
      1,
      async ([write]) => {
        if (!write?.episode.outcome) return;
        const { pattern, id, outcome } = write.episode;
        const applied = await this.#apply(pattern, id, outcome);
        if (applied.firstOutcome) add(tallies, pattern, { withOutcome: 1 });
        if (applied.result === 'resolved') write.result = 'accepted';
        else if (applied.result === 'outcome_conflict') write.result = 'outcome_conflict';
      },
      16,
    );
  }

  async #applyParked(writes: readonly Write[], tallies: Map<PatternKey, Tally>): Promise<void> {
    const parkedKeys = writes.map(w => ({ pk: keys.parkedPartition(w.episode.pattern), sk: w.episode.id }));
    const parked = await this.#db.getMany(this.#settings.controlTable, parkedKeys);
    const pattern = new Map(writes.map(w => [keys.parkedPartition(w.episode.pattern), w.episode.pattern]));
    await eachBatch(parked, 1, async ([item]) => {
      const key = item && pattern.get(String(item.pk));
      if (key) await this.#unpark(key, String(item.sk), tallies);
    });
  }

  async #resolveOne(report: OutcomeReport, tallies: Map<PatternKey, Tally>): Promise<ResolveResult> {
    const { pattern, episodeId, revision } = report;
    try {
      const applied = await this.#apply(pattern, episodeId, revision);
      if (applied.firstOutcome) add(tallies, pattern, { withOutcome: 1 });
      if (applied.result !== 'missing') return applied.result;
      await this.#heads.register([pattern]);
      const parked = await this.#park(pattern, episodeId, revision, tallies);
      // The event may have arrived between our look and the parking.
      const found = await this.#unpark(pattern, episodeId, tallies);
      return found && parked === 'parked' ? 'resolved' : parked;
    } catch (error) {
      if (error instanceof Fault && error.code === 'too_many_corrections') return error.code;
      throw error;
    }
  }

  /** Adds a revision to a stored event by compare-and-set; `missing` when there is no such event. */
  async #apply(pattern: PatternKey, id: string, revision: OutcomeRevision): Promise<Applied> {
    const Key = eventKey(pattern, id);
    const TableName = this.#settings.eventsTable;
    const first = formatHistory([revision]);
    const fresh = await this.#db.update({
      TableName,
      Key,
      UpdateExpression: 'SET o = :o, rk = :pk',
      ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(o)',
      ExpressionAttributeValues: { ':o': first, ':pk': Key.pk },
    });
    if (fresh) return { result: 'resolved', firstOutcome: true };
    const merge = await this.#compareAndSet(TableName, Key, revision);
    return { result: merge, firstOutcome: false };
  }

  async #park(
    pattern: PatternKey,
    id: string,
    revision: OutcomeRevision,
    tallies: Map<PatternKey, Tally>,
  ): Promise<ResolveResult> {
    const Key = { pk: keys.parkedPartition(pattern), sk: id };
    const TableName = this.#settings.controlTable;
    const expires = Math.ceil((this.#settings.now() + PARKED_DAYS * DAY_MS) / 1000);
    const Item = { ...Key, o: formatHistory([revision]), [keys.TTL_ATTRIBUTE]: expires };
    if (await this.#db.put({ TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' })) {
      add(tallies, pattern, { parked: 1 });
      return 'parked';
    }
    const merge = await this.#compareAndSet(TableName, Key, revision);
    // Gone meanwhile: the event came and took it, so there is something to apply to.
    if (merge === 'missing') return this.#park(pattern, id, revision, tallies);
    return merge === 'resolved' ? 'parked' : merge;
  }

  async #compareAndSet(
    TableName: string,
    Key: EventKey,
    revision: OutcomeRevision,
  ): Promise<ResolveResult | 'missing'> {
    for (let attempt = 0; attempt < MERGE_ATTEMPTS; attempt++) {
      const item = await this.#db.get({ TableName, Key, ProjectionExpression: 'pk, o' });
      if (!item) return 'missing';
      const known: OutcomeHistory = typeof item.o === 'string' ? parseHistory(item.o) : [];
      const merge = mergeOutcome(known, revision);
      if (merge.history === known) return merge.result;
      const update = { TableName, Key, UpdateExpression: 'SET o = :new', ConditionExpression: 'o = :old' };
      const ExpressionAttributeValues = { ':new': formatHistory(merge.history), ':old': item.o };
      if (await this.#db.update({ ...update, ExpressionAttributeValues })) return merge.result;
    }
    throw new Fault('store_throttled', 'too many writers on one outcome');
  }

  /** Moves a parked outcome into its event. False when the event is not there, or nothing is parked. */
  async #unpark(pattern: PatternKey, id: string, tallies: Map<PatternKey, Tally>): Promise<boolean> {
    const Key = { pk: keys.parkedPartition(pattern), sk: id };
    const TableName = this.#settings.controlTable;
    for (let attempt = 0; attempt < MERGE_ATTEMPTS; attempt++) {
      const item = await this.#db.get({ TableName, Key });
      if (!item) return attempt > 0;
      for (const revision of parseHistory(String(item.o))) {
        const applied = await this.#apply(pattern, id, revision);
        if (applied.result === 'missing') return false;
        if (applied.firstOutcome) add(tallies, pattern, { withOutcome: 1 });
      }
      // Only what was applied may go: another revision may have been parked meanwhile.
      const gone = await this.#db.delete({
        TableName,
        Key,
        ConditionExpression: 'o = :o',
        ExpressionAttributeValues: { ':o': item.o },
      });
      if (gone) {
        add(tallies, pattern, { parked: -1 });
        return true;
      }
    }
    throw new Fault('store_throttled', 'too many writers on one outcome');
  }

  /**
   * Counters for `status`, one write per pattern and request, after everything else is durable. A count that
   * gets lost is logged and does not fail the request: the events themselves are what runs read.
   */
  async #count(tallies: ReadonlyMap<PatternKey, Tally>): Promise<void> {
    for (const [pattern, tally] of tallies) {
      try {
        await this.#db.update({
          TableName: this.#settings.controlTable,
          Key: { pk: keys.patternPartition(pattern), sk: keys.COUNTS },
          UpdateExpression: 'ADD events :t, with_outcome :o, parked :p',
          ExpressionAttributeValues: { ':t': tally.total, ':o': tally.withOutcome, ':p': tally.parked },
        });
      } catch (error) {
        this.#settings.log.error('counter not updated', error, { pattern, ...tally });
      }
    }
  }
}

type EventKey = { readonly pk: string; readonly sk: string };

interface Write {
  readonly episode: Episode;
  readonly body: string;
  readonly hash: string;
  readonly token: string;
  readonly key: EventKey;
  result: AddResult;
}

function eventKey(pattern: PatternKey, id: string): EventKey {
  return { pk: keys.eventPartition(pattern, id), sk: id };
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

function add(tallies: Map<PatternKey, Tally>, pattern: PatternKey, by: Partial<Tally>): void {
  const tally = tallies.get(pattern) ?? { total: 0, withOutcome: 0, parked: 0 };
  tally.total += by.total ?? 0;
  tally.withOutcome += by.withOutcome ?? 0;
  tally.parked += by.parked ?? 0;
  tallies.set(pattern, tally);
}

function tallyNew(tallies: Map<PatternKey, Tally>, episode: Episode): void {
  add(tallies, episode.pattern, { total: 1, withOutcome: episode.outcome ? 1 : 0 });
}

function toResolvedRow(item: Item): ResolvedRow {
  const { sk, m, o } = item;
  if (!(m instanceof Uint8Array) || typeof o !== 'string')
    throw new Fault('damaged_event', `event ${String(sk)} is not stored as it should be`);
  return { episodeId: String(sk), packed: m, history: o };
}

/** Pages of several queries as they come; each query keeps one page ahead. */
async function* merged<T>(sources: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
  type Step = { readonly from: number; readonly step: IteratorResult<T> };
  const ask = (from: number): Promise<Step> =>
    (sources[from]?.next() ?? Promise.reject(new Error('no such source'))).then(step => ({ from, step }));
  const waiting = new Map(sources.map((_, i) => [i, ask(i)]));
  while (waiting.size > 0) {
    const { from, step } = await Promise.race(waiting.values());
    if (step.done) waiting.delete(from);
    else {
      waiting.set(from, ask(from));
      yield step.value;
    }
  }
}
