import { MAX_EVENT_BYTES } from '../episode/episode-schema.ts';
import type { LateFactors, Origin } from '../episode/late-factors.ts';
import { formatLateFactors, parseLateFactors, withLateFactors } from '../episode/late-factors.ts';
import type { OutcomeHistory } from '../episode/outcome.ts';
import { formatHistory, parseHistory } from '../episode/outcome.ts';
import type { ChangeResult, OutcomeChange, OutcomeState } from '../episode/outcome-state.ts';
import { mergeChange, NO_OUTCOME } from '../episode/outcome-state.ts';
import { packEpisode } from '../episode/packed-episode.ts';
import { isInWindows } from '../episode/read-packed-episode.ts';
import { parseEpisodeBody } from '../episode/stored-body.ts';
import { maySendOutcome, NO_WRITER_ID, ownerOf, parseWriter } from '../episode/writer.ts';
import { Fault } from '../errors.ts';
import { atBaseThresholds } from '../lever/base-thresholds.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Dynamo, Item } from './client.ts';
import * as keys from './keys.ts';

/** Attempts of one conditional write; each fails when another writer changed the same outcome meanwhile. */
export const ATTEMPTS = 20;

export type ItemKey = { readonly pk: string; readonly sk: string };

/** An item that holds outcomes: an event, an episode with windows, or a parked outcome. */
export interface OutcomeItem {
  readonly table: string;
  readonly key: ItemKey;
  /** The pattern of an event; undefined for an item without an event. */
  readonly event?: PatternKey;
  /**
   * Writes the first outcome in one request. Returns false when the item has an outcome, when the event does not exist,
   * or when the outcome needs the event to be read.
   */
  readonly create?: () => Promise<boolean>;
  /** Is called before an event is written, with its time in milliseconds since 1970. */
  readonly mark?: (time: number) => Promise<void>;
  /** Attributes that every write of the item sets besides. */
  readonly set?: Item;
}

interface ItemMerge {
  readonly result: ChangeResult | 'event_too_large' | 'missing';
  /** True when the item had no outcome before. */
  readonly created: boolean;
}

/**
 * Adds an outcome to an item by a conditional write (optimistic lock), so that concurrent writers lose none. The result
 * is `missing` when there is no such item.
 * @param origin `episode` for an outcome of the whole episode that reaches one of its windows
 */
export async function addToItem(
  db: Dynamo,
  target: OutcomeItem,
  change: OutcomeChange,
  origin: Origin,
): Promise<ItemMerge> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await target.create?.()) return { result: 'resolved', created: true };
    const item = await db.get({
      TableName: target.table,
      Key: target.key,
      ProjectionExpression: ['pk', 'o', 'l', 'e', ...(target.event ? ['t', 'b', 'm', 'u'] : [])].join(),
    });
    if (!item) return { result: 'missing', created: false };
    const event = target.event && parseEpisodeBody(target.event, String(item.b));
    const state = readOutcomeState(item);
    const merged = mergeChange(state, change, origin, event);
    const isRepeat = merged.state === state && merged.result === 'unchanged';
    if (target.event && !isRepeat && !maySendOutcome(change.revision.writer, ownerOf(item.u)))
      return { result: 'not_your_episode', created: false };
    if (merged.state === state) return { result: merged.result, created: false };
    const late = merged.state.late === state.late ? undefined : merged.state.late;
    if (late && byteLength(formatLateFactors(late)) + byteLength(item.b) > MAX_EVENT_BYTES)
      return { result: 'event_too_large', created: false };
    const written = { ...attributesOf(merged.state), ...(late && packed(target, item, late)) };
    await target.mark?.(keys.eventTimeOf(String(item.t)));
    if (await replace(db, target, item, written))
      return { result: merged.result, created: item.o === undefined };
  }
  throw tooManyWriters();
}

const byteLength = (text: unknown): number => Buffer.byteLength(typeof text === 'string' ? text : '');

/** Returns what outcomes have told about an item. @throws Fault `damaged_event` */
export function readOutcomeState(item: Item): OutcomeState {
  return {
    history: typeof item.o === 'string' ? withDerivedTime(parseHistory(item.o), item) : NO_OUTCOME.history,
    late: typeof item.l === 'string' ? parseLateFactors(item.l) : NO_OUTCOME.late,
    isInherited: item.e === 1,
  };
}

/**
 * Marks the time of an initial outcome as assumed when format 1 stored it at the very time of its event. An earlier
 * version gave that time to an outcome inside an event without `resolved_at`.
 */
function withDerivedTime(history: OutcomeHistory, { o, t }: Item): OutcomeHistory {
  if (String(o).startsWith('v') || typeof t !== 'string') return history;
  const time = keys.eventTimeOf(t);
  return history.map(revision =>
    !revision.correction && revision.resolvedAt === time ? { ...revision, assumed: 'derived' } : revision,
  );
}

export function attributesOf({ history, late, isInherited }: OutcomeState): Item {
  return {
    ...(history.length > 0 && { o: formatHistory(history) }),
    ...(late.size > 0 && { l: formatLateFactors(late) }),
    ...(isInherited && { e: 1 }),
  };
}

function packed({ event }: OutcomeItem, item: Item, late: LateFactors): Item {
  const inWindows = item.m instanceof Uint8Array && isInWindows(item.m);
  return event === undefined ? {} : { m: packStored(event, item, late, inWindows) };
}

/** Returns the packed form of a stored event with its late factors. @throws Fault `damaged_event` */
export function packStored(
  pattern: PatternKey,
  { b, u }: Item,
  late: LateFactors,
  inWindows: boolean,
): Uint8Array {
  const event = parseEpisodeBody(pattern, String(b));
  return packEpisode(
    atBaseThresholds({ ...event, factors: withLateFactors(event.factors, late) }),
    parseWriter(u)?.id ?? NO_WRITER_ID,
    inWindows,
  );
}

/** Replaces the outcomes of an item if they are still those of `read`. */
function replace(db: Dynamo, target: OutcomeItem, read: Item, written: Item): Promise<boolean> {
  const values: Item = { ...written, ...target.set, ...(target.event && { rk: target.key.pk }) };
  const set = Object.keys(values);
  const removed = read.e === undefined || written.e !== undefined ? '' : ' REMOVE e';
  const same = ['o', 'l', 'e'].map(name =>
    read[name] === undefined ? `attribute_not_exists(${name})` : `${name} = :old_${name}`,
  );
  const old = ['o', 'l', 'e'].filter(name => read[name] !== undefined);
  return db.update({
    TableName: target.table,
    Key: target.key,
    UpdateExpression: `SET ${set.map(name => `${name} = :${name}`).join(', ')}${removed}`,
    ConditionExpression: ['attribute_exists(pk)', ...same].join(' AND '),
    ExpressionAttributeValues: {
      ...Object.fromEntries(set.map(name => [`:${name}`, values[name]])),
      ...Object.fromEntries(old.map(name => [`:old_${name}`, read[name]])),
    },
  });
}

export function tooManyWriters(): Fault {
  return new Fault('store_throttled', 'too many concurrent writers on one outcome; try again');
}
