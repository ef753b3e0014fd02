import { DAY_MS } from '../time.ts';
import type { Item } from './client.ts';
import { TTL_ATTRIBUTE } from './keys.ts';

/**
 * Returns the epoch second at which an item expires, rounded up.
 * @param now milliseconds since 1970
 */
export function expiryAfter(now: number, days: number): number {
  return Math.ceil((now + days * DAY_MS) / 1000);
}

/**
 * Reports whether an item has expired. DynamoDB deletes expired items only within days, so readers must skip them.
 * @param now milliseconds since 1970
 */
export function isExpired(item: Item, now: number): boolean {
  const expires = item[TTL_ATTRIBUTE];
  return typeof expires === 'number' && expires * 1000 <= now;
}
