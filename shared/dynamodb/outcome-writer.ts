import type { Episode } from '../episode/episode.ts';
import type { ResolveResult } from '../episode/episode-store.ts';
import type { Origin } from '../episode/late-factors.ts';
import { formatLateFactors, joinFactors } from '../episode/late-factors.ts';
import type { OutcomeReport } from '../episode/outcome.ts';
import { formatHistory } from '../episode/outcome.ts';
import type { OutcomeChange, OutcomeState } from '../episode/outcome-state.ts';
import { changesOf, mergeChange, NO_OUTCOME } from '../episode/outcome-state.ts';
import { formatWriter, OPERATOR_MARK, ownerOf } from '../episode/writer.ts';
import { expiryAfter } from '../time.ts';
import type { Dynamo, Item } from './client.ts';
import type { CounterUpdates } from './counter-updates.ts';
import { EpisodeRows } from './episode-rows.ts';
import { isExpired } from './expiry.ts';
import * as keys from './keys.ts';
import type { ItemKey, OutcomeItem } from './outcome-items.ts';
import { ATTEMPTS, addToItem, attributesOf, readOutcomeState, tooManyWriters } from './outcome-items.ts';
import type { PatternFounder } from './pattern-founder.ts';
import type { DayMarks } from './sealed-day-store.ts';

/** Days that an outcome waits for its event. */
const PARKED_DAYS = 90;

/** Names a row: an event, or with `window` undefined also the whole episode. */
export type Row = Pick<OutcomeReport, 'pattern' | 'episodeId' | 'window'>;

export const rowOf = ({ pattern, id, window }: Episode): Row => ({ pattern, episodeId: id, window });

export function eventKey({ pattern, episodeId, window }: Row): ItemKey {
  return { pk: keys.eventPartition(pattern, episodeId), sk: keys.eventSort(episodeId, window) };
}

/** Returns the key of parked outcomes. @param owner pm who sent them; `''` for operators */
export function parkedKey({ pattern, episodeId, window }: Row, owner: string): ItemKey {
  return { pk: keys.parkedPartition(pattern), sk: keys.parkedSort(episodeId, window, owner) };
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
 * - An outcome without its event is parked first, and its event is read again afterwards. The outcomes of each pm are
 *   parked in an item of their own, so that none takes the place of another's. Before it, the item of operators is marked,
 *   because the reader of an event begins there.
 * - An event is stored first, and parked outcomes are read afterwards.
 * - An outcome of an episode with windows is stored with the episode first, and its windows are read afterwards.
 *   A window is stored first, and the outcomes of its episode are read afterwards.
 *
 * So when both arrive at the same time, the later request finds the item that the earlier one wrote.
 */
export class OutcomeWriter {
  readonly #db: Dynamo;
  readonly #founder: PatternFounder;
  readonly #settings: WriterSettings;
  readonly #rows: EpisodeRows;
  readonly #marks: DayMarks;

  constructor(db: Dynamo, founder: PatternFounder, marks: DayMarks, settings: WriterSettings) {
    this.#db = db;
    this.#founder = founder;
    this.#marks = marks;
    this.#settings = settings;
    this.#rows = new EpisodeRows(db, marks, settings);
  }

  /** Records an outcome, or parks it when its event is not stored yet. */
  async resolve(report: OutcomeReport, counts: CounterUpdates): Promise<ResolveResult> {
    const applied = await this.apply(report, report, counts);
    if (applied !== 'missing') return applied;
    const { writer } = report.revision;
    if (writer && (await this.#founder.admit([report.pattern], writer, 'outcome')).size > 0)
      return 'too_many_patterns';
    const owner = writer ? ownerOf(formatWriter(writer)) : '';
    if (owner !== '') await this.#markParked(report);
    const result = await this.#park(report, owner, counts);
    // The event may have arrived between the first attempt and the parking.
    const unparked = await this.#unparkItem(report, parkedKey(report, owner), counts);
    return unparked && result === 'parked' ? unparked : result;
  }

  /** Adds an outcome to a stored row, or to a stored episode; returns `missing` when there is no such row. */
  async apply(row: Row, change: OutcomeChange, counts: CounterUpdates): Promise<ApplyResult> {
    const result = await this.#addToEvent(row, change, 'own', counts);
    const isTaken = result === 'missing' || result === 'not_your_episode';
    if (row.window !== undefined || (!isTaken && isRefused(result))) return result;
    const ofEpisode = await this.#rows.addToEpisode(row, change, isTaken);
    if (ofEpisode === 'missing') return result;
    await this.settle(row, counts);
    return isTaken || isRefused(ofEpisode) ? ofEpisode : strongest(result, ofEpisode);
  }

  /**
   * Brings the rows of an episode with windows to one state: each has the outcomes of the episode, unless it has its
   * own. It may be repeated at any time.
   */
  async settle({ pattern, episodeId }: Row, counts: CounterUpdates): Promise<void> {
    for (const { window, changes } of await this.#rows.collect(pattern, episodeId))
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
    const { writer } = change.revision;
    const isOwn = ' AND (attribute_not_exists(u) OR u = :u OR begins_with(u, :operator))';
    const isBound = writer !== undefined && !writer.isOperator;
    const unmarked = this.#marks.firstUnmarked();
    const create = () =>
      this.#db.update({
        TableName: table,
        Key: key,
        UpdateExpression: 'SET o = :o, rk = :pk',
        // The day of an older event is marked first, which requires its time.
        ConditionExpression: `attribute_exists(pk) AND attribute_not_exists(o) AND t BETWEEN :unmarked AND :t${isBound ? isOwn : ''}`,
        ExpressionAttributeValues: {
          ':o': formatHistory([change.revision]),
          ':pk': key.pk,
          ':unmarked': keys.eventTimeSpan(unmarked, 0)[0],
          ':t': keys.eventTimeSpan(0, change.revision.resolvedAt)[1],
          ...(isBound && { ':u': formatWriter(writer), ':operator': OPERATOR_MARK }),
        },
      });
    const isPlain = origin === 'own' && Object.keys(change.factors).length === 0;
    // An outcome that was known before that is one of an older event.
    const mayBeRecent = change.revision.resolvedAt >= unmarked;
    const mark = (time: number) => this.#marks.mark(row.pattern, [time]);
    const target = { table, key, event: row.pattern, mark, ...(isPlain && mayBeRecent && { create }) };
    const { result, created } = await addToItem(this.#db, target, change, origin);
    if (created) counts.add(row.pattern, { withOutcome: 1 });
    return result;
  }

  /**
   * Moves parked outcomes into their event: those of operators, and those of each pm. One that the event refuses, because
   * of its writer, its time or its factors, stays parked.
   * @param parked the item of operators, as it was read
   */
  async unpark(row: Row, parked: Item, counts: CounterUpdates): Promise<void> {
    await this.#unparkItem(row, parkedKey(row, ''), counts);
    if (parked.v !== 1) return;
    const items = await this.#db.query({
      TableName: this.#settings.controlTable,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :p AND begins_with(sk, :s)',
      ExpressionAttributeValues: {
        ':p': keys.parkedPartition(row.pattern),
        ':s': keys.parkedPrefix(row.episodeId, row.window),
      },
      ProjectionExpression: 'pk, sk',
    });
    for (const { pk, sk } of items) await this.#unparkItem(row, { pk: String(pk), sk: String(sk) }, counts);
  }

  /** Moves the outcomes of one item. Returns undefined when the event is not stored, or nothing is parked. */
  async #unparkItem(row: Row, Key: ItemKey, counts: CounterUpdates): Promise<ResolveResult | undefined> {
    const TableName = this.#settings.controlTable;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const item = await this.#db.get({ TableName, Key });
      // On a retry the outcomes are applied already, and another request has deleted the item.
      if (item?.o === undefined) return attempt > 0 ? 'resolved' : undefined;
      if (isExpired(item, this.#settings.now())) return undefined;
      const results: ResolveResult[] = [];
      let refused: OutcomeState = NO_OUTCOME;
      for (const change of changesOf(readOutcomeState(item))) {
        const result = await this.apply(row, change, counts);
        if (result === 'missing') return undefined;
        if (staysParked(result)) refused = mergeChange(refused, change, 'own', undefined).state;
        results.push(result);
      }
      const kept = refused.history.length === 0 ? undefined : { refused, code: results.find(staysParked) };
      if (!(await this.#unparkAllBut(kept, { TableName, Key, item }))) continue;
      if (refused.history.length === 0) counts.add(row.pattern, { parked: -1 });
      // A parked outcome may contradict the outcome that came inside its event.
      for (const result of results) if (!staysParked(result)) counts.addConflict(row.pattern, result);
      return results.find(staysParked) ?? 'resolved';
    }
    throw tooManyWriters();
  }

  /** Removes the outcomes that were applied, unless another one was parked meanwhile; then it returns false. */
  #unparkAllBut(
    kept: { readonly refused: OutcomeState; readonly code: ResolveResult | undefined } | undefined,
    { TableName, Key, item }: { readonly TableName: string; readonly Key: ItemKey; readonly item: Item },
  ): Promise<boolean> {
    const { o, l, c, ...others } = item;
    const late = l === undefined ? 'attribute_not_exists(l)' : 'l = :l';
    const mark = item.v === undefined ? 'attribute_not_exists(v)' : 'attribute_exists(v)';
    const condition = {
      TableName,
      Key,
      ConditionExpression: `o = :o AND ${late} AND ${mark}`,
      ExpressionAttributeValues: { ':o': o, ...(l !== undefined && { ':l': l }) },
    };
    if (!kept && item.v === undefined) return this.#db.delete(condition);
    const stays = kept && { ...attributesOf(kept.refused), c: kept.code };
    return this.#db.put({ ...condition, Item: { ...others, ...stays } });
  }

  /** Marks the item of operators, because the outcomes of pms are in items of their own. The mark expires with them. */
  async #markParked(report: OutcomeReport): Promise<void> {
    await this.#db.update({
      TableName: this.#settings.controlTable,
      Key: parkedKey(report, ''),
      UpdateExpression: 'SET v = :v, #x = :x',
      ExpressionAttributeNames: { '#x': keys.TTL_ATTRIBUTE },
      ExpressionAttributeValues: { ':v': 1, ':x': this.#parkedExpiry() },
    });
  }

  #parkedExpiry(): number {
    return expiryAfter(this.#settings.now(), PARKED_DAYS);
  }

  async #park(report: OutcomeReport, owner: string, counts: CounterUpdates): Promise<ResolveResult> {
    const { revision, factors } = report;
    const table = this.#settings.controlTable;
    const key = parkedKey(report, owner);
    const at = { at: revision.resolvedAt, correction: revision.correction, origin: 'own' } as const;
    const late = joinFactors(NO_OUTCOME.late, { factors, ...at }, undefined) ?? NO_OUTCOME.late;
    const Item = {
      ...key,
      o: formatHistory([revision]),
      ...(late.size > 0 && { l: formatLateFactors(late) }),
      ...(owner !== '' && { u: owner }),
      [keys.TTL_ATTRIBUTE]: this.#parkedExpiry(),
    };
    const create = () =>
      this.#db.put({
        TableName: table,
        Item,
        ConditionExpression: 'attribute_not_exists(pk) OR #x <= :now',
        ExpressionAttributeNames: { '#x': keys.TTL_ATTRIBUTE },
        ExpressionAttributeValues: { ':now': Math.floor(this.#settings.now() / 1000) },
      });
    const target: OutcomeItem = {
      table,
      key,
      create,
      set: { [keys.TTL_ATTRIBUTE]: this.#parkedExpiry() },
    };
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
  result === 'not_your_episode' ||
  result === 'outcome_before_event' ||
  result === 'factor_conflict' ||
  result === 'event_too_large';

const strongest = (a: ResolveResult, b: ResolveResult): ResolveResult =>
  a === 'resolved' || b === 'resolved' ? 'resolved' : a;
