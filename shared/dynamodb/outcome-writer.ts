import type { Episode } from '../episode/episode.ts';
import type { ResolveResult } from '../episode/episode-store.ts';
import type { Origin } from '../episode/late-factors.ts';
import { formatLateFactors, joinFactors } from '../episode/late-factors.ts';
import type { OutcomeReport } from '../episode/outcome.ts';
import { formatHistory } from '../episode/outcome.ts';
import type { OutcomeChange, OutcomeState } from '../episode/outcome-state.ts';
import { changesOf, mergeChange, NO_OUTCOME } from '../episode/outcome-state.ts';
import type { HeadStore } from '../generation/ports.ts';
import { expiryAfter } from '../time.ts';
import type { Dynamo, Item } from './client.ts';
import type { CounterUpdates } from './counter-updates.ts';
import { EpisodeRows } from './episode-rows.ts';
import { isExpired } from './expiry.ts';
import * as keys from './keys.ts';
import type { ItemKey, OutcomeItem } from './outcome-items.ts';
import { ATTEMPTS, addToItem, attributesOf, readOutcomeState, tooManyWriters } from './outcome-items.ts';

/** Days that an outcome waits for its event. */
const PARKED_DAYS = 90;

/** Names a row: an event, or with `window` undefined also the whole episode. */
export type Row = Pick<OutcomeReport, 'pattern' | 'episodeId' | 'window'>;

export const rowOf = ({ pattern, id, window }: Episode): Row => ({ pattern, episodeId: id, window });

export function eventKey({ pattern, episodeId, window }: Row): ItemKey {
  return { pk: keys.eventPartition(pattern, episodeId), sk: keys.eventSort(episodeId, window) };
}

export function parkedKey({ pattern, episodeId, window }: Row): ItemKey {
  return { pk: keys.parkedPartition(pattern), sk: keys.eventSort(episodeId, window) };
}

interface WriterSettings {
  readonly eventsTable: string;
  readonly controlTable: string;
  readonly retentionDays: number;
  readonly now: () => number;
}

type ApplyResult = ResolveResult | 'missing';

/**
 * Writes outcomes of events.
 *
 * - An outcome is added by a conditional write on its item (optimistic lock), so concurrent writers lose none.
 * - An outcome without its event is parked first, and its event is read again afterwards.
 * - An event is stored first, and parked outcomes are read afterwards.
 * - An outcome of an episode with windows is stored with the episode first, and its windows are read afterwards.
 *   A window is stored first, and the outcomes of its episode are read afterwards.
 *
 * So when both arrive at the same time, the later request finds the item that the earlier one wrote.
 */
export class OutcomeWriter {
  readonly #db: Dynamo;
  readonly #heads: HeadStore;
  readonly #settings: WriterSettings;
  readonly #rows: EpisodeRows;

  constructor(db: Dynamo, heads: HeadStore, settings: WriterSettings) {
    this.#db = db;
    this.#heads = heads;
    this.#settings = settings;
    this.#rows = new EpisodeRows(db, settings);
  }

  /** Records an outcome, or parks it when its event is not stored yet. */
  async resolve(report: OutcomeReport, counts: CounterUpdates): Promise<ResolveResult> {
    const applied = await this.apply(report, report, counts);
    if (applied !== 'missing') return applied;
    await this.#heads.register([report.pattern]);
    const result = await this.#park(report, counts);
    // The event may have arrived between the first attempt and the parking.
    const unparked = await this.unpark(report, counts);
    return unparked && result === 'parked' ? unparked : result;
  }

  /** Adds an outcome to a stored row, or to a stored episode; returns `missing` when there is no such row. */
  async apply(row: Row, change: OutcomeChange, counts: CounterUpdates): Promise<ApplyResult> {
    const result = await this.#addToEvent(row, change, 'own', counts);
    if (row.window !== undefined || (result !== 'missing' && isRefused(result))) return result;
    const ofEpisode = await this.#rows.addToEpisode(row, change, result === 'missing');
    if (ofEpisode === 'missing') return result;
    await this.settle(row, counts);
    return result === 'missing' || isRefused(ofEpisode) ? ofEpisode : strongest(result, ofEpisode);
  }

  /**
   * Brings the rows of an episode with windows to one state: each has the outcomes of the episode, unless it has its
   * own. It may be repeated at any time.
   */
  async settle({ pattern, episodeId }: Row, counts: CounterUpdates): Promise<void> {
    const { changes, rows } = await this.#rows.collect(pattern, episodeId);
    for (const { window } of rows)
      for (const change of changes) {
        const origin = window === undefined ? 'own' : 'episode';
        await this.#addToEvent({ pattern, episodeId, window }, change, origin, counts);
      }
  }

  async #addToEvent(
    row: Row,
    change: OutcomeChange,
    origin: Origin,
    counts: CounterUpdates,
  ): Promise<ApplyResult> {
    const key = eventKey(row);
    const table = this.#settings.eventsTable;
    const create = () =>
      this.#db.update({
        TableName: table,
        Key: key,
        UpdateExpression: 'SET o = :o, rk = :pk',
        ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(o) AND t <= :t',
        ExpressionAttributeValues: {
          ':o': formatHistory([change.revision]),
          ':pk': key.pk,
          ':t': keys.eventTimeSpan(0, change.revision.resolvedAt)[1],
        },
      });
    const isPlain = origin === 'own' && Object.keys(change.factors).length === 0;
    const target = { table, key, event: row.pattern, ...(isPlain && { create }) };
    const { result, created } = await addToItem(this.#db, target, change, origin);
    if (created) counts.add(row.pattern, { withOutcome: 1 });
    return result;
  }

  /**
   * Moves parked outcomes into their event. An outcome that the event refuses, because of its time or its factors, stays
   * parked. Returns undefined when the event is not stored, or nothing is parked.
   */
  async unpark(row: Row, counts: CounterUpdates): Promise<ResolveResult | undefined> {
    const Key = parkedKey(row);
    const TableName = this.#settings.controlTable;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const item = await this.#db.get({ TableName, Key });
      // On a retry the outcomes are applied already, and another request has deleted the item.
      if (!item) return attempt > 0 ? 'resolved' : undefined;
      if (isExpired(item, this.#settings.now())) return undefined;
      const results: ResolveResult[] = [];
      let refused: OutcomeState = NO_OUTCOME;
      for (const change of changesOf(readOutcomeState(item))) {
        const result = await this.apply(row, change, counts);
        if (result === 'missing') return undefined;
        if (staysParked(result)) refused = mergeChange(refused, change, 'own', undefined).state;
        results.push(result);
      }
      if (!(await this.#unparkAllBut(refused, { TableName, Key, item }))) continue;
      if (refused.history.length === 0) counts.add(row.pattern, { parked: -1 });
      // A parked outcome may contradict the outcome that came inside its event.
      for (const result of results) if (!staysParked(result)) counts.addConflict(row.pattern, result);
      return results.find(staysParked) ?? 'resolved';
    }
    throw tooManyWriters();
  }

  /** Removes the outcomes that were applied, unless another one was parked meanwhile; then it returns false. */
  #unparkAllBut(
    refused: OutcomeState,
    { TableName, Key, item }: { readonly TableName: string; readonly Key: ItemKey; readonly item: Item },
  ): Promise<boolean> {
    const late = item.l === undefined ? 'attribute_not_exists(l)' : 'l = :l';
    const condition = {
      TableName,
      Key,
      ConditionExpression: `o = :o AND ${late}`,
      ExpressionAttributeValues: { ':o': item.o, ...(item.l !== undefined && { ':l': item.l }) },
    };
    if (refused.history.length === 0) return this.#db.delete(condition);
    const { o, l, ...others } = item;
    return this.#db.put({ ...condition, Item: { ...others, ...attributesOf(refused) } });
  }

  async #park(report: OutcomeReport, counts: CounterUpdates): Promise<ResolveResult> {
    const { revision, factors } = report;
    const table = this.#settings.controlTable;
    const key = parkedKey(report);
    const at = { at: revision.resolvedAt, correction: revision.correction, origin: 'own' } as const;
    const late = joinFactors(NO_OUTCOME.late, { factors, ...at }, undefined) ?? NO_OUTCOME.late;
    const Item = {
      ...key,
      o: formatHistory([revision]),
      ...(late.size > 0 && { l: formatLateFactors(late) }),
      [keys.TTL_ATTRIBUTE]: expiryAfter(this.#settings.now(), PARKED_DAYS),
    };
    const create = () =>
      this.#db.put({
        TableName: table,
        Item,
        ConditionExpression: 'attribute_not_exists(pk) OR #x <= :now',
        ExpressionAttributeNames: { '#x': keys.TTL_ATTRIBUTE },
        ExpressionAttributeValues: { ':now': Math.floor(this.#settings.now() / 1000) },
      });
    const target: OutcomeItem = { table, key, create };
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { result, created } = await addToItem(this.#db, target, report, 'own');
      if (created) counts.add(report.pattern, { parked: 1 });
      if (result === 'resolved') return 'parked';
      // `missing`: the event arrived and took the parked outcome, so the key is free again.
      if (result !== 'missing') return result;
    }
    throw tooManyWriters();
  }
}

const isRefused = (result: ResolveResult): boolean => result !== 'resolved' && result !== 'unchanged';

const staysParked = (result: ResolveResult): boolean =>
  result === 'outcome_before_event' || result === 'factor_conflict' || result === 'event_too_large';

const strongest = (a: ResolveResult, b: ResolveResult): ResolveResult =>
  a === 'resolved' || b === 'resolved' ? 'resolved' : a;
