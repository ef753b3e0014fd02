import type { QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { shortHash } from '../hash.ts';
import { expiryAfter } from '../time.ts';
import type { Dynamo, Item } from './client.ts';
import { TTL_ATTRIBUTE } from './keys.ts';

/** The control table for the stores that share it: reads and writes by partition key and sort key. */
export class ControlTable {
  readonly db: Dynamo;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;

  constructor(db: Dynamo, name: string, now: () => number) {
    this.db = db;
    this.name = name;
    this.now = now;
  }

  /** Returns one item by a consistent read; undefined when there is none. */
  async get(pk: string, sk: string): Promise<Item | undefined> {
    return this.db.get({ TableName: this.name, Key: { pk, sk } });
  }

  /** Writes one item without a condition. @param days until the item expires; undefined: never */
  async put(pk: string, sk: string, content: object, days?: number): Promise<void> {
    const expiry = days !== undefined && { [TTL_ATTRIBUTE]: expiryAfter(this.now(), days) };
    await this.db.put({ TableName: this.name, Item: { pk, sk, ...content, ...expiry } });
  }

  /** Writes an item that holds one text, only when the text differs from the stored one. It never expires. */
  async putIfChanged(pk: string, sk: string, rows: string): Promise<void> {
    const hash = shortHash(rows);
    const stored = await this.db.get({
      TableName: this.name,
      Key: { pk, sk },
      ProjectionExpression: '#h',
      ExpressionAttributeNames: { '#h': 'hash' },
    });
    if (stored?.hash !== hash) await this.put(pk, sk, { rows, hash });
  }

  /** Returns the consistent query of a partition. @param prefix restricts it to sort keys that begin with it */
  partition(pk: string, prefix?: string): QueryCommandInput {
    return {
      TableName: this.name,
      ConsistentRead: true,
      KeyConditionExpression: prefix === undefined ? 'pk = :p' : 'pk = :p AND begins_with(sk, :s)',
      ExpressionAttributeValues: { ':p': pk, ...(prefix !== undefined && { ':s': prefix }) },
    };
  }
}
