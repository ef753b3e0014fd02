import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Item } from '../../shared/dynamodb/client.ts';
import { mapBatches } from '../../shared/dynamodb/client.ts';
import type { ProxyResponse } from '../support/dynamodb-proxy.ts';
import { connectionCut, errorAnswer } from '../support/dynamodb-proxy.ts';
import { faultOfAsync } from '../support/fault-of.ts';
import { measurement, whole } from '../support/measurements.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

const TABLE = 'control';
/** Partition of the running test. */
let partition = '';
let testCount = 0;
const items = (n: number, pk = partition): Item[] =>
  Array.from({ length: n }, (_, i) => ({ pk, sk: String(i).padStart(4, '0'), v: i }));

let stores: Stores;
beforeAll(async () => {
  stores = await openStores({ maxAttempts: 1 });
});
afterAll(() => stores.close());
beforeEach(() => {
  partition = `test ${testCount++}`;
  stores.proxy.around = (_, forward) => forward();
  stores.proxy.start();
});

const readPartition = (pk = partition): Promise<Item[]> =>
  stores.db.query({
    TableName: TABLE,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :p',
    ExpressionAttributeValues: { ':p': pk },
  });

describe('insertMany', () => {
  it('insertMany returns for each item, in order, whether its key was free', async () => {
    await stores.db.put({ TableName: TABLE, Item: { pk: partition, sk: '0002', v: 'first' } });
    const inserted = await stores.db.insertMany(TABLE, 'pk', items(60));
    expect(inserted).toEqual(items(60).map(item => item.sk !== '0002'));
    const stored = await readPartition();
    expect(stored).toHaveLength(60);
    expect(stored[2]?.v).toBe('first');
  });

  it('insertMany sends 25 items a request', async () => {
    await stores.db.insertMany(TABLE, 'pk', items(60));
    expect(stores.proxy.operations).toEqual(new Array(3).fill('BatchExecuteStatement'));
  });

  it('insertMany puts items one by one after an engine has rejected PartiQL', async () => {
    stores.proxy.around = async ({ operation }, forward) =>
      operation === 'BatchExecuteStatement' ? errorAnswer('UnknownOperationException') : forward();
    const db = stores.newDb();
    await db.put({ TableName: TABLE, Item: { pk: partition, sk: '0002', v: 'first' } });
    expect(await db.insertMany(TABLE, 'pk', items(60))).toEqual(items(60).map(item => item.sk !== '0002'));
    stores.proxy.start();
    expect(await db.insertMany(TABLE, 'pk', items(3, `${partition} more`))).toEqual([true, true, true]);
    expect(stores.proxy.operations).toEqual(['PutItem', 'PutItem', 'PutItem']);
    expect((await readPartition())[2]?.v).toBe('first');
  });

  it('insertMany retries throttled statements until each has its result', async () => {
    let calls = 0;
    const batchSizes: number[] = [];
    stores.proxy.around = async ({ operation, body }, forward) => {
      if (operation !== 'BatchExecuteStatement') return forward();
      const statements = body.Statements as unknown[];
      batchSizes.push(statements.length);
      if (++calls > 2) return forward();
      // The first half is stored; the second half is throttled.
      const half = Math.ceil(statements.length / 2);
      const done = await forward({ ...body, Statements: statements.slice(0, half) });
      const throttled = { Error: { Code: 'ThrottlingError', Message: 'slow down' } };
      const Responses = [
        ...(done.body.Responses as object[]),
        ...statements.slice(half).map(() => throttled),
      ];
      return { statusCode: 200, body: { Responses } };
    };
    await stores.db.put({ TableName: TABLE, Item: { pk: partition, sk: '0019', v: 'first' } });
    expect(await stores.db.insertMany(TABLE, 'pk', items(20))).toEqual(
      items(20).map(item => item.sk !== '0019'),
    );
    expect(batchSizes).toEqual([20, 10, 5]);
    expect(await readPartition()).toHaveLength(20);
  });

  it.each([
    ['InternalServerError', 'store_unavailable'],
    ['ValidationError', 'internal'],
    ['AccessDenied', 'internal'],
    ['ResourceNotFound', 'internal'],
  ])('a statement of insertMany that fails with %s throws %s', async (Code, fault) => {
    stores.proxy.around = async ({ body }) => ({
      statusCode: 200,
      body: { Responses: (body.Statements as unknown[]).map(() => ({ Error: { Code } })) },
    });
    expect((await faultOfAsync(stores.db.insertMany(TABLE, 'pk', items(2)))).code).toBe(fault);
  });
});

/** Returns the items at even and those at odd positions. */
const evenAndOdd = <T>(list: readonly T[]): [T[], T[]] => [
  list.filter((_, i) => i % 2 === 0),
  list.filter((_, i) => i % 2 === 1),
];

describe('a batch that was partly processed', () => {
  it('a batch write that DynamoDB processes in part is repeated until every item is stored', async () => {
    stores.proxy.around = async ({ operation, body }, forward) => {
      if (operation !== 'BatchWriteItem') return forward();
      const [processed, unprocessed] = evenAndOdd(
        (body.RequestItems as Record<string, unknown[]>)[TABLE] ?? [],
      );
      const { statusCode } = await forward({ RequestItems: { [TABLE]: processed } });
      return {
        statusCode,
        body: { UnprocessedItems: unprocessed.length > 0 ? { [TABLE]: unprocessed } : {} },
      };
    };
    await stores.db.putMany(TABLE, items(60));
    expect((await readPartition()).map(item => item.v)).toEqual(items(60).map(item => item.v));
  });

  it('a batch read that DynamoDB processes in part is repeated until every item is read', async () => {
    await stores.db.putMany(TABLE, items(230));
    stores.proxy.around = async ({ operation, body }, forward) => {
      if (operation !== 'BatchGetItem') return forward();
      const { Keys = [], ...rest } = (body.RequestItems as Record<string, { Keys: unknown[] }>)[TABLE] ?? {};
      const [processed, unprocessed] = evenAndOdd(Keys as unknown[]);
      const answer = await forward({ RequestItems: { [TABLE]: { ...rest, Keys: processed } } });
      return {
        ...answer,
        body: {
          ...answer.body,
          UnprocessedKeys: unprocessed.length > 0 ? { [TABLE]: { ...rest, Keys: unprocessed } } : {},
        },
      };
    };
    const keys = items(230).map(({ pk, sk }) => ({ pk, sk }));
    const found = await stores.db.getMany(TABLE, [...keys, { pk: partition, sk: 'missing' }], ['sk', 'v']);
    expect(found.map(item => item.v as number).sort((a, b) => a - b)).toEqual(items(230).map(item => item.v));
    expect(Object.keys(found[0] ?? {}).sort()).toEqual(['sk', 'v']);
  });

  it('a batch that DynamoDB never processes throws store_throttled after a bounded number of attempts', async () => {
    const processNothing = async ({
      operation,
      body,
    }: {
      operation: string;
      body: Record<string, unknown>;
    }) => ({
      statusCode: 200,
      body:
        operation === 'BatchWriteItem'
          ? { UnprocessedItems: body.RequestItems }
          : { UnprocessedKeys: body.RequestItems },
    });
    stores.proxy.around = processNothing as (r: object) => Promise<ProxyResponse>;
    const [write, read] = await Promise.all([
      faultOfAsync(stores.db.putMany(TABLE, items(1))),
      faultOfAsync(stores.db.getMany(TABLE, [{ pk: partition, sk: '0' }])),
    ]);
    expect([write.code, read.code]).toEqual(['store_throttled', 'store_throttled']);
    expect(stores.proxy.operations.length).toBeLessThanOrEqual(20);
  });
});

it('[U3] each retry of an unprocessed batch waits a random part of a bounded time', async () => {
  stores.proxy.around = async ({ body }) => ({
    statusCode: 200,
    body: { UnprocessedItems: body.RequestItems },
  });
  const random = vi.spyOn(Math, 'random');
  const pauses = vi.spyOn(globalThis, 'setTimeout');
  const pausesOf = async (value: number): Promise<number[]> => {
    random.mockReturnValue(value);
    pauses.mockClear();
    expect((await faultOfAsync(stores.db.putMany(TABLE, items(1)))).code).toBe('store_throttled');
    // This filter leaves out other timers, for example those of the SDK.
    return pauses.mock.calls.map(([, ms]) => Number(ms)).filter(ms => ceilings.includes(ms / value));
  };
  const ceilings = [50, 100, 200, 400, 800, 1000, 1000];
  try {
    expect(await pausesOf(0.25)).toEqual(ceilings.map(ms => ms * 0.25));
    expect(await pausesOf(0.0625)).toEqual(ceilings.map(ms => ms * 0.0625));
  } finally {
    random.mockRestore();
    pauses.mockRestore();
  }
  const totalMs = ceilings.reduce((sum, ms) => sum + ms, 0);
  measurement(
    9,
    `pauses between 8 attempts: a random part of ${ceilings.join(', ')} ms, ${whole(totalMs)} ms in all at most`,
  );
});

describe('an error of the store', () => {
  const calls: Record<string, () => Promise<unknown>> = {
    get: () => stores.db.get({ TableName: TABLE, Key: { pk: partition, sk: 's' } }),
    put: () => stores.db.put({ TableName: TABLE, Item: { pk: partition, sk: 's' } }),
    update: () => stores.db.update({ TableName: TABLE, Key: { pk: partition, sk: 's' } }),
    delete: () => stores.db.delete({ TableName: TABLE, Key: { pk: partition, sk: 's' } }),
    query: () => readPartition(),
    getMany: () => stores.db.getMany(TABLE, [{ pk: partition, sk: 's' }]),
    putMany: () => stores.db.putMany(TABLE, items(1)),
    insertMany: () => stores.db.insertMany(TABLE, 'pk', items(1)),
  };

  it.each(
    Object.keys(calls).flatMap(call =>
      [
        ['ThrottlingException', 'store_throttled'],
        ['ProvisionedThroughputExceededException', 'store_throttled'],
        ['RequestLimitExceeded', 'store_throttled'],
        ['InternalServerError', 'store_unavailable'],
        ['ExpiredTokenException', 'store_unavailable'],
        ['ValidationException', 'internal'],
        ['SerializationException', 'internal'],
        ['ResourceNotFoundException', 'internal'],
        ['AccessDeniedException', 'internal'],
      ].map(([name = '', code = '']) => ({ call, name, code })),
    ),
  )(
    'the DynamoDB client throws $code from $call when the store responds with $name',
    async ({ call, name, code }) => {
      stores.proxy.around = async () => errorAnswer(name, name === 'InternalServerError' ? 500 : 400);
      const fault = await faultOfAsync(calls[call]?.() ?? Promise.resolve());
      expect(fault.code).toBe(code);
      expect(fault.cause).toBeInstanceOf(Error);
      expect(fault.message).not.toMatch(/table|Exception|Error/);
    },
  );

  it('every call of the DynamoDB client throws store_unavailable when the connection is cut', async () => {
    stores.proxy.around = () => Promise.reject(connectionCut());
    for (const call of Object.values(calls))
      expect((await faultOfAsync(call())).code).toBe('store_unavailable');
  });
});

describe('an unmet condition', () => {
  const condition = { ConditionExpression: 'attribute_not_exists(pk)' };

  it('put, update and delete of the DynamoDB client return false for an unmet condition', async () => {
    const Item = { pk: partition, sk: 's' };
    expect(await stores.db.put({ TableName: TABLE, Item, ...condition })).toBe(true);
    expect(await stores.db.put({ TableName: TABLE, Item, ...condition })).toBe(false);
    expect(await stores.db.update({ TableName: TABLE, Key: Item, ...condition })).toBe(false);
    expect(await stores.db.delete({ TableName: TABLE, Key: Item, ...condition })).toBe(false);
    expect(await readPartition()).toHaveLength(1);
  });
});

it('query reads every page, and queryPage reads only the first', async () => {
  await stores.db.putMany(TABLE, items(10));
  const query = {
    TableName: TABLE,
    KeyConditionExpression: 'pk = :p',
    ExpressionAttributeValues: { ':p': partition },
    Limit: 3,
  };
  expect((await stores.db.query(query)).map(item => item.v)).toEqual(items(10).map(item => item.v));
  expect(await stores.db.queryPage(query)).toHaveLength(3);
});

it('a call that is throttled twice succeeds, because the SDK retries it', async () => {
  const retrying = await openStores();
  let throttledCallsLeft = 2;
  retrying.proxy.around = async (_, forward) =>
    throttledCallsLeft-- > 0 ? errorAnswer('ThrottlingException') : forward();
  expect(await retrying.db.put({ TableName: TABLE, Item: { pk: partition, sk: 's' } })).toBe(true);
  await retrying.close();
});

describe('mapBatches', () => {
  it('mapBatches keeps the order of the batches and runs eight at once', async () => {
    let running = 0;
    let maxRunning = 0;
    const list = Array.from({ length: 50 }, (_, i) => i);
    const results = await mapBatches(list, 3, async batch => {
      maxRunning = Math.max(maxRunning, ++running);
      await new Promise(resolve => setTimeout(resolve, batch[0] === 0 ? 5 : 0));
      running--;
      return batch[0];
    });
    expect(results).toEqual(Array.from({ length: 17 }, (_, i) => i * 3));
    expect(maxRunning).toBe(8);
  });

  it('mapBatches runs nothing for an empty list', async () => {
    expect(await mapBatches([], 3, () => Promise.reject(new Error('ran')))).toEqual([]);
  });

  it('mapBatches rejects with the first failure', async () => {
    await expect(
      mapBatches([1, 2, 3], 1, async ([n]) => (n === 2 ? Promise.reject(new Error('two')) : n)),
    ).rejects.toThrow('two');
  });
});
