import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { itemBytes } from '../../shared/dynamodb/item-size.ts';

/** Returns the bytes of every stored item, by its table, partition key and sort key. */
export async function storedItemBytes(settings: DynamoDBClientConfig): Promise<Map<string, number>> {
  const client = new DynamoDBClient(settings);
  const sizes = new Map<string, number>();
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  for (const TableName of TableNames) {
    let start: Record<string, never> | undefined;
    do {
      const page = await client.send(new ScanCommand({ TableName, ExclusiveStartKey: start }));
      for (const item of page.Items ?? [])
        sizes.set(`${TableName} ${item.pk?.S} ${item.sk?.S}`, itemBytes(item));
      start = page.LastEvaluatedKey as typeof start;
    } while (start);
  }
  return sizes;
}

/** Returns the bytes of an answer's body as Lambda hands it on: base64 when it is gzipped, else a text inside JSON. */
export async function handedOnBytesOf(response: Response): Promise<number> {
  const body = Buffer.from(await response.clone().arrayBuffer());
  return response.headers.has('content-encoding')
    ? body.toString('base64').length
    : Buffer.byteLength(JSON.stringify(body.toString('utf8')));
}
