import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { Fault } from '../errors.ts';
import type { RowSetRef } from '../generation/head.ts';
import type { RowSetStore } from '../generation/ports.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Dynamo, Item } from './client.ts';
import { mapBatches } from './client.ts';
import { setPartition, TTL_ATTRIBUTE } from './keys.ts';

/** Rows per item: some 20 kB compressed, so that a set of 20,000 is 40 items. */
export const CHUNK_ROWS = 500;
/** A chunk larger than this inflated is none of ours. */
const MAX_CHUNK_BYTES = 16 * 1024 * 1024;

interface SetRow {
  readonly scope_hash: string;
  readonly action_category: string;
}

interface Chunk {
  readonly key: string;
  readonly text: string;
  readonly rows: number;
}

/**
 * Immutable sets of rows. A set is named by the hash of its content: written twice it is the same items, two runs
 * that learn the same cannot disturb each other, and what is read back can be proven to be what was written.
 * Rows are kept in chunks; a chunk's sort key is its first row's key, so that any row is found by one query.
 */
export class DynamoRowSetStore<Row extends SetRow> implements RowSetStore<Row> {
  readonly #db: Dynamo;
  readonly #table: string;

  constructor(db: Dynamo, table: string) {
    this.#db = db;
    this.#table = table;
  }

  describe(rows: readonly Row[]): RowSetRef {
    return describeChunks(chunksOf(rows), rows.length);
  }

  async write(pattern: PatternKey, rows: readonly Row[], expiresAt: number): Promise<RowSetRef> {
    const chunks = chunksOf(rows);
    const set = describeChunks(chunks, rows.length);
    const pk = setPartition(pattern, set.id);
    const items = chunks.map(chunk => ({
      pk,
      sk: chunk.key,
      n: chunk.rows,
      z: deflateRawSync(chunk.text),
      [TTL_ATTRIBUTE]: expiresAt,
    }));
    await this.#db.putMany(this.#table, items);
    return set;
  }

  async read(pattern: PatternKey, set: RowSetRef): Promise<Row[]> {
    if (set.rows === 0) return [];
    const texts: string[] = [];
    const query = {
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': setPartition(pattern, set.id) },
    };
    for await (const page of this.#db.pages({ TableName: this.#table, ConsistentRead: true, ...query }))
      texts.push(...page.map(inflate));
    if (hashOf(texts) !== set.id)
      throw new Fault('damaged_generation', `${texts.length} of ${set.chunks} parts, or other content`);
    return texts.flatMap(text => rowsOf<Row>(text));
  }

  async page(
    pattern: PatternKey,
    set: RowSetRef,
    from: string,
    limit: number,
  ): Promise<{ rows: Row[]; next?: string }> {
    const rows: Row[] = [];
    if (set.rows === 0) return { rows };
    const start = await this.#chunkHolding(pattern, set, from);
    const pages = this.#db.pages({
      TableName: this.#table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :p AND sk >= :k',
      ExpressionAttributeValues: { ':p': setPartition(pattern, set.id), ':k': start },
      Limit: Math.ceil(limit / CHUNK_ROWS) + 1,
    });
    let chunks = 0;
    for await (const items of pages) {
      chunks += items.length;
      for (const item of items) rows.push(...rowsOf<Row>(inflate(item)).filter(row => rowKey(row) >= from));
      if (rows.length > limit) break;
    }
    if (chunks === 0)
      throw from === ''
        ? new Fault('damaged_generation', 'the parts of the generation are missing')
        : new Fault('invalid_page_token', 'what the page before came from is no longer kept; start again');
    const beyond = rows[limit];
    return beyond ? { rows: rows.slice(0, limit), next: rowKey(beyond) } : { rows };
  }

  async renew(pattern: PatternKey, set: RowSetRef, expiresAt: number): Promise<void> {
    if (set.rows === 0) return;
    const pk = setPartition(pattern, set.id);
    const query = {
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': pk },
      ProjectionExpression: 'sk',
    };
    const items = await this.#db.query({ TableName: this.#table, ConsistentRead: true, ...query });
    if (items.length !== set.chunks)
      throw new Fault('damaged_generation', 'a part of the generation is missing');
    const renewed = await mapBatches(items, 1, async ([item]) => {
      return this.#db.update({
        TableName: this.#table,
        Key: { pk, sk: item?.sk },
        UpdateExpression: 'SET #x = :x',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeNames: { '#x': TTL_ATTRIBUTE },
        ExpressionAttributeValues: { ':x': expiresAt },
      });
    });
    if (renewed.includes(false)) throw new Fault('damaged_generation', 'a part of the generation is missing');
  }

  /** Sort key of the chunk that holds the first row at or after `from`. */
  async #chunkHolding(pattern: PatternKey, set: RowSetRef, from: string): Promise<string> {
    const [item] = await this.#db.queryPage({
      TableName: this.#table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :p AND sk <= :k',
      ExpressionAttributeValues: { ':p': setPartition(pattern, set.id), ':k': from === '' ? '!' : from },
      ScanIndexForward: false,
      Limit: 1,
      ProjectionExpression: 'sk',
    });
    // Before the first chunk: start there. '!' sorts before every hexadecimal digit.
    return item ? String(item.sk) : '!';
  }
}

/** Where a row stands in its set; also the token of a page that starts with it. */
export function rowKey(row: SetRow): string {
  return `${row.scope_hash}#${row.action_category}`;
}

function chunksOf(rows: readonly SetRow[]): Chunk[] {
  const chunks: Chunk[] = [];
  for (let i = 0; i < rows.length; i += CHUNK_ROWS) {
    const part = rows.slice(i, i + CHUNK_ROWS);
    const [first] = part;
    if (first) chunks.push({ key: rowKey(first), text: JSON.stringify(part), rows: part.length });
  }
  return chunks;
}

function describeChunks(chunks: readonly Chunk[], rows: number): RowSetRef {
  return { id: hashOf(chunks.map(chunk => chunk.text)), rows, chunks: chunks.length };
}

function hashOf(texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\n');
  return hash.digest('hex').slice(0, 32);
}

function inflate(item: Item): string {
  if (!(item.z instanceof Uint8Array)) throw new Fault('damaged_generation', 'a part has no content');
  try {
    return inflateRawSync(item.z, { maxOutputLength: MAX_CHUNK_BYTES }).toString('utf8');
  } catch (cause) {
    throw new Fault('damaged_generation', 'a part is unreadable', { cause });
  }
}

function rowsOf<Row>(text: string): Row[] {
  try {
    return JSON.parse(text) as Row[];
  } catch (cause) {
    throw new Fault('damaged_generation', 'a part is unreadable', { cause });
  }
}
