import type { CreateTableCommandInput, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddedEngine } from '../../local/engine/embedded-dynamodb.ts';
import { openEmbeddedEngine } from '../../local/engine/embedded-dynamodb.ts';
import { ensureTables, TableMismatchError } from '../../local/engine/tables.ts';
import type { Log } from '../../shared/log.ts';
import { events, importAll, openApi } from '../support/api.ts';
import { DynamoDbProxy } from '../support/dynamodb-proxy.ts';
import { S1 } from '../support/episodes.ts';

let engine: EmbeddedEngine;
beforeEach(async () => {
  engine = await openEmbeddedEngine();
});
afterEach(() => engine.close());

/** Opens the service as on another endpoint, through a proxy. */
async function open(around: DynamoDbProxy['around']) {
  const proxy = new DynamoDbProxy();
  proxy.around = around;
  const warnings: string[] = [];
  const log: Log = { debug: ignore, info: ignore, warn: text => void warnings.push(text), error: ignore };
  const changeClientSettings = (): DynamoDBClientConfig => ({
    ...proxy.settings(engine.settings),
    maxAttempts: 1,
  });
  const api = await openApi({ endpoint: 'http://other.invalid', changeClientSettings, log });
  return { api, proxy, warnings };
}
const ignore = (): void => undefined;

const isInsert = (operation: string): boolean => /^(Batch)?ExecuteStatement$/.test(operation);
const serverError = { statusCode: 500, body: { __type: 'InternalError', message: 'TypeError' } };

describe('a store whose batched INSERT is broken', () => {
  it.each<[string, DynamoDbProxy['around']]>([
    ['answers 500', async ({ operation }, forward) => (isInsert(operation) ? serverError : forward())],
    [
      'accepts the same key twice',
      async ({ operation }, forward) =>
        isInsert(operation) ? { statusCode: 200, body: { Responses: [{}] } } : forward(),
    ],
    [
      'stores something else',
      async ({ operation, body }, forward) => {
        if (!isInsert(operation)) return forward();
        const text = JSON.stringify(body).replaceAll('"1.5"', '"1"');
        return forward(JSON.parse(text));
      },
    ],
  ])('A start on a store that %s switches to single puts and says so once', async (_, around) => {
    const { api, proxy, warnings } = await open(around);
    expect(warnings).toEqual(['this endpoint does not insert batches by PartiQL: events are put one by one']);
    proxy.start();
    await importAll(api, events(40, 'e'));
    expect(await api.postEvents(events(40, 'e'))).toMatchObject({ accepted: 0, unchanged: 40 });
    expect(proxy.operations.filter(isInsert)).toEqual([]);
    expect(await api.cycle({ as_of: '2025-01-20T00:00:00Z' })).toMatchObject({
      status: 'succeeded',
      patterns: [{ pattern_key: S1, events_read: 40, lessons: 2 }],
    });
    await api.close();
  });

  it('A start on a store that inserts batches keeps them, and leaves no item of its check behind', async () => {
    const { api, proxy, warnings } = await open((_, forward) => forward());
    expect(warnings).toEqual([]);
    proxy.start();
    await importAll(api, events(40, 'e'));
    expect(proxy.operations.filter(isInsert)).toHaveLength(2);
    expect(proxy.operations.filter(operation => operation === 'DeleteItem')).toEqual([]);
    await api.close();
  });
});

describe('a table that was made elsewhere', () => {
  const NAMES = { events: 'my-events', lessons: 'lessons', overrides: 'overrides', control: 'control' };
  const text = (name: string) => ({ AttributeName: name, AttributeType: 'S' }) as const;
  const keyOf = (partition: string, sort: string): CreateTableCommandInput['KeySchema'] => [
    { AttributeName: partition, KeyType: 'HASH' },
    { AttributeName: sort, KeyType: 'RANGE' },
  ];
  const index = (
    partition: string,
    projected: readonly string[],
  ): NonNullable<CreateTableCommandInput['GlobalSecondaryIndexes']>[number] => ({
    IndexName: 'outcomes',
    KeySchema: keyOf(partition, 't'),
    Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: [...projected] },
  });
  const base: CreateTableCommandInput = {
    TableName: 'my-events',
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: keyOf('pk', 'sk'),
    AttributeDefinitions: ['pk', 'sk', 'rk', 't'].map(text),
    GlobalSecondaryIndexes: [index('rk', ['m', 'o', 'expires_at'])],
  };
  const start = async (table: CreateTableCommandInput): Promise<string[]> => {
    const client = new DynamoDBClient(engine.settings);
    await client.send(new CreateTableCommand(table));
    return ensureTables(client, NAMES);
  };

  it.each<[string, Partial<CreateTableCommandInput>, string]>([
    [
      'another key',
      {
        KeySchema: keyOf('rk', 't'),
        GlobalSecondaryIndexes: undefined,
        AttributeDefinitions: [text('rk'), text('t')],
      },
      'the table my-events has the key rk (S), t (S), and must have pk (S), sk (S)',
    ],
    [
      'a number as sort key',
      {
        GlobalSecondaryIndexes: undefined,
        AttributeDefinitions: [text('pk'), { AttributeName: 'sk', AttributeType: 'N' }],
      },
      'the table my-events has the key pk (S), sk (N), and must have pk (S), sk (S)',
    ],
    [
      'no index',
      { GlobalSecondaryIndexes: undefined, AttributeDefinitions: ['pk', 'sk'].map(text) },
      'the table my-events has no index outcomes, and must have rk (S), t (S)',
    ],
    [
      'an index with another key',
      {
        GlobalSecondaryIndexes: [index('sk', ['m', 'o'])],
        AttributeDefinitions: ['pk', 'sk', 't'].map(text),
      },
      'the table my-events has the index outcomes with the key sk (S), t (S), and must have rk (S), t (S)',
    ],
    [
      'an index without an attribute',
      { GlobalSecondaryIndexes: [index('rk', ['o', 'expires_at'])] },
      'the table my-events has the index outcomes without m, and must have m in it',
    ],
  ])('A start on a table with %s fails, and says what differs and what to do', async (_, change, message) => {
    const failure = start({ ...base, ...change });
    await expect(failure).rejects.toThrow(TableMismatchError);
    await expect(failure).rejects.toThrow(
      `${message}; delete it, and the next start creates it, or name another table with EVENTS_TABLE`,
    );
  });

  it.each<[string, Partial<CreateTableCommandInput>]>([
    ['the keys and the index of the service', {}],
    ['an index of the first release', { GlobalSecondaryIndexes: [index('rk', ['m', 'o'])] }],
    [
      'an index with every attribute',
      {
        GlobalSecondaryIndexes: [
          { IndexName: 'outcomes', KeySchema: keyOf('rk', 't'), Projection: { ProjectionType: 'ALL' } },
        ],
      },
    ],
  ])('A start uses a table with %s', async (_, change) => {
    expect(await start({ ...base, ...change })).toEqual(['lessons', 'overrides', 'control']);
  });
});
