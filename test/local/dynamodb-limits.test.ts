import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EmbeddedEngine } from '../../local/engine/embedded-dynamodb.ts';
import { openEmbeddedEngine } from '../../local/engine/embedded-dynamodb.ts';
import { ensureTables } from '../../local/engine/tables.ts';
import { MAX_ITEM_BYTES } from '../../shared/dynamodb/item-size.ts';

const NAMES = { events: 'events', lessons: 'lessons', overrides: 'overrides', control: 'control' };
const FACE = '\u{1F600}';

let engine: EmbeddedEngine;
let client: DynamoDBClient;
beforeAll(async () => {
  engine = await openEmbeddedEngine();
  client = new DynamoDBClient({ ...engine.settings, maxAttempts: 1 });
  await ensureTables(client, NAMES);
});
afterAll(() => engine.close());

/** Returns an item of exactly this many bytes, half as many of them characters. */
function itemOf(bytes: number, sk = 's') {
  const rest = bytes - 'pkp'.length - 'sk'.length - sk.length - 'v'.length;
  return { pk: { S: 'p' }, sk: { S: sk }, v: { S: 'é'.repeat(Math.floor(rest / 2)) + 'x'.repeat(rest % 2) } };
}
const key = (pk: string, sk: string) => ({ pk: { S: pk }, sk: { S: sk } });
const put = (Item: PutItemCommand['input']['Item'], TableName = 'control') =>
  client.send(new PutItemCommand({ TableName, Item }));
const update = (UpdateExpression: string, values: Record<string, { S: string }>, TableName = 'control') =>
  client.send(
    new UpdateItemCommand({
      TableName,
      Key: key('u', 's'),
      UpdateExpression,
      ExpressionAttributeValues: values,
    }),
  );
const write = (items: PutItemCommand['input']['Item'][]) =>
  client.send(
    new BatchWriteItemCommand({ RequestItems: { control: items.map(Item => ({ PutRequest: { Item } })) } }),
  );
const many = (count: number) => Array.from({ length: count }, (_, i) => key('many', `s${i}`));
const insert = (count: number, statement = `INSERT INTO "control" VALUE {'pk': ?, 'sk': ?}`) =>
  client.send(
    new BatchExecuteStatementCommand({
      Statements: many(count).map(({ pk, sk }) => ({ Statement: statement, Parameters: [pk, sk] })),
    }),
  );

const SIZE = 'Item size has exceeded the maximum allowed size';
const PARTITION = /Size of hashkey has exceeded the maximum size limit of2048 bytes/;
const SORT = /Aggregated size of all range keys has exceeded the size limit of 1024 bytes/;
const EMPTY = /The AttributeValue for a key attribute cannot contain an empty string value/;

describe('a request that DynamoDB refuses', () => {
  it.each<[string, () => Promise<unknown>, string | RegExp]>([
    ['a put of an item of one byte too many', () => put(itemOf(MAX_ITEM_BYTES + 1)), SIZE],
    ['a batch with such an item', () => write([key('p', 'a'), itemOf(MAX_ITEM_BYTES + 1)]), SIZE],
    [
      'an update that makes such an item',
      () => update('SET v = :v', { ':v': { S: FACE.repeat(MAX_ITEM_BYTES / 4) } }),
      'Item size to update has exceeded the maximum allowed size',
    ],
    ['a put with a long partition key', () => put(key(FACE.repeat(513), 's')), PARTITION],
    ['a put with a long sort key', () => put(key('p', FACE.repeat(257))), SORT],
    ['a batch with a long sort key', () => write([key('p', FACE.repeat(257))]), SORT],
    [
      'a read with a long sort key',
      () => client.send(new GetItemCommand({ TableName: 'control', Key: key('p', FACE.repeat(257)) })),
      SORT,
    ],
    ['a put with an empty partition key', () => put(key('', 's')), EMPTY],
    ['a put with an empty sort key', () => put(key('p', '')), EMPTY],
    [
      'a put with an empty key of an index',
      () => put({ ...key('p', 's'), rk: { S: '' }, t: { S: 't' } }, 'events'),
      /secondary index key is not supported.*IndexName: outcomes, IndexKey: rk/,
    ],
    [
      'an update with an empty key of an index',
      () => update('SET rk = :rk', { ':rk': { S: '' } }, 'events'),
      /IndexName: outcomes, IndexKey: rk/,
    ],
    [
      'a put with a long key of an index',
      () => put({ ...key('p', 's'), rk: { S: FACE.repeat(513) }, t: { S: 't' } }, 'events'),
      PARTITION,
    ],
    ['a batch of 26 writes', () => write(many(26)), /.+/],
    ['a batch of 26 statements', () => insert(26), /length less than or equal to 25/],
    [
      'a statement of over 8,192 characters',
      () => insert(1, `INSERT INTO "control" VALUE {'pk': ?, 'sk': ?${" , 'x': ?".repeat(1000)}}`),
      /length less than or equal to 8192/,
    ],
    [
      'a batch of 101 reads',
      () => client.send(new BatchGetItemCommand({ RequestItems: { control: { Keys: many(101) } } })),
      /.+/,
    ],
    [
      'a batch of over 16 MB',
      () => write(many(25).map(item => ({ ...item, v: { S: '\u0001'.repeat(200_000) } }))),
      /16777216 bytes/,
    ],
    [
      'an expression of over 4,096 bytes',
      () => update(`SET v = :v${', v = :v'.repeat(600)}`, { ':v': { S: 'x' } }),
      /Invalid UpdateExpression: Expression size has exceeded the maximum allowed size; expression size: 4810/,
    ],
  ])('[B2] The embedded engine refuses %s with the error of DynamoDB', async (_, request, message) => {
    await expect(request()).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(message),
    });
  });

  it('A statement that would insert a larger item fails alone', async () => {
    const item = itemOf(MAX_ITEM_BYTES + 1, 'large');
    const Statement = `INSERT INTO "control" VALUE {'pk': ?, 'sk': ?, 'v': ?}`;
    const { Responses } = await client.send(
      new BatchExecuteStatementCommand({
        Statements: [
          { Statement, Parameters: [item.pk, item.sk, item.v] },
          { Statement, Parameters: [item.pk, { S: 'small' }, { S: 'v' }] },
        ],
      }),
    );
    expect(Responses?.map(({ Error: error }) => error?.Message)).toEqual([SIZE, undefined]);
  });
});

describe('a request at a limit', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['an item of 409,600 bytes', () => put(itemOf(MAX_ITEM_BYTES))],
    ['a batch with an item of 409,600 bytes', () => write([itemOf(MAX_ITEM_BYTES)])],
    ['a partition key of 2,048 bytes', () => put(key(FACE.repeat(512), 's'))],
    ['a sort key of 1,024 bytes', () => put(key('p', FACE.repeat(256)))],
    ['an empty text that is no key', () => put({ ...key('p', 's'), v: { S: '' } })],
    ['a batch of 25 writes', () => write(many(25))],
    ['a batch of 25 statements', () => insert(25)],
    ['a batch of 25 items of 400,000 bytes', () => write(many(25).map(({ sk }) => itemOf(400_000, sk.S)))],
  ])('[B2] The embedded engine accepts %s', async (_, request) => {
    await expect(request()).resolves.toMatchObject({ $metadata: { httpStatusCode: 200 } });
  });
});
