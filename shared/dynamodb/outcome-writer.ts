import type { ResolveResult } from '../episode/episode-store.ts';
import type { OutcomeReport, OutcomeRevision } from '../episode/outcome.ts';
import { formatHistory, mergeOutcome, parseHistory } from '../episode/outcome.ts';
import { Fault } from '../errors.ts';
import type { HeadStore } from '../generation/ports.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { expiryAfter } from '../time.ts';
import type { Dynamo } from './client.ts';
import type { CounterUpdates } from './counter-updates.ts';
import { isExpired } from './expiry.ts';
import * as keys from './keys.ts';

/** Days that an outcome waits for its event. */
const PARKED_DAYS = 90;
/** Attempts of one conditional write; each fails when another writer changed the same outcome meanwhile. */
const ATTEMPTS = 20;

export type ItemKey = { readonly pk: string; readonly sk: string };

export function eventKey(pattern: PatternKey, id: string): ItemKey {
  return { pk: keys.eventPartition(pattern, id), sk: id };
}

export function parkedKey(pattern: PatternKey, id: string): ItemKey {
  return { pk: keys.parkedPartition(pattern), sk: id };
}

/** The item that stores an outcome history. */
interface HistoryLocation {
  readonly table: string;
  readonly key: ItemKey;
  /** Writes the first revision. Returns false when a history exists already, or when the event does not exist. */
  readonly create: () => Promise<boolean>;
}

type AppendResult = { readonly result: ResolveResult | 'missing'; readonly created: boolean };

/**
 * Writes outcomes of events.
 *
 * - A revision is appended by a conditional write on the history (optimistic lock), so concurrent writers lose none.
 * - An outcome without its event is parked first, and its event is read again afterwards.
 * - An event is stored first, and parked outcomes are read afterwards.
 *
 * So when both arrive at the same time, the later request finds the item that the earlier one wrote.
 */
export class OutcomeWriter {
  readonly #db: Dynamo;
  readonly #heads: HeadStore;
  readonly #eventsTable: string;
  readonly #controlTable: string;
  readonly #now: () => number;

  constructor(
    db: Dynamo,
    heads: HeadStore,
    settings: { readonly eventsTable: string; readonly controlTable: string; readonly now: () => number },
  ) {
    this.#db = db;
    this.#heads = heads;
    this.#eventsTable = settings.eventsTable;
    this.#controlTable = settings.controlTable;
    this.#now = settings.now;
  }

  /** Records an outcome, or parks it when its event is not stored yet. */
  async resolve(
    { pattern, episodeId, revision }: OutcomeReport,
    counts: CounterUpdates,
  ): Promise<ResolveResult> {
    const applied = await this.apply(pattern, episodeId, revision, counts);
    if (applied !== 'missing') return applied;
    await this.#heads.register([pattern]);
    const result = await this.#park(pattern, episodeId, revision, counts);
    // The event may have arrived between the first attempt and the parking.
    const unparked = await this.unpark(pattern, episodeId, counts);
    return unparked && result === 'parked' ? 'resolved' : result;
  }

  /** Adds a revision to a stored event; returns `missing` when there is no such event. */
  async apply(
    pattern: PatternKey,
    id: string,
    revision: OutcomeRevision,
    counts: CounterUpdates,
  ): Promise<ResolveResult | 'missing'> {
    const key = eventKey(pattern, id);
    const create = () =>
      this.#db.update({
        TableName: this.#eventsTable,
        Key: key,
        UpdateExpression: 'SET o = :o, rk = :pk',
        ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(o)',
        ExpressionAttributeValues: { ':o': formatHistory([revision]), ':pk': key.pk },
      });
    const location = { table: this.#eventsTable, key, create };
    const { result, created } = await this.#appendRevision(location, revision);
    if (created) counts.add(pattern, { withOutcome: 1 });
    return result;
  }

  /** Moves a parked outcome into its event. Returns false when the event is not stored, or nothing is parked. */
  async unpark(pattern: PatternKey, id: string, counts: CounterUpdates): Promise<boolean> {
    const Key = parkedKey(pattern, id);
    const TableName = this.#controlTable;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const item = await this.#db.get({ TableName, Key });
      // On a retry the outcomes are applied already, and another request has deleted the item.
      if (!item) return attempt > 0;
      if (isExpired(item, this.#now())) return false;
      const applied: ResolveResult[] = [];
      for (const revision of parseHistory(String(item.o))) {
        const result = await this.apply(pattern, id, revision, counts);
        if (result === 'missing') return false;
        applied.push(result);
      }
      // Deletes only the revisions that were applied: another one may have been parked meanwhile.
      const condition = { ConditionExpression: 'o = :o', ExpressionAttributeValues: { ':o': item.o } };
      if (await this.#db.delete({ TableName, Key, ...condition })) {
        counts.add(pattern, { parked: -1 });
        // A parked outcome may contradict the outcome that came inside its event.
        for (const result of applied) counts.addConflict(pattern, result);
        return true;
      }
    }
    throw tooManyWriters();
  }

  async #park(
    pattern: PatternKey,
    id: string,
    revision: OutcomeRevision,
    counts: CounterUpdates,
  ): Promise<ResolveResult> {
    const key = parkedKey(pattern, id);
    const expires = expiryAfter(this.#now(), PARKED_DAYS);
    const create = () =>
      this.#db.put({
        TableName: this.#controlTable,
        Item: { ...key, o: formatHistory([revision]), [keys.TTL_ATTRIBUTE]: expires },
        ConditionExpression: 'attribute_not_exists(pk) OR #x <= :now',
        ExpressionAttributeNames: { '#x': keys.TTL_ATTRIBUTE },
        ExpressionAttributeValues: { ':now': Math.floor(this.#now() / 1000) },
      });
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const location = { table: this.#controlTable, key, create };
      const { result, created } = await this.#appendRevision(location, revision);
      if (created) counts.add(pattern, { parked: 1 });
      if (result === 'resolved') return 'parked';
      // `missing`: the event arrived and took the parked outcome, so the key is free again.
      if (result !== 'missing') return result;
    }
    throw tooManyWriters();
  }

  async #appendRevision(
    { table, key, create }: HistoryLocation,
    revision: OutcomeRevision,
  ): Promise<AppendResult> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await create()) return { result: 'resolved', created: true };
      const item = await this.#db.get({ TableName: table, Key: key, ProjectionExpression: 'pk, o' });
      if (!item) return { result: 'missing', created: false };
      // The event arrived between the write and the read, so the write is tried again.
      if (typeof item.o !== 'string') continue;
      const stored = parseHistory(item.o);
      const { history, result } = mergeOutcome(stored, revision);
      if (history === stored) return { result, created: false };
      const replaced = await this.#db.update({
        TableName: table,
        Key: key,
        UpdateExpression: 'SET o = :new',
        ConditionExpression: 'o = :old',
        ExpressionAttributeValues: { ':new': formatHistory(history), ':old': item.o },
      });
      if (replaced) return { result, created: false };
    }
    throw tooManyWriters();
  }
}

function tooManyWriters(): Fault {
  return new Fault('store_throttled', 'too many concurrent writers on one outcome; try again');
}
