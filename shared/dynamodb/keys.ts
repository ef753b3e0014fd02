import { hash } from 'node:crypto';
import type { PatternKey } from '../pattern/pattern-key.ts';

/*
 * Every table, key, index and TTL name, and the access patterns they serve.
 *
 * events     pk pattern#shard, sk episode id
 *   put an event once, read one event                     insert / get by key
 *   events with an outcome of a window, by event time     index `outcomes`: rk pattern#shard, t from time to time
 * lessons    pk pattern@set, sk scope hash of the chunk's first row
 * overrides  pk pattern@set, sk scope hash of the chunk's first row
 *   all rows of a set; rows from a scope hash on          query by pk; sk from a hash
 * control    pk, sk
 *   patterns                sk pattern                    all patterns that ever had an event
 *   pattern#KEY             sk head                       what is in force
 *   pattern#KEY             sk counts                     events, events with outcome, parked outcomes
 *   pattern#KEY             sk near                       slices just under n_min in the last run
 *   pattern#KEY             sk evidence                   how its policies would have done, by the last run
 *   pattern#KEY             sk generation#NUMBER          past generations
 *   pattern#KEY             sk audit#TIME#ID              who changed what, when, why
 *   cycles                  sk cycle id (time first)      the runs, newest last
 *   cycle#ID                sk pattern                    what became of each pattern of a run
 *   parked#KEY              sk episode id                 outcomes that came before their event
 *   dimensions#KEY          sk used                       scope dimensions that lessons use, and since when
 *   dimensions#KEY          sk asked#NAME                 when look-ups last asked with one
 */

/** Partitions that the events of one pattern are spread over. Changing it needs a migration: readers ask exactly these. */
export const EVENT_SHARDS = 8;

/** Attribute that holds the epoch second after which DynamoDB may delete an item, in every table. */
export const TTL_ATTRIBUTE = 'expires_at';

export const OUTCOMES_INDEX = 'outcomes';

export interface TableKeys {
  readonly partition: string;
  readonly sort: string;
  /** Sparse: only items that carry `partition` are in it. */
  readonly index?: {
    readonly name: string;
    readonly partition: string;
    readonly sort: string;
    readonly projected: readonly string[];
  };
}

export type TableName = 'events' | 'lessons' | 'overrides' | 'control';

/** The tables; infrastructure and the local service create them from this. */
export const TABLES: Readonly<Record<TableName, TableKeys>> = {
  events: {
    partition: 'pk',
    sort: 'sk',
    // m: the packed event, o: the outcome history; the expiry, because DynamoDB deletes expired items only within days.
    // Nothing else is read by a run.
    index: { name: OUTCOMES_INDEX, partition: 'rk', sort: 't', projected: ['m', 'o', TTL_ATTRIBUTE] },
  },
  lessons: { partition: 'pk', sort: 'sk' },
  overrides: { partition: 'pk', sort: 'sk' },
  control: { partition: 'pk', sort: 'sk' },
};

/** Partition of an event: pattern and shard; the shard comes from the episode id, so a repeat meets the first. */
export function eventPartition(pattern: PatternKey, episodeId: string): string {
  const digest = hash('sha256', episodeId, 'buffer');
  return `${pattern}#${(digest[0] ?? 0) % EVENT_SHARDS}`;
}

/**
 * Where an event stands in the index: its time, then a part of its id's hash. Events of one moment differ in it, because
 * an engine may tell rows of an index with equal keys apart by less than their whole keys, and then loses some.
 * @param ms event time, milliseconds since 1970, up to the year 2286
 */
export function eventTimeSort(ms: number, episodeId: string): string {
  return `${eventTime(ms)}#${hash('sha256', episodeId).slice(2, 14)}`;
}

/** The event time in a sort key of the index, milliseconds since 1970; NaN when it is none of ours. */
export function eventTimeOf(sort: string): number {
  return /^\d{13}(#|$)/.test(sort) ? Number(sort.slice(0, 13)) : Number.NaN;
}

/** First and last sort key of a span of event times, both inclusive. */
export function eventTimeSpan(from: number, to: number): readonly [string, string] {
  return [eventTime(from), `${eventTime(to)}#~`];
}

/** Of fixed width, so that text order is time order. */
function eventTime(ms: number): string {
  return String(Math.min(9_999_999_999_999, Math.max(0, Math.floor(ms)))).padStart(13, '0');
}

/** All partitions of a pattern's events. */
export function eventPartitions(pattern: PatternKey): string[] {
  return Array.from({ length: EVENT_SHARDS }, (_, shard) => `${pattern}#${shard}`);
}

/** Partition of one immutable set of lessons or overrides. */
export const setPartition = (pattern: PatternKey, set: string): string => `${pattern}@${set}`;

export const PATTERNS = 'patterns';
export const CYCLES = 'cycles';
export const patternPartition = (pattern: PatternKey): string => `pattern#${pattern}`;
export const cyclePartition = (cycleId: string): string => `cycle#${cycleId}`;
export const parkedPartition = (pattern: PatternKey): string => `parked#${pattern}`;

export const dimensionsPartition = (pattern: PatternKey): string => `dimensions#${pattern}`;

export const HEAD = 'head';
export const COUNTS = 'counts';
export const NEAR = 'near';
export const EVIDENCE = 'evidence';
export const USED = 'used';
const ASKED_PREFIX = 'asked#';
export const GENERATION_PREFIX = 'generation#';
export const AUDIT_PREFIX = 'audit#';
/** Zero-padded, so that text order is number order. */
export const generationSort = (generation: number): string =>
  `${GENERATION_PREFIX}${String(generation).padStart(10, '0')}`;
export const auditSort = (at: string, id: string): string => `${AUDIT_PREFIX}${at}#${id}`;
export const askedSort = (name: string): string => `${ASKED_PREFIX}${name}`;
/** The dimension of a sort key; undefined for another key. */
export const askedName = (sort: string): string | undefined =>
  sort.startsWith(ASKED_PREFIX) ? sort.slice(ASKED_PREFIX.length) : undefined;
