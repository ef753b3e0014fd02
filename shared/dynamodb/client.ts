import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
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

export type Item = Record<string, unknown>;

const BATCH_GET_KEYS = 100;
const BATCH_WRITE_ITEMS = 25;
/** Requests of one call that are under way at once. */
const PARALLEL = 8;
const BATCH_ATTEMPTS = 8;
const BACKOFF_MS = 25;
const MAX_BACKOFF_MS = 1000;

const THROTTLED = new Set([
  'ThrottlingException',
  'ThrottlingError',
  'ProvisionedThroughputExceededException',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
]);

/** A document client for the AWS SDK's own settings plus what a local engine needs. */
export function documentClient(settings: DynamoDBClientConfig): DynamoDBDocumentClient {
  const client = new DynamoDBClient({ maxAttempts: 4, ...settings });
  // It formats every request and answer for a logger that is not there: up to half of the time of a large page.
  client.middlewareStack.remove('loggerMiddleware');
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/**
 * DynamoDB in the words the stores need: pages read to the end, batches retried until nothing is left,
 * an unmet condition as a return value, everything else thrown as `store_throttled` or `store_unavailable`.
 */
export class Dynamo {
  readonly #client: DynamoDBDocumentClient;
  #knowsPartiql = true;

  constructor(client: DynamoDBDocumentClient) {
    this.#client = client;
  }

  /** Consistent unless told otherwise. */
  async get(input: GetCommandInput): Promise<Item | undefined> {
    const answer = await withFaults(this.#client.send(new GetCommand({ ConsistentRead: true, ...input })));
    return answer.Item;
  }

  /** False when the condition does not hold. */
  async put(input: PutCommandInput): Promise<boolean> {
    return conditionHolds(this.#client.send(new PutCommand(input)));
  }

  /** False when the condition does not hold. */
  async update(input: UpdateCommandInput): Promise<boolean> {
    return conditionHolds(this.#client.send(new UpdateCommand(input)));
  }

  /** False when the condition does not hold. */
  async delete(input: DeleteCommandInput): Promise<boolean> {
    return conditionHolds(this.#client.send(new DeleteCommand(input)));
  }

  /** Pages of a query, to the last one. */
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

  /** All items of a query. */
  async query(input: QueryCommandInput): Promise<Item[]> {
    const items: Item[] = [];
    for await (const page of this.pages(input)) items.push(...page);
    return items;
  }

  /** The first page of a query, at most `Limit` items. */
  async queryPage(input: QueryCommandInput): Promise<Item[]> {
    const page = await withFaults(this.#client.send(new QueryCommand(input)));
    return page.Items ?? [];
  }

  /** The items of some keys, in any order; missing ones are left out. Consistent. */
  async getMany(table: string, keys: readonly Item[], attributes?: readonly string[]): Promise<Item[]> {
    const projection = attributes && {
      ProjectionExpression: attributes.map((_, i) => `#a${i}`).join(),
      ExpressionAttributeNames: Object.fromEntries(attributes.map((name, i) => [`#a${i}`, name])),
    };
    const found = await mapBatches(keys, BATCH_GET_KEYS, async batch => {
      const items: Item[] = [];
      let left: readonly Item[] = batch;
      for (let attempt = 0; left.length > 0; attempt++) {
        await backOff(attempt, 'reads');
        const RequestItems = { [table]: { Keys: [...left], ConsistentRead: true, ...projection } };
        const answer = await withFaults(this.#client.send(new BatchGetCommand({ RequestItems })));
        items.push(...(answer.Responses?.[table] ?? []));
        left = answer.UnprocessedKeys?.[table]?.Keys ?? [];
      }
      return items;
    });
    return found.flat();
  }

  /** Puts items without a condition, until none is left unprocessed. */
  async putMany(table: string, items: readonly Item[]): Promise<void> {
    await mapBatches(items, BATCH_WRITE_ITEMS, async batch => {
      let left = batch.map(Item => ({ PutRequest: { Item } }));
      for (let attempt = 0; left.length > 0; attempt++) {
        await backOff(attempt, 'writes');
        const answer = await withFaults(
          this.#client.send(new BatchWriteCommand({ RequestItems: { [table]: left } })),
        );
        left = (answer.UnprocessedItems?.[table] ?? []) as typeof left;
      }
    });
  }

  /**
   * Inserts items whose keys are free, 25 a request; true per item that was inserted, false where one was there.
   * PartiQL's INSERT is DynamoDB's only batched write with a condition. An engine without it gets single puts.
   * @param partition name of the partition key attribute
   */
  async insertMany(table: string, partition: string, items: readonly Item[]): Promise<boolean[]> {
    if (this.#knowsPartiql) {
      try {
        const inserted = await mapBatches(items, BATCH_WRITE_ITEMS, batch => this.#insertBatch(table, batch));
        return inserted.flat();
      } catch (error) {
        if (!isUnknownOperation(error)) throw error;
        this.#knowsPartiql = false;
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
      32,
    );
    return inserted;
  }

  async #insertBatch(table: string, batch: readonly Item[]): Promise<boolean[]> {
    const inserted = new Array<boolean>(batch.length).fill(false);
    let left = batch.map((item, index) => ({ item, index }));
    for (let attempt = 0; left.length > 0; attempt++) {
      await backOff(attempt, 'writes');
      const Statements = left.map(({ item }) => insertStatement(table, item));
      const answer = await withFaults(this.#client.send(new BatchExecuteStatementCommand({ Statements })));
      const again: typeof left = [];
      left.forEach((entry, i) => {
        const error = answer.Responses?.[i]?.Error;
        if (!error) inserted[entry.index] = true;
        else if (THROTTLED.has(error.Code ?? '')) again.push(entry);
        else if (error.Code !== 'DuplicateItem')
          throw new Fault('store_unavailable', 'an insert failed', {
            cause: new Error(`${error.Code}: ${error.Message}`),
          });
      });
      left = again;
    }
    return inserted;
  }
}

function insertStatement(table: string, item: Item): { Statement: string; Parameters: unknown[] } {
  const names = Object.keys(item).filter(name => item[name] !== undefined);
  const fields = names.map(name => `'${name}': ?`).join(', ');
  return { Statement: `INSERT INTO "${table}" VALUE {${fields}}`, Parameters: names.map(name => item[name]) };
}

/** Runs batches of a list, some at once, and keeps their order. */
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

/** Full jitter, exponential, bounded; nothing before the first attempt. @throws Fault `store_throttled` after the last */
async function backOff(attempt: number, what: string): Promise<void> {
  if (attempt === 0) return;
  if (attempt >= BATCH_ATTEMPTS) throw new Fault('store_throttled', `the store leaves ${what} unprocessed`);
  const ceiling = Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** attempt);
  await new Promise(resolve => setTimeout(resolve, Math.random() * ceiling));
}

async function conditionHolds(sent: Promise<unknown>): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw toFault(error);
  }
}

async function withFaults<T>(sent: Promise<T>): Promise<T> {
  try {
    return await sent;
  } catch (error) {
    throw toFault(error);
  }
}

function toFault(error: unknown): Fault {
  const name = error instanceof Error ? error.name : '';
  return THROTTLED.has(name)
    ? new Fault('store_throttled', 'the store is throttled', { cause: error })
    : new Fault('store_unavailable', 'the store did not answer as expected', { cause: error });
}

function isUnknownOperation(error: unknown): boolean {
  const cause = error instanceof Fault ? error.cause : error;
  return cause instanceof Error && cause.name === 'UnknownOperationException';
}
