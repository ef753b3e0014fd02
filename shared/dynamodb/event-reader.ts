import type { QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import type { EventQuery, EventReader, ParkedOutcomes, StoredEvent } from '../episode/event-reader.ts';
import { parseEpisodeBody } from '../episode/stored-body.ts';
import { parseWriter } from '../episode/writer.ts';
import { Fault } from '../errors.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Dynamo, Item } from './client.ts';
import { episodeQuery } from './episode-query.ts';
import * as keys from './keys.ts';
import { readOutcomeState } from './outcome-items.ts';

interface ReaderSettings {
  readonly eventsTable: string;
  readonly controlTable: string;
  readonly now: () => number;
}

/** Events whose bodies are read at once. */
const BATCH = 100;
/** Index rows of one partition that are read at once. */
const INDEX_PAGE = 64;
/** A page token: the sort key of the next event in the index, with a dot, which a URL takes as it is. */
const TOKEN = /^\d{13}\.[0-9a-f]{12}$/;

/** The key of a stored event, and its place in the order of time. */
interface Place {
  readonly pk: string;
  readonly sk: string;
  readonly t: string;
}

/** Stored events in the order of their time, merged from the partitions of the index. */
export class DynamoEventReader implements EventReader {
  readonly #db: Dynamo;
  readonly #settings: ReaderSettings;

  constructor(db: Dynamo, settings: ReaderSettings) {
    this.#db = db;
    this.#settings = settings;
  }

  async page(query: EventQuery, take: (event: StoredEvent) => boolean): Promise<{ readonly next?: string }> {
    const { pattern, episodeId, from = 0, to = Number.MAX_SAFE_INTEGER, next } = query;
    if (next !== undefined && !TOKEN.test(next)) throw invalidToken();
    const [first, last] = keys.eventTimeSpan(from, to);
    const following = next?.replace('.', '#') ?? first;
    const start = following < first ? first : following;
    if (start > last) return {};
    if (episodeId !== undefined) return takeAll(await this.#ofEpisode(pattern, episodeId, start, last), take);
    for await (const events of this.#inOrder(pattern, start, last, true)) {
      const rest = takeAll(events, take);
      if (rest.next !== undefined) return rest;
    }
    return {};
  }

  /** The token is the sort key of the next item, in base64 because it holds control characters. */
  async parked(
    pattern: PatternKey,
    next: string | undefined,
    take: (parked: ParkedOutcomes) => boolean,
  ): Promise<{ readonly next?: string }> {
    const start = next === undefined ? ' ' : Buffer.from(next, 'base64url').toString('utf8');
    if (
      start === '' ||
      Buffer.from(start).toString('base64url') !== (next ?? Buffer.from(' ').toString('base64url'))
    )
      throw invalidToken();
    const pages = this.#db.pages({
      TableName: this.#settings.controlTable,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :p AND sk >= :s',
      FilterExpression: '#x > :now AND attribute_exists(o)',
      ExpressionAttributeNames: { '#x': keys.TTL_ATTRIBUTE },
      ExpressionAttributeValues: {
        ':p': keys.parkedPartition(pattern),
        ':s': start,
        ':now': Math.floor(this.#settings.now() / 1000),
      },
    });
    for await (const page of pages)
      for (const item of page)
        if (!take(toParked(item))) return { next: Buffer.from(String(item.sk)).toString('base64url') };
    return {};
  }

  async newest(pattern: PatternKey, limit: number): Promise<StoredEvent[]> {
    const [first, last] = keys.eventTimeSpan(0, Number.MAX_SAFE_INTEGER);
    const found: StoredEvent[] = [];
    for await (const events of this.#inOrder(pattern, first, last, false)) {
      found.push(...events.map(({ event }) => event));
      if (found.length >= limit) break;
    }
    return found.slice(0, limit);
  }

  /** Yields the events between two sort keys of the index, in batches. @param isForward false: newest first */
  async *#inOrder(pattern: PatternKey, first: string, last: string, isForward: boolean) {
    const partitions = keys.eventPartitions(pattern).flatMap(pk => [keys.pendingPartition(pk), pk]);
    const sources = partitions.map(rk =>
      places(this.#db.pages(this.#indexQuery(rk, first, last, isForward))),
    );
    let batch: Place[] = [];
    for await (const place of mergeByTime(sources, isForward)) {
      batch.push(place);
      if (batch.length < BATCH) continue;
      yield this.#read(pattern, batch);
      batch = [];
    }
    if (batch.length > 0) yield this.#read(pattern, batch);
  }

  #indexQuery(rk: string, first: string, last: string, isForward: boolean): QueryCommandInput {
    return {
      TableName: this.#settings.eventsTable,
      IndexName: keys.OUTCOMES_INDEX,
      KeyConditionExpression: 'rk = :p AND t BETWEEN :from AND :to',
      FilterExpression: 'attribute_not_exists(#x) OR #x > :now',
      ExpressionAttributeNames: { '#x': keys.TTL_ATTRIBUTE },
      ExpressionAttributeValues: {
        ':p': rk,
        ':from': first,
        ':to': last,
        ':now': Math.floor(this.#settings.now() / 1000),
      },
      ProjectionExpression: 'pk, sk, t',
      ScanIndexForward: isForward,
      Limit: INDEX_PAGE,
    };
  }

  /** Reads the events of some places, in their order; an event that expired meanwhile is left out. */
  async #read(pattern: PatternKey, batch: readonly Place[]): Promise<PlacedEvent[]> {
    const items = await this.#db.getMany(
      this.#settings.eventsTable,
      batch.map(({ pk, sk }) => ({ pk, sk })),
    );
    const found = new Map(items.map(item => [`${item.pk} ${item.sk}`, item]));
    return batch.flatMap(({ pk, sk, t }) => {
      const item = found.get(`${pk} ${sk}`);
      return item ? [{ t, event: toStoredEvent(pattern, item) }] : [];
    });
  }

  /** Reads the rows of one episode by a consistent read. */
  async #ofEpisode(
    pattern: PatternKey,
    episodeId: string,
    first: string,
    last: string,
  ): Promise<PlacedEvent[]> {
    const items = await this.#db.query({
      TableName: this.#settings.eventsTable,
      ...episodeQuery(pattern, episodeId),
    });
    return items
      .filter(({ sk, b }) => b !== undefined && keys.windowOf(String(sk)).episodeId === episodeId)
      .map(item => ({ t: String(item.t), event: toStoredEvent(pattern, item) }))
      .filter(({ t }) => first <= t && t <= last)
      .sort((a, b) => (a.t < b.t ? -1 : 1));
  }
}

interface PlacedEvent {
  readonly t: string;
  readonly event: StoredEvent;
}

/** Hands events on until one does not fit; the next page begins with it. */
function takeAll(
  events: readonly PlacedEvent[],
  take: (event: StoredEvent) => boolean,
): { readonly next?: string } {
  const left = events.find(({ event }) => !take(event));
  return left ? { next: left.t.replace('#', '.') } : {};
}

/** @throws Fault `damaged_event` */
function toStoredEvent(pattern: PatternKey, item: Item): StoredEvent {
  return {
    episode: parseEpisodeBody(pattern, String(item.b)),
    state: readOutcomeState(item),
    writer: parseWriter(item.u),
  };
}

/** @throws Fault `damaged_event` */
function toParked(item: Item): ParkedOutcomes {
  const code = typeof item.c === 'string' ? item.c : undefined;
  return { ...keys.windowOf(String(item.sk)), state: readOutcomeState(item), code };
}

async function* places(pages: AsyncIterable<readonly Item[]>): AsyncGenerator<Place> {
  for await (const page of pages)
    for (const { pk, sk, t } of page) yield { pk: String(pk), sk: String(sk), t: String(t) };
}

/**
 * Merges sorted sources into one order. An event whose outcome arrives between two reads is in two partitions, and is
 * yielded once.
 */
async function* mergeByTime(
  sources: readonly AsyncGenerator<Place>[],
  isForward: boolean,
): AsyncGenerator<Place> {
  const heads = await Promise.all(sources.map(async source => ({ source, step: await source.next() })));
  let before: Place | undefined;
  for (;;) {
    const open = heads.filter(({ step }) => !step.done);
    const [head] = open.sort((a, b) => (a.step.value.t < b.step.value.t === isForward ? -1 : 1));
    if (!head || head.step.done) return;
    const place = head.step.value;
    if (before?.t !== place.t || before.sk !== place.sk) yield place;
    before = place;
    head.step = await head.source.next();
  }
}

function invalidToken(): Fault {
  return new Fault('invalid_page_token', 'the page token is invalid: pass "next" exactly as it was returned');
}
