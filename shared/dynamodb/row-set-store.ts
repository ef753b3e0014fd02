import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { Fault, faultCode } from '../errors.ts';
import type { RowSetRef } from '../generation/generation.ts';
import type { RowSetStore } from '../generation/ports.ts';
import { shortHashOfLines } from '../hash.ts';
import type { ScorePart } from '../override/score/score-parts.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Dynamo, Item } from './client.ts';
import { mapBatches } from './client.ts';
import { MAX_ITEM_BYTES } from './item-size.ts';
import { setPartition, TTL_ATTRIBUTE } from './keys.ts';
import { assertReadable } from './stored-format.ts';

/** Maximum rows per chunk: about 20 kB deflated, so a set of 20,000 rows has 40 items. */
export const CHUNK_ROWS = 500;
/**
 * Maximum bytes of a chunk's JSON. Text that does not compress grows by less than 1 kB, so the item with its keys stays
 * below DynamoDB's limit. The rule does not depend on the compression, so equal rows make equal chunks everywhere.
 */
const CHUNK_BYTES = MAX_ITEM_BYTES - 9_600;
/** Chunks of one query while a page is read; a page of 1,000 short rows takes three. */
const CHUNKS_PER_QUERY = 3;
/** Maximum bytes of an inflated chunk; a larger one is damaged. */
const MAX_CHUNK_BYTES = 16 * 1024 * 1024;

/** Returns the sort key of a row. The rows of a set ascend by it. */
type KeyOf<Row> = (row: Row) => string;

interface Chunk {
  readonly key: string;
  readonly text: string;
  readonly rows: number;
}

/**
 * Immutable sets of rows, each named by the hash of its content.
 *
 * - Writing a set twice writes the same items, so two runs with the same result cannot disturb each other.
 * - Reading a set verifies its content by its name.
 * - The sort key of a chunk is the key of its first row, so one query finds the chunk of any row.
 */
export class DynamoRowSetStore<Row> implements RowSetStore<Row> {
  readonly #db: Dynamo;
  readonly #table: string;
  readonly #keyOf: KeyOf<Row>;

  constructor(db: Dynamo, table: string, keyOf: KeyOf<Row>) {
    this.#db = db;
    this.#table = table;
    this.#keyOf = keyOf;
  }

  describe(rows: readonly Row[]): RowSetRef {
    return describeChunks(chunksOf(rows, this.#keyOf), rows.length);
  }

  async write(pattern: PatternKey, rows: readonly Row[], expiresAt: number): Promise<RowSetRef> {
    const chunks = chunksOf(rows, this.#keyOf);
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

  /** Reads at half the price first. Rows that were just written may be missing there, so a second read decides. */
  async isIntact(pattern: PatternKey, set: RowSetRef): Promise<boolean> {
    if (set.rows === 0) return true;
    for (const isConsistent of [false, true]) {
      const texts = await this.#texts(pattern, set, isConsistent).catch(unlessDamaged);
      if (texts && shortHashOfLines(texts) === set.id) return true;
    }
    return false;
  }

  async read(pattern: PatternKey, set: RowSetRef): Promise<Row[]> {
    if (set.rows === 0) return [];
    const texts = await this.#texts(pattern, set, true);
    if (shortHashOfLines(texts) !== set.id)
      throw new Fault(
        'damaged_generation',
        `the rows differ from those that were written (${texts.length} of ${set.chunks} parts found)`,
      );
    return texts.flatMap(text => rowsOf<Row>(text));
  }

  async page(
    pattern: PatternKey,
    set: RowSetRef,
    from: string,
    fits: (row: Row) => boolean,
  ): Promise<{ rows: Row[]; next?: string }> {
    const rows: Row[] = [];
    if (set.rows === 0) return { rows };
    const start = await this.#startChunk(pattern, set, from);
    const pages = this.#db.pages({
      TableName: this.#table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :p AND sk >= :k',
      ExpressionAttributeValues: { ':p': setPartition(pattern, set.id), ':k': start },
      Limit: CHUNKS_PER_QUERY,
    });
    let chunks = 0;
    for await (const items of pages) {
      chunks += items.length;
      for (const row of items.flatMap(item => rowsOf<Row>(inflate(item)))) {
        const key = this.#keyOf(row);
        if (key < from) continue;
        if (!fits(row)) return { rows, next: key };
        rows.push(row);
      }
    }
    if (chunks === 0)
      throw from === ''
        ? new Fault('damaged_generation', 'the parts of the generation are missing')
        : new Fault('invalid_page_token', 'this page token has expired; start from the first page');
    return { rows };
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

  /** @throws Fault `newer_data`, `damaged_generation` */
  async #texts(pattern: PatternKey, set: RowSetRef, ConsistentRead: boolean): Promise<string[]> {
    const pages = this.#db.pages({
      TableName: this.#table,
      ConsistentRead,
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': setPartition(pattern, set.id) },
    });
    const texts: string[] = [];
    for await (const page of pages) texts.push(...page.map(inflate));
    return texts;
  }

  /** Returns the sort key of the last chunk that begins at or before `from`. Earlier chunks have no later row. */
  async #startChunk(pattern: PatternKey, set: RowSetRef, from: string): Promise<string> {
    const [item] = await this.#db.queryPage({
      TableName: this.#table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :p AND sk <= :k',
      ExpressionAttributeValues: { ':p': setPartition(pattern, set.id), ':k': from === '' ? '!' : from },
      ScanIndexForward: false,
      Limit: 1,
      ProjectionExpression: 'sk',
    });
    // Without such a chunk, reading begins at the first one: '!' sorts before every hexadecimal digit.
    return item ? String(item.sk) : '!';
  }
}

/** @throws any other error */
function unlessDamaged(error: unknown): undefined {
  if (faultCode(error) !== 'damaged_generation') throw error;
}

/** Returns the sort key of a lesson or an override in its set, which is also the token of the page that starts with it. */
export function rowKey(row: { readonly scope_hash: string; readonly action_category: string }): string {
  return `${row.scope_hash}#${row.action_category}`;
}

/** Returns the sort key of a part of a model in its set. */
export function scorePartKey({ part }: ScorePart): string {
  return String(part).padStart(4, '0');
}

/** Cuts rows into chunks of at most `CHUNK_ROWS` rows and `CHUNK_BYTES` bytes; a row larger than that is one chunk. */
function chunksOf<Row>(rows: readonly Row[], keyOf: KeyOf<Row>): Chunk[] {
  const chunks: Chunk[] = [];
  let first: string | undefined;
  let texts: string[] = [];
  let bytes = 0;
  const close = (): void => {
    if (first !== undefined) chunks.push({ key: first, text: `[${texts.join()}]`, rows: texts.length });
    texts = [];
    bytes = 0;
  };
  for (const row of rows) {
    const text = JSON.stringify(row);
    const rowBytes = Buffer.byteLength(text) + 1;
    if (texts.length === CHUNK_ROWS || (texts.length > 0 && bytes + rowBytes > CHUNK_BYTES)) close();
    if (texts.length === 0) first = keyOf(row);
    texts.push(text);
    bytes += rowBytes;
  }
  close();
  return chunks;
}

function describeChunks(chunks: readonly Chunk[], rows: number): RowSetRef {
  return { id: shortHashOfLines(chunks.map(chunk => chunk.text)), rows, chunks: chunks.length };
}

/** @throws Fault `newer_data`, `damaged_generation` */
function inflate(item: Item): string {
  assertReadable(item, 'a part of the generation');
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
