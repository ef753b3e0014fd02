import { parsePatternKey } from '../pattern/pattern-key.ts';
import { expiryAfter } from '../time.ts';
import type { DegradedCount, DegradedLookups } from '../warning/degraded-lookups.ts';
import { sumByPattern } from '../warning/degraded-lookups.ts';
import type { ControlTable } from './control-table.ts';
import * as keys from './keys.ts';

/** Days that the counts of a minute are kept. */
const KEPT_DAYS = 3;
/** Maximum number of items that are read, newest first: one for each minute and pattern. */
const MAX_READ = 1000;

/** Counts of degraded look-ups in the control table: one item for each minute and pattern. */
export class DynamoDegradedLookups implements DegradedLookups {
  readonly #control: ControlTable;

  constructor(control: ControlTable) {
    this.#control = control;
  }

  async add(counts: readonly DegradedCount[]): Promise<void> {
    const now = this.#control.now();
    for (const { pattern, count } of counts)
      await this.#control.db.update({
        TableName: this.#control.name,
        Key: { pk: keys.DEGRADED, sk: keys.degradedSort(now, pattern) },
        UpdateExpression: 'SET #x = :x ADD n :n',
        ExpressionAttributeNames: { '#x': keys.TTL_ATTRIBUTE },
        ExpressionAttributeValues: { ':n': count, ':x': expiryAfter(now, KEPT_DAYS) },
      });
  }

  async since(from: number): Promise<DegradedCount[]> {
    const items = await this.#control.db.queryPage({
      TableName: this.#control.name,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :p AND sk >= :from',
      ExpressionAttributeValues: { ':p': keys.DEGRADED, ':from': keys.degradedSort(from) },
      ScanIndexForward: false,
      Limit: MAX_READ,
    });
    return sumByPattern(
      items.map(({ sk, n }) => ({
        pattern: parsePatternKey(keys.degradedPattern(String(sk))),
        count: typeof n === 'number' ? n : 0,
      })),
    );
  }
}
