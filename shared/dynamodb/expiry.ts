import type { Item } from './client.ts';
import { TTL_ATTRIBUTE } from './keys.ts';

/**
 * Reports whether an item has expired. DynamoDB deletes expired items only within days, so readers must skip them.
 * @param now milliseconds since 1970
 */
export function isExpired(item: Item, now: number): boolean {
  const expires = item[TTL_ATTRIBUTE];
  return typeof expires === 'number' && expires * 1000 <= now;
}
