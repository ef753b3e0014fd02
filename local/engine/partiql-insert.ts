import { createRequire } from 'node:module';

/*
 * This file implements BatchExecuteStatement for the embedded engine. dynalite has no PartiQL, and the product uses one
 * statement of it: INSERT INTO "table" VALUE {'name': ?, …}.
 */

export interface EngineResponse {
  readonly statusCode: number;
  readonly body: object;
}

/**
 * Puts one item.
 * @param parsed members that dynalite's validation of the put would have added
 */
type PutItem = (put: object, parsed: object) => Promise<EngineResponse>;

export interface InsertBatch {
  readonly Statements: readonly { readonly Statement: string; readonly Parameters: readonly unknown[] }[];
}

/** A put as dynalite reads it. */
interface PutInput {
  readonly Item: object;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: object;
  /** Set by dynalite's validation: the parsed expression. */
  _condition?: object;
}
const { custom: validatePut }: { custom(put: PutInput, store: object): string | undefined } = createRequire(
  import.meta.url,
)('dynalite/validations/putItem');

const STATEMENT = /^INSERT INTO "([\w.-]+)" VALUE \{((?:'\w+': \?(?:, )?)+)\}$/;

const UNKNOWN_STATEMENT: EngineResponse = {
  statusCode: 400,
  body: {
    __type: 'com.amazon.coral.validate#ValidationException',
    message: 'the embedded engine supports only INSERT INTO "table" VALUE {…}',
  },
};

/** A parsed statement. */
interface Insert {
  readonly TableName: string;
  readonly names: readonly string[];
  /** The parsed condition that the key is free. */
  readonly keyIsFree: object;
}

/** Parsed statements by their text. The product has a few, one for each set of attributes. */
const inserts = new Map<string, Insert>();

/**
 * Runs each statement of a batch by itself, as a put under the condition that its key is free.
 * @param store dynalite's store
 */
export async function insertBatch(
  store: object,
  { Statements }: InsertBatch,
  putItem: PutItem,
): Promise<EngineResponse> {
  const responses: Promise<object>[] = [];
  for (const { Statement, Parameters } of Statements) {
    const insert = inserts.get(Statement) ?? parseInsert(Statement, store);
    if (!insert) return UNKNOWN_STATEMENT;
    inserts.set(Statement, insert);
    responses.push(insertOne(insert, Parameters, putItem));
  }
  return { statusCode: 200, body: { Responses: await Promise.all(responses) } };
}

/** Returns undefined for a statement of another form. */
function parseInsert(statement: string, store: object): Insert | undefined {
  const [, TableName, fields = ''] = STATEMENT.exec(statement) ?? [];
  const names = [...fields.matchAll(/'(\w+)'/g)].map(match => match[1] ?? '');
  const put: PutInput = {
    Item: {},
    // The product's statements name the partition key first.
    ConditionExpression: 'attribute_not_exists(#p)',
    ExpressionAttributeNames: { '#p': names[0] ?? '' },
  };
  validatePut(put, store);
  if (TableName === undefined || !put._condition) return undefined;
  return { TableName, names, keyIsFree: { _condition: put._condition } };
}

async function insertOne(
  { TableName, names, keyIsFree }: Insert,
  parameters: readonly unknown[],
  putItem: PutItem,
): Promise<object> {
  const Item = Object.fromEntries(names.map((name, i) => [name, parameters[i]]));
  const { statusCode, body } = await putItem({ TableName, Item }, keyIsFree);
  if (statusCode === 200) return { TableName };
  const { __type = '', message = '' } = body as { __type?: string; message?: string };
  const code = __type.split('#').at(-1) ?? '';
  return {
    Error: { Code: code === 'ConditionalCheckFailedException' ? 'DuplicateItem' : code, Message: message },
  };
}
