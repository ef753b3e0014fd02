import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { queryObjects } from 'node:v8';
import { afterEach, expect, it } from 'vitest';
import type { EmbeddedEngine } from '../../local/engine/embedded-dynamodb.ts';
import { openEmbeddedEngine } from '../../local/engine/embedded-dynamodb.ts';
import { ensureTables } from '../../local/engine/tables.ts';
import { Dynamo, documentClient } from '../../shared/dynamodb/client.ts';
import { measurement } from '../support/measurements.ts';

const ITEMS = 200;
const QUERIES = 400;

const { AbstractValueIterator } = createRequire(import.meta.url)('abstract-level');
/** Returns the number of the database's iterators that are in memory after a garbage collection. */
const countIterators = (): number => queryObjects(AbstractValueIterator, { format: 'count' });

let engine: EmbeddedEngine;
let folder: string | undefined;
afterEach(async () => {
  await engine.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

it.each(['in memory', 'on disk'])(
  '[R8] queries of the embedded engine %s leave no iterator open',
  async storage => {
    folder = storage === 'on disk' ? await mkdtemp(join(tmpdir(), 'pm-tuning-engine-')) : undefined;
    engine = await openEmbeddedEngine(folder);
    const client = documentClient(engine.settings);
    const tables = { events: 'events', lessons: 'lessons', overrides: 'overrides', control: 'control' };
    await ensureTables(client, tables);
    const db = new Dynamo(client);
    const items = Array.from({ length: ITEMS }, (_, i) => ({ pk: 'p', sk: String(i), x: 'x'.repeat(400) }));
    await db.putMany('control', items);
    const query = {
      TableName: 'control',
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': 'p' },
    };
    // Every other query stops at the first item.
    const runQueries = async (times: number) => {
      for (let i = 0; i < times; i++)
        expect(await db.queryPage(i % 2 === 0 ? query : { ...query, Limit: 1 })).toHaveLength(
          i % 2 === 0 ? ITEMS : 1,
        );
    };
    await runQueries(4);
    const before = countIterators();
    await runQueries(QUERIES);
    const addedIterators = countIterators() - before;
    // The last iterator may be closing.
    expect(addedIterators).toBeLessThanOrEqual(1);
    measurement(
      'memory',
      `${QUERIES} queries of the embedded engine ${storage}: ${addedIterators} more iterators in memory`,
    );
  },
);
