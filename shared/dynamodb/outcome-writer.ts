import type { ResolveResult } from '../episode/episode-store.ts';
import type { OutcomeReport, OutcomeRevision } from '../episode/outcome.ts';
import { formatHistory, mergeOutcome, parseHistory } from '../episode/outcome.ts';
import { Fault } from '../errors.ts';
import type { HeadStore } from '../generation/ports.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { DAY_MS } from '../time.ts';
import type { Dynamo } from './client.ts';
import type { CounterUpdates } from './counter-updates.ts';
import * as keys from './keys.ts';

/** Outcomes wait this long for their event. */
const PARKED_DAYS = 90;
/** Two writers may meet on one outcome; so many meetings in a row mean something else is wrong. */
const ATTEMPTS = 20;
export type ItemKey = { readonly pk: string; readonly sk: string };

export function eventKey(pattern: PatternKey, id: string): ItemKey {
  return { pk: keys.eventPartition(pattern, id), sk: id };
}

export function parkedKey(pattern: PatternKey, id: string): ItemKey {
  return { pk: keys.parkedPartition(pattern), sk: id };
}

/** Where a history is kept, and how its first revision gets there; false when one is there already, or none may be. */
interface HistoryLocation {
  readonly table: string;
  readonly key: ItemKey;
  readonly create: () => Promise<boolean>;
}

type AppendResult = { readonly result: ResolveResult | 'missing'; readonly created: boolean };

/**
 * Outcomes of events. A revision enters by compare-and-set on the history, so that no order of arrival loses one.
 * An outcome without its event is parked first and then tried again; an event is stored first and then looks for
 * parked outcomes: whichever comes second sees the other.
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

  /** Records an outcome, or parks it. */
  async resolve(
    { pattern, episodeId, revision }: OutcomeReport,
    counts: CounterUpdates,
  ): Promise<ResolveResult> {
    const applied = await this.apply(pattern, episodeId, revision, counts);
    if (applied !== 'missing') return applied;
    await this.#heads.register([pattern]);
    const parked = await this.#park(pattern, episodeId, revision, counts);
    // The event may have arrived between our look and the parking.
    const moved = await this.unpark(pattern, episodeId, counts);
    return moved && parked === 'parked' ? 'resolved' : parked;
  }

  /** Adds a revision to a stored event; `missing` when there is no such event. */
  async apply(
    pattern: PatternKey,
    id: string,
    revision: OutcomeRevision,
    counts: CounterUpdates,
  ): Promise<ResolveResult | 'missing'> {
    const key = eventKey(pattern, id);
    const begin = () =>
      this.#db.update({
        TableName: this.#eventsTable,
        Key: key,
        UpdateExpression: 'SET o = :o, rk = :pk',
        ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(o)',
        ExpressionAttributeValues: { ':o': formatHistory([revision]), ':pk': key.pk },
      });
    const { result, created: begun } = await this.#appendRevision(
      { table: this.#eventsTable, key, create: begin },
      revision,
    );
    if (begun) counts.add(pattern, { withOutcome: 1 });
    return result;
  }

  /** Moves a parked outcome into its event. False when the event is not there, or nothing is parked. */
  async unpark(pattern: PatternKey, id: string, counts: CounterUpdates): Promise<boolean> {
    const Key = parkedKey(pattern, id);
    const TableName = this.#controlTable;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const item = await this.#db.get({ TableName, Key });
      if (!item) return attempt > 0;
      // DynamoDB deletes expired items within days; until then nobody may act on them.
      if (Number(item[keys.TTL_ATTRIBUTE]) * 1000 <= this.#now()) return false;
      const applied: ResolveResult[] = [];
      for (const revision of parseHistory(String(item.o))) {
        const result = await this.apply(pattern, id, revision, counts);
        if (result === 'missing') return false;
        applied.push(result);
      }
      // Only what was applied may go: another revision may have been parked meanwhile.
      const unchanged = { ConditionExpression: 'o = :o', ExpressionAttributeValues: { ':o': item.o } };
      if (await this.#db.delete({ TableName, Key, ...unchanged })) {
        counts.add(pattern, { parked: -1 });
        // Parked while nothing else was known, and contradicted by the word that its event brought along.
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
    const expires = Math.ceil((this.#now() + PARKED_DAYS * DAY_MS) / 1000);
    const begin = () =>
      this.#db.put({
        TableName: this.#controlTable,
        Item: { ...key, o: formatHistory([revision]), [keys.TTL_ATTRIBUTE]: expires },
        ConditionExpression: 'attribute_not_exists(pk) OR #x <= :now',
        ExpressionAttributeNames: { '#x': keys.TTL_ATTRIBUTE },
        ExpressionAttributeValues: { ':now': Math.floor(this.#now() / 1000) },
      });
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { result, created: begun } = await this.#appendRevision(
        { table: this.#controlTable, key, create: begin },
        revision,
      );
      if (begun) counts.add(pattern, { parked: 1 });
      if (result === 'resolved') return 'parked';
      // `missing`: the event came and took what was parked, so the place is free again.
      if (result !== 'missing') return result;
    }
    throw tooManyWriters();
  }

  async #appendRevision(
    { table, key, create: begin }: HistoryLocation,
    revision: OutcomeRevision,
  ): Promise<AppendResult> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await begin()) return { result: 'resolved', created: true };
      const item = await this.#db.get({ TableName: table, Key: key, ProjectionExpression: 'pk, o' });
      if (!item) return { result: 'missing', created: false };
      // The event arrived between the two: begin again.
      if (typeof item.o !== 'string') continue;
      const known = parseHistory(item.o);
      const { history, result } = mergeOutcome(known, revision);
      if (history === known) return { result, created: false };
      const entered = await this.#db.update({
        TableName: table,
        Key: key,
        UpdateExpression: 'SET o = :new',
        ConditionExpression: 'o = :old',
        ExpressionAttributeValues: { ':new': formatHistory(history), ':old': item.o },
      });
      if (entered) return { result, created: false };
    }
    throw tooManyWriters();
  }
}

function tooManyWriters(): Fault {
  return new Fault('store_throttled', 'too many writers on one outcome');
}
