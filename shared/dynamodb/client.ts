import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type {
  DeleteCommandInput,
  GetCommandInput,
  PutCommandInput,
  QueryCommandInput,
  UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import {
  BatchExecuteStatementCommand,
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { Fault } from '../errors.ts';
import { TTL_ATTRIBUTE, WRITE_PROBE_KEY } from './keys.ts';
import { conditionHolds, insertFault, isThrottled, isUnknownOperation, withFaults } from './store-faults.ts';

export type Item = Record<string, unknown>;

const BATCH_GET_KEYS = 100;
const BATCH_WRITE_ITEMS = 25;
/** Maximum simultaneous requests of one call. */
const PARALLEL = 8;
/** Maximum simultaneous single inserts. */
const PARALLEL_PUTS = 32;
const BATCH_ATTEMPTS = 8;
const BACKOFF_MS = 25;
const MAX_BACKOFF_MS = 1000;

/** Creates a document client. @param settings override the SDK's own, for example those of the embedded engine */
export function documentClient(settings: DynamoDBClientConfig): DynamoDBDocumentClient {
  const client = new DynamoDBClient({ maxAttempts: 4, ...settings });
  // This middleware formats every request and response although no logger is set. That takes up to half the time of a
  // large page.
  client.middlewareStack.remove('loggerMiddleware');
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/**
 * The DynamoDB client of the stores. It reads queries to the last page, retries batches until every item is processed,
 * and returns false for an unmet condition.
 * @throws Fault `store_throttled` or `store_unavailable` for a failure of the store, `internal` for a request that the
 *   store refuses: it is our fault, and a retry would not help
 */
export class Dynamo {
  readonly #client: DynamoDBDocumentClient;
  #supportsPartiql = true;
  /** Tables whose last write the store refused. */
  readonly #refused = new Set<string>();

  constructor(client: DynamoDBDocumentClient) {
    this.#client = client;
  }

  /** Returns one item; a consistent read unless the input sets `ConsistentRead`. */
  async get(input: GetCommandInput): Promise<Item | undefined> {
    const response = await withFaults(this.#client.send(new GetCommand({ ConsistentRead: true, ...input })));
    return response.Item;
  }

  /** Returns false when the condition does not hold. */
  async put(input: PutCommandInput): Promise<boolean> {
    return this.#write(input.TableName, () => conditionHolds(this.#client.send(new PutCommand(input))));
  }

  /** Returns false when the condition does not hold. */
  async update(input: UpdateCommandInput): Promise<boolean> {
    return this.#write(input.TableName, () => conditionHolds(this.#client.send(new UpdateCommand(input))));
  }

  /** Returns false when the condition does not hold. */
  async delete(input: DeleteCommandInput): Promise<boolean> {
    return this.#write(input.TableName, () => conditionHolds(this.#client.send(new DeleteCommand(input))));
  }

  /** Yields the pages of a query, to the last one. */
  async *pages(input: QueryCommandInput): AsyncGenerator<Item[]> {
    let start: Item | undefined;
    do {
      const page = await withFaults(
        this.#client.send(new QueryCommand(start ? { ...input, ExclusiveStartKey: start } : input)),
      );
      yield page.Items ?? [];
      start = page.LastEvaluatedKey;
    } while (start);
  }

  /** Returns all items of a query. */
  async query(input: QueryCommandInput): Promise<Item[]> {
    const items: Item[] = [];
    for await (const page of this.pages(input)) items.push(...page);
    return items;
  }

  /** Returns the first page of a query, at most `Limit` items. */
  async queryPage(input: QueryCommandInput): Promise<Item[]> {
    const page = await withFaults(this.#client.send(new QueryCommand(input)));
    return page.Items ?? [];
  }

  /** Returns the items of some keys by consistent reads, in any order; missing ones are left out. */
  async getMany(table: string, keys: readonly Item[], attributes?: readonly string[]): Promise<Item[]> {
    const projection = attributes && {
      ProjectionExpression: attributes.map((_, i) => `#a${i}`).join(),
      ExpressionAttributeNames: Object.fromEntries(attributes.map((name, i) => [`#a${i}`, name])),
    };
    const batches = await mapBatches(keys, BATCH_GET_KEYS, async batch => {
      const items: Item[] = [];
      let left: readonly Item[] = batch;
      for (let attempt = 0; left.length > 0; attempt++) {
        await backOff(attempt, 'reads');
        const RequestItems = { [table]: { Keys: [...left], ConsistentRead: true, ...projection } };
        const response = await withFaults(this.#client.send(new BatchGetCommand({ RequestItems })));
        items.push(...(response.Responses?.[table] ?? []));
        left = response.UnprocessedKeys?.[table]?.Keys ?? [];
      }
      return items;
    });
    return batches.flat();
  }

  /** Puts items without a condition, until none is left unprocessed. */
  async putMany(table: string, items: readonly Item[]): Promise<void> {
    await mapBatches(items, BATCH_WRITE_ITEMS, async batch => {
      let left = batch.map(Item => ({ PutRequest: { Item } }));
      for (let attempt = 0; left.length > 0; attempt++) {
        await backOff(attempt, 'writes');
        const RequestItems = { [table]: left };
        const response = await this.#write(table, () =>
          withFaults(this.#client.send(new BatchWriteCommand({ RequestItems }))),
        );
        left = (response.UnprocessedItems?.[table] ?? []) as typeof left;
      }
    });
  }

  /**
   * Inserts items whose keys are free, 25 a request. PartiQL's INSERT is DynamoDB's only batched write with a
   * condition; for an engine without PartiQL, each item is one conditional put.
   * @param partition name of the partition key attribute
   * @returns for each item, true when it was inserted, false when its key was taken
   */
  async insertMany(table: string, partition: string, items: readonly Item[]): Promise<boolean[]> {
    if (this.#supportsPartiql) {
      try {
        const inserted = await mapBatches(items, BATCH_WRITE_ITEMS, batch =>
          this.#write(table, () => this.#insertBatch(table, batch)),
        );
        return inserted.flat();
      } catch (error) {
        if (!isUnknownOperation(error)) throw error;
        this.#supportsPartiql = false;
      }
    }
    const condition = {
      ConditionExpression: 'attribute_not_exists(#p)',
      ExpressionAttributeNames: { '#p': partition },
    };
    const inserted = await mapBatches(
      items,
      1,
      async ([Item]) => this.put({ TableName: table, Item, ...condition }),
      PARALLEL_PUTS,
    );
    return inserted;
  }

  /**
   * Returns the tables whose writes the store refuses, other than by throttling. A table whose last write failed gets
   * one more write first, so that the answer is true of this moment.
   */
  async refusedWrites(): Promise<string[]> {
    for (const TableName of this.#refused) {
      const set = { UpdateExpression: 'SET #x = :x', ExpressionAttributeNames: { '#x': TTL_ATTRIBUTE } };
      const value = { ExpressionAttributeValues: { ':x': 1 } };
      await this.update({ TableName, Key: WRITE_PROBE_KEY, ...set, ...value }).catch(() => false);
    }
    return [...this.#refused];
  }

  /** Runs a write and notes whether the store took it. An unmet condition writes nothing and shows neither. */
  async #write<T>(table: string | undefined, write: () => Promise<T>): Promise<T> {
    try {
      const result = await write();
      const isWritten = Array.isArray(result) ? result.includes(true) : result !== false;
      if (isWritten) this.#refused.delete(table ?? '');
      return result;
    } catch (error) {
      if (isRefusal(error)) this.#refused.add(table ?? '');
      throw error;
    }
  }

  /**
   * Inserts an item twice, to check that the engine inserts batches as DynamoDB does. Where it does not, this client
   * puts items one by one from then on.
   * @param key key of an item that nothing else uses; the item is deleted again
   * @returns whether batches work
   * @throws Fault when the engine does not even delete an item
   */
  async probeInserts(table: string, key: Item): Promise<boolean> {
    await this.delete({ TableName: table, Key: key });
    this.#supportsPartiql = await this.#insertsOnce(table, { ...key, n: 1.5, b: 'x' });
    await this.delete({ TableName: table, Key: key });
    return this.#supportsPartiql;
  }

  async #insertsOnce(table: string, item: Item): Promise<boolean> {
    try {
      const [first] = await this.#insertBatch(table, [item]);
      const [second] = await this.#insertBatch(table, [{ ...item, n: 2 }]);
      const [stored] = await this.getMany(table, [{ pk: item.pk, sk: item.sk }]);
      const isWhole = stored?.n === item.n && stored?.b === item.b;
      return first === true && second === false && isWhole;
    } catch {
      return false;
    }
  }

  async #insertBatch(table: string, batch: readonly Item[]): Promise<boolean[]> {
    const inserted = new Array<boolean>(batch.length).fill(false);
    let left = batch.map((item, index) => ({ item, index }));
    for (let attempt = 0; left.length > 0; attempt++) {
      await backOff(attempt, 'writes');
      const Statements = left.map(({ item }) => insertStatement(table, item));
      const response = await withFaults(this.#client.send(new BatchExecuteStatementCommand({ Statements })));
      const throttled: typeof left = [];
      left.forEach((entry, i) => {
        const error = response.Responses?.[i]?.Error;
        if (!error) inserted[entry.index] = true;
        else if (isThrottled(error.Code)) throttled.push(entry);
        else if (error.Code !== 'DuplicateItem') throw insertFault(error);
      });
      left = throttled;
    }
    return inserted;
  }
}

function insertStatement(table: string, item: Item): { Statement: string; Parameters: unknown[] } {
  const names = Object.keys(item).filter(name => item[name] !== undefined);
  const fields = names.map(name => `'${name}': ?`).join(', ');
  return { Statement: `INSERT INTO "${table}" VALUE {${fields}}`, Parameters: names.map(name => item[name]) };
}

/** Runs a function on each batch of a list, at most `parallel` at once, and returns the results in order. */
export async function mapBatches<T, R>(
  items: readonly T[],
  size: number,
  run: (batch: readonly T[]) => Promise<R>,
  parallel = PARALLEL,
): Promise<R[]> {
  const count = Math.ceil(items.length / size);
  const results = new Array<R>(count);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const i = next++;
      results[i] = await run(items.slice(i * size, (i + 1) * size));
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, count) }, worker));
  return results;
}

/**
 * Waits before a retry: exponential back-off with full jitter.
 * @throws Fault `store_throttled` after the last attempt
 */
async function backOff(attempt: number, operations: 'reads' | 'writes'): Promise<void> {
  if (attempt === 0) return;
  if (attempt >= BATCH_ATTEMPTS) throw new Fault('store_throttled', `the store is throttling ${operations}`);
  const ceiling = Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** attempt);
  await new Promise(resolve => setTimeout(resolve, Math.random() * ceiling));
}

/** Returns whether the store refused a valid write, and not because of too many requests. */
function isRefusal(error: unknown): boolean {
  return error instanceof Fault && error.code === 'store_unavailable';
}
