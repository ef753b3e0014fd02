import { hash } from 'node:crypto';
import type { PatternKey } from '../pattern/pattern-key.ts';

/*
 * Names of tables, keys, indexes and attributes, and the access patterns that they serve.
 *
 * events     pk pattern#shard, sk episode id, for a window EPISODE\u001fWINDOW
 *   put an event once, read one event                     insert / get by key
 *   sk EPISODE\u001f: outcomes of an episode with windows  get by key
 *   sk EPISODE\u001f\u001eWRITER: the same for the windows of one pm
 *   all rows of an episode, and its outcomes              query by pk, sk from EPISODE to EPISODE and a space
 *   events with an outcome of a window, by event time     index `outcomes`: rk pattern#shard, t from time to time
 *   events without an outcome of a window, by event time  index `outcomes`: rk pattern#shard#pending, t likewise
 * lessons    pk pattern@set, sk scope hash of the chunk's first row; sets of lessons and of near lessons
 * overrides  pk pattern@set, sk scope hash of the chunk's first row
 *   all rows of a set; rows from a scope hash on          query by pk; sk from a hash
 * control    pk, sk
 *   patterns                sk pattern                    all patterns: since when events name them, or outcomes that wait
 *   pattern#KEY             sk head                       mode, settings, generation in force
 *   pattern#KEY             sk counts                     events, events with outcome, parked outcomes
 *   pattern#KEY             sk near                       the set of slices just under n_min in the last run
 *   pattern#KEY             sk evidence                   the policy comparison of the last run
 *   pattern#KEY             sk values                     values of the last run's events in dimensions of overrides
 *   pattern#KEY             sk base-days                  daily results of the base gates over a year
 *   pattern#KEY             sk model                      the model of a day, and what it depends on
 *   pattern#KEY             sk folds#POLICY               overrides of a policy for the weeks of its evidence
 *   pattern#KEY             sk guard                      state of the guard's test
 *   pattern#KEY             sk generation#NUMBER          past generations
 *   pattern#KEY             sk audit#TIME#ID              which operator changed what, when, why
 *   pattern#KEY             sk change#TIME#ID             the same, and publications of scheduled runs
 *   changes                 sk TIME#ID                    the same of all patterns
 *   service                 sk mode                       the switch for everything
 *   cycles                  sk cycle id (time first)      the runs that publish, oldest first
 *   last-cycle              sk full                       the finished run over all patterns that was written last
 *   trials                  sk cycle id (time first)      the trials, oldest first
 *   cycle#ID                sk pattern                    the result of each pattern of a run, and its row sets
 *   run-patterns#ID         sk page number                the patterns of a run, in pages
 *   parked#KEY              sk as that of the event       outcomes of operators that came before their event
 *   parked#KEY              sk the same, \u001e and writer the same of one pm
 *   founded#WRITER          sk place                      patterns that a pm has founded
 *   writers                 sk number of a writer         its name, and whether it is excluded
 *   dimensions#KEY          sk used                       scope dimensions that lessons use, and since when
 *   dimensions#KEY          sk asked#NAME                 when a look-up last used the dimension
 *   dimensions#KEY          sk factor#PLACE               a misspelt factor, and when an event last had it
 *   notifications           sk state                      the state of the poller of notifications
 *   notifications           sk ended#TARGET               a target that answered 410, and the hash of its configuration
 *   degraded                sk MINUTE#KEY                 look-ups of a minute that could not read what is in force
 *   pattern#KEY             sk flow                       earlier values of the counts
 *   days#KEY                sk day since 1970             whether a day is sealed, and when it was last marked
 *   sealed#KEY              sk day, # and part            the events of a sealed day (sealed-rows.ts)
 *   format                  sk version                    version of the stored formats (stored-format.ts)
 *   probe                   sk insert                     exists only while a start checks the engine
 *   probe                   sk write                      in any table: written after a write that was refused
 *
 * Short attribute names, because DynamoDB bills by the byte:
 *
 * event         b canonical body    h hash of the body    m packed event (for runs)    t event time and hash of the id
 *               w random token of the request that wrote it    o outcome history    rk pk, with #pending while there is no outcome
 *               l late factors    e 1 if `o` is the outcome of the episode    u writer (writer.ts)
 * episode       o outcome history    l late factors
 * parked        o outcome history    l late factors    u writer of a pm's item    c code of why it stays parked
 *               v 1 if pms have items of their own
 * writer        writer its name    since when it was first seen    excluded who excluded it, when, why
 * counts        by_N events of the writer with number N, in base 36    w random token of the last write    waiting outcomes parked since the last one that found its event
 *               waiting_since time of the first of them
 * row-set chunk n number of rows    z rows as JSON, deflated
 * day           m when it was last marked    f fingerprint of its events, p number of parts, c when they were last compared
 * sealed        z events of a part, compressed
 * model, folds              v form    k hash of what the model depends on    z the fits as JSON, deflated
 * poller of notifications   v number of writes    z its state as JSON, deflated
 * head, generation, chunk   format_version of the item; none means 1
 */

/** Number of partitions per pattern in the events table. A change needs a migration: readers query exactly these. */
export const EVENT_SHARDS = 8;

/** Attribute with the epoch second after which DynamoDB may delete an item, in every table. */
export const TTL_ATTRIBUTE = 'expires_at';

/** Attribute with the format version of one item; absent means version 1. */
export const FORMAT_ATTRIBUTE = 'format_version';

export const OUTCOMES_INDEX = 'outcomes';

export interface TableKeys {
  readonly partition: string;
  readonly sort: string;
  /** The index is sparse: it holds only items that carry `partition`. */
  readonly index?: {
    readonly name: string;
    readonly partition: string;
    readonly sort: string;
    readonly projected: readonly string[];
  };
}

export type TableName = 'events' | 'lessons' | 'overrides' | 'control';

/** Keys of each table. Infrastructure and the local service create the tables from it. */
export const TABLES: Readonly<Record<TableName, TableKeys>> = {
  events: {
    partition: 'pk',
    sort: 'sk',
    // Runs read events only from this index. The expiry is projected because DynamoDB deletes expired items only within
    // days.
    index: { name: OUTCOMES_INDEX, partition: 'rk', sort: 't', projected: ['m', 'o', TTL_ATTRIBUTE] },
  },
  lessons: { partition: 'pk', sort: 'sk' },
  overrides: { partition: 'pk', sort: 'sk' },
  control: { partition: 'pk', sort: 'sk' },
};

/**
 * Separates the id of an episode from its window in a sort key. Ids hold no control characters. A key has at most 961
 * bytes; DynamoDB allows 1,024.
 */
const WINDOW_SEPARATOR = '\u001f';

/** Returns the sort key of an event. @param window undefined for the row of an episode that is logged once */
export const eventSort = (episodeId: string, window: string | undefined): string =>
  window === undefined ? episodeId : `${episodeId}${WINDOW_SEPARATOR}${window}`;

/** Separates what belongs to one pm from what belongs to nobody. It sorts before the separator of windows. */
const OWNER_SEPARATOR = '\u001e';

const ownedBy = (owner: string): string => (owner === '' ? '' : `${OWNER_SEPARATOR}${owner}`);

/**
 * Returns the sort key of the outcomes of an episode with windows.
 * @param owner pm whose windows they are for; `''` for windows that belong to nobody
 */
export const episodeSort = (episodeId: string, owner: string): string =>
  `${episodeId}${WINDOW_SEPARATOR}${ownedBy(owner)}`;

/**
 * Returns the sort key of parked outcomes.
 * @param owner pm who sent them; `''` for operators
 */
export const parkedSort = (episodeId: string, window: string | undefined, owner: string): string =>
  `${eventSort(episodeId, window)}${ownedBy(owner)}`;

/** Returns the beginning of the sort keys of outcomes that pms have parked for an event. */
export const parkedPrefix = (episodeId: string, window: string | undefined): string =>
  `${eventSort(episodeId, window)}${OWNER_SEPARATOR}`;

/**
 * Returns a span of sort keys, both inclusive, that holds the rows of an episode and its outcomes. Besides them it may
 * hold the episode whose id ends with one more space, the character after the separator.
 */
export const episodeSpan = (episodeId: string): readonly [string, string] => [episodeId, `${episodeId} `];

/** Returns the episode and the window in a sort key of an event or a parked outcome. */
export function windowOf(sort: string): { readonly episodeId: string; readonly window: string | undefined } {
  const [row = ''] = sort.split(OWNER_SEPARATOR);
  const [episodeId = '', window] = row.split(WINDOW_SEPARATOR);
  return { episodeId, window };
}

/** Returns whether a sort key of the events table is that of an event, and not of the outcomes of an episode. */
export const isEventSort = (sort: string): boolean => windowOf(sort).window !== '';

/** Returns the partition of an event: pattern and shard. Rows of one episode have the same shard, a hash of its id. */
export function eventPartition(pattern: PatternKey, episodeId: string): string {
  const digest = hash('sha256', episodeId, 'buffer');
  return `${pattern}#${(digest[0] ?? 0) % EVENT_SHARDS}`;
}

/**
 * Returns the sort key of an event in the index: its time, then a part of the hash of its sort key. The hash makes the
 * keys of simultaneous events differ: the embedded engine can lose index rows whose keys are equal.
 * @param ms event time, milliseconds since 1970, up to the year 2286
 * @param sort sort key of the event in the table
 */
export function eventTimeSort(ms: number, sort: string): string {
  return `${eventTime(ms)}#${hash('sha256', sort).slice(2, 14)}`;
}

/** Returns the event time in a sort key of the index, milliseconds since 1970; NaN when the key has another form. */
export function eventTimeOf(sort: string): number {
  return /^\d{13}(#|$)/.test(sort) ? Number(sort.slice(0, 13)) : Number.NaN;
}

/** Returns the first and the last sort key of a span of event times, both inclusive. */
export function eventTimeSpan(from: number, to: number): readonly [string, string] {
  return [eventTime(from), `${eventTime(to)}#~`];
}

/** Returns a time in 13 digits, so that text order is time order. */
function eventTime(ms: number): string {
  return String(Math.min(9_999_999_999_999, Math.max(0, Math.floor(ms)))).padStart(13, '0');
}

/** Returns all partitions of a pattern's events. */
export function eventPartitions(pattern: PatternKey): string[] {
  return Array.from({ length: EVENT_SHARDS }, (_, shard) => `${pattern}#${shard}`);
}

/** Returns the partition of the index that holds the events of a partition without an outcome. */
export const pendingPartition = (partition: string): string => `${partition}#pending`;

/** Returns the partition of one immutable set of lessons or overrides. */
export const setPartition = (pattern: PatternKey, set: string): string => `${pattern}@${set}`;

/** Key of an item, in any table, that is written to find out whether the table takes writes; it has expired. */
export const WRITE_PROBE_KEY = { pk: 'probe', sk: 'write' } as const;

export const PATTERNS = 'patterns';
/** Key of the switch for everything. */
export const SERVICE_KEY = { pk: 'service', sk: 'mode' } as const;
export const CYCLES = 'cycles';
export const TRIALS = 'trials';
export const LAST_CYCLE = 'last-cycle';
export const LAST_FULL = 'full';
export const FORMAT = 'format';
export const FORMAT_VERSION_SORT = 'version';
/** Key of the item with which a start checks that the engine inserts batches. */
export const PROBE_KEY = { pk: 'probe', sk: 'insert' } as const;
export const patternPartition = (pattern: PatternKey): string => `pattern#${pattern}`;
export const cyclePartition = (cycleId: string): string => `cycle#${cycleId}`;
export const runPatternsPartition = (cycleId: string): string => `run-patterns#${cycleId}`;
/** Returns a zero-padded sort key, so that text order is page order. */
export const pageSort = (page: number): string => String(page).padStart(6, '0');
export const foundedPartition = (writer: string): string => `founded#${writer}`;
export const WRITERS = 'writers';
/** Returns the sort key of a writer: its number in 8 hexadecimal digits. */
export const writerSort = (id: number): string => id.toString(16).padStart(8, '0');
export const parkedPartition = (pattern: PatternKey): string => `parked#${pattern}`;

export const daysPartition = (pattern: PatternKey): string => `days#${pattern}`;
export const sealedPartition = (pattern: PatternKey): string => `sealed#${pattern}`;
/** Digits of a day in a sort key: enough for every time that an event may have. */
export const DAY_DIGITS = 6;
/** Returns the zero-padded sort key of a day, so that text order is day order. @param day days since 1970 */
export const daySort = (day: number): string => String(day).padStart(DAY_DIGITS, '0');
/** Returns the sort key of a part of a sealed day. */
export const sealedSort = (day: number, part: number): string =>
  `${daySort(day)}#${String(part).padStart(4, '0')}`;

export const dimensionsPartition = (pattern: PatternKey): string => `dimensions#${pattern}`;

export const HEAD = 'head';
export const COUNTS = 'counts';
export const NEAR = 'near';
export const EVIDENCE = 'evidence';
export const VALUES = 'values';
export const BASE_DAYS = 'base-days';
export const MODEL = 'model';
/** Returns the sort key of the overrides of past weeks of a policy. */
export const foldsSort = (policy: string): string => `folds#${policy}`;
export const USED = 'used';
const QUERIED_PREFIX = 'asked#';
const FACTOR_PREFIX = 'factor#';
const CALLER_PREFIX = 'caller#';
export const DEGRADED = 'degraded';
export const NOTIFICATIONS = 'notifications';
export const NOTIFICATION_STATE = 'state';
export const ENDED_PREFIX = 'ended#';
export const FLOW = 'flow';
export const GUARD = 'guard';
export const GENERATION_PREFIX = 'generation#';
export const AUDIT_PREFIX = 'audit#';
export const CHANGES = 'changes';
export const CHANGE_PREFIX = 'change#';
/** Returns a zero-padded sort key, so that text order is number order. */
export const generationSort = (generation: number): string =>
  `${GENERATION_PREFIX}${String(generation).padStart(10, '0')}`;
export const auditSort = (change: string): string => `${AUDIT_PREFIX}${change}`;
/** Returns the sort key of a change among all changes: its time, then an id. @param at RFC 3339 in UTC */
export const changeSort = (at: string, id: string): string => `${at}#${id}`;
export const queriedSort = (name: string): string => `${QUERIED_PREFIX}${name}`;
export const callerSort = (name: string): string => `${CALLER_PREFIX}${name}`;
/** Returns the caller in a sort key; undefined for a key of another form. */
export const callerName = (sort: string): string | undefined =>
  sort.startsWith(CALLER_PREFIX) ? sort.slice(CALLER_PREFIX.length) : undefined;
/**
 * Returns the sort key of a misspelt factor: one of a hundred places, by the hash of its name. So callers that invent
 * names cannot make `status` slow; of two names in one place the last one is kept.
 */
export function factorSort(name: string): string {
  const place = Number.parseInt(hash('sha256', name).slice(0, 8), 16) % FACTOR_PLACES;
  return `${FACTOR_PREFIX}${String(place).padStart(2, '0')}`;
}
const FACTOR_PLACES = 100;
/** Returns whether a sort key is that of a misspelt factor. */
export const isFactorSort = (sort: string): boolean => sort.startsWith(FACTOR_PREFIX);
/** Returns the factor in a sort key of an earlier version, which held its name. */
export const factorName = (sort: string): string => sort.slice(FACTOR_PREFIX.length);
/** Returns the first sort key of the minute of a moment, milliseconds since 1970; with a pattern, the key itself. */
export const degradedSort = (ms: number, pattern: PatternKey | '' = ''): string =>
  `${new Date(ms).toISOString().slice(0, 16)}#${pattern}`;
/** Returns the pattern in a sort key of degraded look-ups. */
export const degradedPattern = (sort: string): string => sort.slice(sort.indexOf('#') + 1);
/** Returns the dimension in a sort key; undefined for a key of another form. */
export const queriedName = (sort: string): string | undefined =>
  sort.startsWith(QUERIED_PREFIX) ? sort.slice(QUERIED_PREFIX.length) : undefined;
