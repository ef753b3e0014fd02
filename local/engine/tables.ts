import type {
  CreateTableCommandInput,
  DynamoDBClient,
  KeySchemaElement,
  TableDescription,
} from '@aws-sdk/client-dynamodb';
import {
  CreateTableCommand,
  DescribeTableCommand,
  ResourceInUseException,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import type { TableName } from '../../shared/dynamodb/keys.ts';
import { TABLES, TTL_ATTRIBUTE } from '../../shared/dynamodb/keys.ts';

const POLL_MS = 50;
const POLLS = 600;

/** A table that the service cannot use; the message is one line for the user. */
export class TableMismatchError extends Error {}

/**
 * Creates missing tables, waits until all are active, and checks the keys and indexes of those that were there before.
 * @param names physical name of each table
 * @returns the names of the created tables
 * @throws TableMismatchError
 */
export async function ensureTables(
  client: DynamoDBClient,
  names: Readonly<Record<TableName, string>>,
): Promise<string[]> {
  const created: string[] = [];
  for (const table of Object.keys(TABLES) as TableName[]) {
    const existing = await describe(client, names[table]);
    if (existing) assertUsable(table, names[table], existing);
    if (existing?.TableStatus === 'ACTIVE') continue;
    if (await create(client, definition(table, names[table]))) created.push(names[table]);
    for (let polls = 0; (await describe(client, names[table]))?.TableStatus !== 'ACTIVE'; polls++) {
      if (polls === POLLS)
        throw new Error(
          `table ${names[table]} did not become active within ${(POLLS * POLL_MS) / 1000} s; check the endpoint and try again`,
        );
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
    }
  }
  return created;
}

/** Returns the description of a table; undefined when there is none. */
async function describe(client: DynamoDBClient, TableName: string): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** @throws TableMismatchError that says what differs and what to do */
function assertUsable(table: TableName, name: string, found: TableDescription): void {
  const { partition, sort, index } = TABLES[table];
  const mismatch = (what: string, is: string, must: string): TableMismatchError =>
    new TableMismatchError(
      `the table ${name} has ${what} ${is}, and must have ${must}; ` +
        `delete it, and the next start creates it, or name another table with ${table.toUpperCase()}_TABLE`,
    );
  const key = keyText(found.KeySchema, found);
  if (key !== textKey(partition, sort)) throw mismatch('the key', key, textKey(partition, sort));
  if (!index) return;
  const foundIndex = found.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === index.name);
  if (!foundIndex) throw mismatch('no index', index.name, textKey(index.partition, index.sort));
  const indexKey = keyText(foundIndex.KeySchema, found);
  const wanted = textKey(index.partition, index.sort);
  if (indexKey !== wanted) throw mismatch(`the index ${index.name} with the key`, indexKey, wanted);
  const { ProjectionType, NonKeyAttributes = [] } = foundIndex.Projection ?? {};
  // The first release created the index without the expiry, and readers do without it.
  const missing = index.projected.filter(
    attribute => attribute !== TTL_ATTRIBUTE && !NonKeyAttributes.includes(attribute),
  );
  if (ProjectionType !== 'ALL' && missing.length > 0)
    throw mismatch(`the index ${index.name} without`, missing.join(), `${missing.join()} in it`);
}

/** Describes a key: name and type of each attribute, the partition key first. */
function keyText(
  schema: readonly KeySchemaElement[] = [],
  { AttributeDefinitions = [] }: TableDescription,
): string {
  const typeOf = (name: string | undefined): string | undefined =>
    AttributeDefinitions.find(({ AttributeName }) => AttributeName === name)?.AttributeType;
  return schema.map(({ AttributeName }) => `${AttributeName} (${typeOf(AttributeName)})`).join(', ');
}

const textKey = (partition: string, sort: string): string => `${partition} (S), ${sort} (S)`;

/** Returns false when another process is creating the table. */
async function create(client: DynamoDBClient, input: CreateTableCommandInput): Promise<boolean> {
  try {
    await client.send(new CreateTableCommand(input));
    return true;
  } catch (error) {
    if (error instanceof ResourceInUseException) return false;
    throw error;
  }
}

function definition(table: TableName, TableName: string): CreateTableCommandInput {
  const { partition, sort, index } = TABLES[table];
  const text = (name: string) => ({ AttributeName: name, AttributeType: 'S' }) as const;
  const input: CreateTableCommandInput = {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [
      { AttributeName: partition, KeyType: 'HASH' },
      { AttributeName: sort, KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [text(partition), text(sort)],
  };
  if (!index) return input;
  return {
    ...input,
    AttributeDefinitions: [...(input.AttributeDefinitions ?? []), text(index.partition), text(index.sort)],
    GlobalSecondaryIndexes: [
      {
        IndexName: index.name,
        KeySchema: [
          { AttributeName: index.partition, KeyType: 'HASH' },
          { AttributeName: index.sort, KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: [...index.projected] },
      },
    ],
  };
}
