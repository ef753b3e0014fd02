import { createHash, randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Item } from '../../shared/dynamodb/client.ts';
import { setPartition } from '../../shared/dynamodb/keys.ts';
import { CHUNK_ROWS, rowKey } from '../../shared/dynamodb/row-set-store.ts';
import type { RowSetStore } from '../../shared/generation/ports.ts';
import type { Override } from '../../shared/override/override.ts';
import type { ScoreModel } from '../../shared/override/score/score-model.ts';
import { scoreOfParts, scoreParts } from '../../shared/override/score/score-parts.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { S1 } from '../support/episodes.ts';
import { faultOfAsync } from '../support/fault-of.ts';
import { override } from '../support/overrides.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

const EXPIRES = 2_000_000_000;
let stores: Stores;
let store: RowSetStore<Override>;
beforeAll(async () => {
  stores = await openStores();
  store = stores.runtime.overrides;
});
afterAll(() => stores.close());

/** Returns rows in the order of their keys, two of each slice. */
function rows(n: number): Override[] {
  const all = Array.from({ length: n }, (_, i) => ({
    ...override(i % 2 ? 'tuning_ts_min' : 'tuning_halo', { d: Math.floor(i / 2) }, 0.9),
    scope_hash: createHash('sha256')
      .update(String(Math.floor(i / 2)))
      .digest('hex')
      .slice(0, 32),
  }));
  return all.sort((a, b) => (rowKey(a) < rowKey(b) ? -1 : 1));
}

/** Returns a function that lets `limit` rows pass. */
function atMost(limit: number): () => boolean {
  let rows = 0;
  return () => ++rows <= limit;
}

let patterns = 0;
const newPattern = (): PatternKey => parsePatternKey(`pm.set_${patterns++}.S1.entry`);

async function walk(pattern: PatternKey, all: readonly Override[], limit: number): Promise<Override[][]> {
  const set = store.describe(all);
  const pages: Override[][] = [];
  for (let from: string | undefined = ''; from !== undefined; ) {
    const page: { rows: Override[]; next?: string } = await store.page(pattern, set, from, atMost(limit));
    pages.push(page.rows);
    from = page.next;
  }
  return pages;
}

it('A model of the largest design is kept in parts that fit into items', async () => {
  const columns = 443;
  const covariance = randomBytes(2 * columns * (columns + 1)).toString('base64');
  const model = { form: 1, weights: randomBytes(8 * columns).toString('base64'), covariance } as ScoreModel;
  const { scores } = stores.runtime;
  const set = await scores.write(S1, scoreParts(model), EXPIRES);
  expect(set).toMatchObject({ rows: 4, chunks: 2 });
  expect(scoreOfParts(await scores.read(S1, set))).toEqual(model);
});

describe('a set', () => {
  it.each([
    [0, 0],
    [1, 1],
    [CHUNK_ROWS - 1, 1],
    [CHUNK_ROWS, 1],
    [CHUNK_ROWS + 1, 2],
    [2 * CHUNK_ROWS, 2],
    [2 * CHUNK_ROWS + 1, 3],
  ])('a row set of %d rows is stored in %d chunks and read back unchanged', async (n, chunks) => {
    const pattern = newPattern();
    const set = await store.write(pattern, rows(n), EXPIRES);
    expect(set).toEqual({ id: expect.stringMatching(/^[0-9a-f]{32}$/), rows: n, chunks });
    expect(store.describe(rows(n))).toEqual(set);
    expect(await store.read(pattern, set)).toEqual(rows(n));
  });

  it('row sets that differ in a value, in their order or by one row have different ids', () => {
    const base = rows(10);
    const [first, ...rest] = base;
    const changed = first && { ...first, multiplier: 0.9000000000000001 };
    const ids = [base, changed ? [changed, ...rest] : [], rest, base.toReversed()].map(
      all => store.describe(all).id,
    );
    expect(new Set(ids).size).toBe(4);
    expect(store.describe(rows(10)).id).toBe(ids[0]);
  });

  it('a row set that is written twice is stored once', async () => {
    const pattern = newPattern();
    const set = await store.write(pattern, rows(700), EXPIRES);
    await store.write(pattern, rows(700), EXPIRES);
    expect(await store.read(pattern, set)).toHaveLength(700);
  });

  it('reading a row set under another pattern throws damaged_generation', async () => {
    const pattern = newPattern();
    const set = await store.write(pattern, rows(3), EXPIRES);
    expect((await faultOfAsync(store.read(newPattern(), set))).code).toBe('damaged_generation');
  });
});

describe('pages', () => {
  it.each(
    [0, 1, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 1, 2 * CHUNK_ROWS + 1].flatMap(n =>
      [1, 7, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 1, 1000]
        .filter(limit => n / limit < 40)
        .map(limit => [n, limit]),
    ),
  )('the pages of a row set of %d rows, %d a page, contain every row once and in order', async (n, limit) => {
    const pattern = newPattern();
    await store.write(pattern, rows(n), EXPIRES);
    const pages = await walk(pattern, rows(n), limit);
    expect(pages.flat()).toEqual(rows(n));
    expect(pages.slice(0, -1).every(page => page.length === limit)).toBe(true);
    expect(pages).toHaveLength(Math.max(1, Math.ceil(n / limit)));
  });

  it('a page starts at the row with the given key, or at the next row when no row has it', async () => {
    const pattern = newPattern();
    const all = rows(CHUNK_ROWS + 20);
    const set = await store.write(pattern, all, EXPIRES);
    for (const at of [0, 1, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 19]) {
      const row = all[at];
      if (!row) continue;
      expect((await store.page(pattern, set, rowKey(row), atMost(1))).rows).toEqual([row]);
      // No row has this key, which sorts just before the row.
      expect((await store.page(pattern, set, `${row.scope_hash}#`, atMost(2))).rows.map(rowKey)).toContain(
        rowKey(row),
      );
    }
    expect(await store.page(pattern, set, 'f'.repeat(32), atMost(5))).toEqual({ rows: [] });
    expect((await store.page(pattern, set, '0'.repeat(32), atMost(1))).rows).toEqual([all[0]]);
  });
});

describe('a damaged chunk', () => {
  const chunksOf = (pattern: PatternKey, id: string): Promise<Item[]> =>
    stores.db.query({
      TableName: 'overrides',
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': setPartition(pattern, id) },
    });
  const put = (Item: Item) => stores.db.put({ TableName: 'overrides', Item });

  it.each<[string, (chunk: Item) => Promise<unknown>]>([
    [
      'that is missing',
      part => stores.db.delete({ TableName: 'overrides', Key: { pk: part.pk, sk: part.sk } }),
    ],
    ['with another value', part => put({ ...part, z: deflateRawSync(JSON.stringify(rows(3))) })],
    ['that is not JSON', part => put({ ...part, z: deflateRawSync('{') })],
    ['that cannot be inflated', part => put({ ...part, z: Uint8Array.of(1, 2, 3) })],
    [
      'that inflates to more than the limit',
      part => put({ ...part, z: deflateRawSync(Buffer.alloc(20_000_000)) }),
    ],
    ['without content', ({ z, ...part }) => put(part)],
    ['with a text as content', part => put({ ...part, z: 'text' })],
    ['that does not belong to the set', part => put({ ...part, sk: `${String(part.sk)}x` })],
  ])('[D7] reading a row set with a chunk %s throws damaged_generation', async (_, damage) => {
    const pattern = newPattern();
    const set = await store.write(pattern, rows(CHUNK_ROWS + 5), EXPIRES);
    const [, second] = await chunksOf(pattern, set.id);
    await damage(second ?? {});
    expect((await faultOfAsync(store.read(pattern, set))).code).toBe('damaged_generation');
  });

  it('renewing a row set with a missing chunk throws damaged_generation', async () => {
    const pattern = newPattern();
    const set = await store.write(pattern, rows(CHUNK_ROWS + 5), EXPIRES);
    const [first] = await chunksOf(pattern, set.id);
    await stores.db.delete({ TableName: 'overrides', Key: { pk: first?.pk, sk: first?.sk } });
    expect((await faultOfAsync(store.renew(pattern, set, EXPIRES))).code).toBe('damaged_generation');
  });

  it('renewing a row set extends the expiry of every chunk and leaves its rows unchanged', async () => {
    const pattern = newPattern();
    const set = await store.write(pattern, rows(CHUNK_ROWS + 5), EXPIRES);
    await store.renew(pattern, set, EXPIRES + 99);
    expect((await chunksOf(pattern, set.id)).map(chunk => chunk.expires_at)).toEqual([
      EXPIRES + 99,
      EXPIRES + 99,
    ]);
    expect(await store.read(pattern, set)).toEqual(rows(CHUNK_ROWS + 5));
  });

  it('an empty row set is renewed and read without a request to the store', async () => {
    const set = await store.write(S1, [], EXPIRES);
    stores.proxy.start();
    await store.renew(S1, set, EXPIRES);
    expect(await store.read(S1, set)).toEqual([]);
    expect(stores.proxy.operations).toEqual([]);
  });
});
