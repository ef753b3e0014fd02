import type { CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateTableCommand,
  DescribeTableCommand,
  ResourceInUseException,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import type { TableName } from '../../shared/dynamodb/keys.ts';
import { TABLES } from '../../shared/dynamodb/keys.ts';

const POLL_MS = 50;
const POLLS = 600;

/**
 * Creates missing tables and waits until all are active.
 * @param names physical name of each table
 * @returns the names of the created tables
 */
export async function ensureTables(
  client: DynamoDBClient,
  names: Readonly<Record<TableName, string>>,
): Promise<string[]> {
  const created: string[] = [];
  for (const table of Object.keys(TABLES) as TableName[]) {
    if (await isActive(client, names[table])) continue;
    if (await create(client, definition(table, names[table]))) created.push(names[table]);
    for (let polls = 0; !(await isActive(client, names[table])); polls++) {
      if (polls === POLLS)
        throw new Error(
          `table ${names[table]} did not become active within ${(POLLS * POLL_MS) / 1000} s; check the endpoint and try again`,
        );
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
    }
  }
  return created;
}

async function isActive(client: DynamoDBClient, TableName: string): Promise<boolean> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    return Table?.TableStatus === 'ACTIVE';
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false;
    throw error;
  }
}

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
