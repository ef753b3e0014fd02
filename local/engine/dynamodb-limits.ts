import { itemBytes } from '../../shared/dynamodb/item-size.ts';
import type { EngineResponse } from './partiql-insert.ts';

/*
 * The limits of DynamoDB that dynalite does not hold. dynalite counts the characters of items and keys, and DynamoDB
 * their bytes in UTF-8. With this layer the embedded engine refuses what DynamoDB refuses, with the same error.
 */

const MAX_PARTITION_KEY_BYTES = 2048;
const MAX_SORT_KEY_BYTES = 1024;
const MAX_BATCH_BYTES = 16 * 1024 * 1024;
const MAX_BATCH_WRITES = 25;
const MAX_BATCH_STATEMENTS = 25;
const MAX_BATCH_KEYS = 100;
const MAX_STATEMENT_CHARACTERS = 8192;
const MAX_EXPRESSION_BYTES = 4096;

type Item = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface Key {
  readonly AttributeName: string;
}

interface Table {
  readonly KeySchema: readonly Key[];
  readonly GlobalSecondaryIndexes?: readonly {
    readonly IndexName: string;
    readonly KeySchema: readonly Key[];
  }[];
}

type Done = (error?: Error | null) => void;

/** The functions of `dynalite/db` that its operations call on every item and key. */
export interface DynaliteDb {
  itemSize(item: Item): number;
  validateItem(item: Item, table: Table): Error | null | undefined;
  validateKey(key: Item, table: Table): Error | null | undefined;
  updateIndexes(
    store: object,
    table: Table,
    before: Item | undefined,
    after: Item | undefined,
    done: Done,
  ): void;
  validationError(message: string): Error;
}

/** Makes dynalite count items and keys in bytes, and check the keys of indexes. Repeated calls have no further effect. */
export function countInBytes(db: DynaliteDb): void {
  if (db.itemSize === itemBytes) return;
  const { validateItem, validateKey, updateIndexes } = db;
  db.itemSize = itemBytes;
  db.validateItem = (item, table) => validateItem(item, table) ?? keyRefusal(db, item, table.KeySchema);
  db.validateKey = (key, table) => validateKey(key, table) ?? keyRefusal(db, key, table.KeySchema);
  db.updateIndexes = (store, table, before, after, done) => {
    const refusal = after && indexRefusal(db, after, table);
    if (refusal) done(refusal);
    else updateIndexes(store, table, before, after, done);
  };
}

function keyRefusal(db: DynaliteDb, item: Item, [partition, sort]: readonly Key[]): Error | undefined {
  if (bytesOf(item, partition) > MAX_PARTITION_KEY_BYTES)
    return db.validationError(
      `One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of${MAX_PARTITION_KEY_BYTES} bytes`,
    );
  if (bytesOf(item, sort) > MAX_SORT_KEY_BYTES)
    return db.validationError(
      `One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of ${MAX_SORT_KEY_BYTES} bytes`,
    );
  return undefined;
}

function indexRefusal(db: DynaliteDb, item: Item, table: Table): Error | undefined {
  for (const { IndexName, KeySchema } of table.GlobalSecondaryIndexes ?? []) {
    const empty = KeySchema.find(({ AttributeName }) => item[AttributeName]?.S === '');
    if (empty)
      return db.validationError(
        'One or more parameter values are not valid. A value specified for a secondary index key is not supported. ' +
          'The AttributeValue for a key attribute cannot contain an empty string value. ' +
          `IndexName: ${IndexName}, IndexKey: ${empty.AttributeName}`,
      );
    const refusal = keyRefusal(db, item, KeySchema);
    if (refusal) return refusal;
  }
  return undefined;
}

function bytesOf(item: Item, key: Key | undefined): number {
  const value = key && item[key.AttributeName];
  return value === undefined ? 0 : itemBytes({ '': value });
}

/** The members of a request that have limits. */
interface Request {
  readonly RequestItems?: Readonly<Record<string, readonly object[] | { readonly Keys?: readonly object[] }>>;
  readonly Statements?: readonly { readonly Statement: string }[];
  readonly [name: string]: unknown;
}

/** Returns the error of DynamoDB for a request that is too large as a whole; undefined for any other. */
export function requestRefusal(
  operation: string,
  request: Request,
  bytes: number,
): EngineResponse | undefined {
  if (operation.startsWith('Batch') && bytes > MAX_BATCH_BYTES)
    return refusal(`Total request size has exceeded the maximum of ${MAX_BATCH_BYTES} bytes`);
  const { RequestItems = {}, Statements = [] } = request;
  const entries = Object.values(RequestItems).flatMap(items =>
    'Keys' in items ? (items.Keys ?? []) : items,
  );
  if (operation === 'BatchWriteItem' && entries.length > MAX_BATCH_WRITES)
    return refusal('Too many items requested for the BatchWriteItem call');
  if (operation === 'BatchGetItem' && entries.length > MAX_BATCH_KEYS)
    return refusal('Too many items requested for the BatchGetItem call');
  if (Statements.length > MAX_BATCH_STATEMENTS)
    return refusal(
      `1 validation error detected: Value at 'statements' failed to satisfy constraint: Member must have length less than or equal to ${MAX_BATCH_STATEMENTS}`,
    );
  if (Statements.some(({ Statement }) => Statement.length > MAX_STATEMENT_CHARACTERS))
    return refusal(
      `1 validation error detected: Value at 'statement' failed to satisfy constraint: Member must have length less than or equal to ${MAX_STATEMENT_CHARACTERS}`,
    );
  return expressionRefusal(request);
}

function expressionRefusal(request: Request): EngineResponse | undefined {
  for (const [name, text] of Object.entries(request)) {
    if (!name.endsWith('Expression') || typeof text !== 'string') continue;
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_EXPRESSION_BYTES)
      return refusal(
        `Invalid ${name}: Expression size has exceeded the maximum allowed size; expression size: ${bytes}`,
      );
  }
  return undefined;
}

function refusal(message: string): EngineResponse {
  return { statusCode: 400, body: { __type: 'com.amazon.coral.validate#ValidationException', message } };
}
