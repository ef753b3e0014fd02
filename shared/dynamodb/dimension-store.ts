import type { DimensionCoverage } from '../lookup/dimension-coverage.ts';
import type { DimensionStore } from '../lookup/dimension-store.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { DAY_MS } from '../time.ts';
import type { Dynamo, Item } from './client.ts';
import * as keys from './keys.ts';

/** A dimension that nobody asks with any more is forgotten after so long. */
const ASKED_DAYS = 30;
/** More dimensions than these are not watched. */
const MAX_USED = 256;

/** Dimensions in the control table: one item of those that lessons use, one of each that look-ups ask with. */
export class DynamoDimensionStore implements DimensionStore {
  readonly #db: Dynamo;
  readonly #table: string;
  readonly #now: () => number;

  constructor(db: Dynamo, table: string, now: () => number) {
    this.#db = db;
    this.#table = table;
    this.#now = now;
  }

  async putUsed(pattern: PatternKey, names: readonly string[]): Promise<void> {
    const Key = { pk: keys.dimensionsPartition(pattern), sk: keys.USED };
    const since = usedOf(await this.#db.get({ TableName: this.#table, Key }));
    const used = names.slice(0, MAX_USED);
    if (used.length === since.size && used.every(name => since.has(name))) return;
    const now = this.#now();
    const rows = used.map(name => [name, since.get(name) ?? now]);
    await this.#db.put({ TableName: this.#table, Item: { ...Key, used: JSON.stringify(rows) } });
  }

  async recordQueried(pattern: PatternKey, names: readonly string[]): Promise<void> {
    const now = this.#now();
    const items = [...new Set(names)].map(name => ({
      pk: keys.dimensionsPartition(pattern),
      sk: keys.askedSort(name),
      at: now,
      [keys.TTL_ATTRIBUTE]: Math.ceil((now + ASKED_DAYS * DAY_MS) / 1000),
    }));
    await this.#db.putMany(this.#table, items);
  }

  async coverage(pattern: PatternKey): Promise<DimensionCoverage> {
    const items = await this.#db.query({
      TableName: this.#table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': keys.dimensionsPartition(pattern) },
    });
    const asked = items.flatMap(({ sk, at }) => {
      const name = keys.askedName(String(sk));
      return name === undefined || typeof at !== 'number' ? [] : [[name, at] as const];
    });
    return { used: usedOf(items.find(item => item.sk === keys.USED)), queried: new Map(asked) };
  }
}

/** Pairs of a name and a time as text: a map of DynamoDB would make names into attributes. */
function usedOf(item: Item | undefined): Map<string, number> {
  const rows: unknown = typeof item?.used === 'string' ? JSON.parse(item.used) : [];
  if (!Array.isArray(rows)) return new Map();
  return new Map(rows.map(([name, since]: [unknown, unknown]) => [String(name), Number(since)]));
}
