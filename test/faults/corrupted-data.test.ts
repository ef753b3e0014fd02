import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Item } from '../../shared/dynamodb/client.ts';
import { Dynamo, documentClient } from '../../shared/dynamodb/client.ts';
import { eventPartitions } from '../../shared/dynamodb/keys.ts';
import type { Api } from '../support/api.ts';
import { events, openApi } from '../support/api.ts';
import { iso, NOW, S1, S2 } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';

/* This test damages stored events of one pattern, each in another way. */

let api: Api;
let now = NOW;
let db: Dynamo;
beforeAll(async () => {
  const settings = (base: Parameters<typeof documentClient>[0]) => {
    db = new Dynamo(documentClient(base));
    return base;
  };
  api = await openApi({ now: () => now, environment: { N_MIN: '5' }, changeClientSettings: settings });
});
afterAll(() => api.close());

const TABLE = 'pm-tuning-events';
const withoutLastByte = (m: unknown): Uint8Array => (m as Uint8Array).slice(0, -1);
const DAMAGES: readonly ((item: Item) => Item)[] = [
  item => ({ ...item, m: 'text' }),
  item => ({ ...item, m: new Uint8Array([9]) }),
  item => ({ ...item, m: withoutLastByte(item.m) }),
  item => ({ ...item, o: 'success' }),
  item => ({ ...item, o: 's1,s2' }),
  ({ m, ...item }) => item,
  item => ({ ...item, o: 7 }),
];

async function storedItems(): Promise<Item[]> {
  const shards = eventPartitions(S1).map(partition =>
    db.query({
      TableName: TABLE,
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': partition },
    }),
  );
  return (await Promise.all(shards)).flat().sort((a, b) => (String(a.sk) < String(b.sk) ? -1 : 1));
}

it('[D6] a pattern with damaged events fails and names them while another pattern publishes, and it publishes after the repair', async () => {
  await api.postEvents([...events(20, 'a', { pattern: S1 }), ...events(20, 'a', { pattern: S2 })]);
  await api.cycle({ as_of: iso(NOW) });
  await api.postEvents([...events(20, 'b', { pattern: S1 }), ...events(20, 'b', { pattern: S2 })]);
  const items = await storedItems();
  const intact = items.slice(0, DAMAGES.length);
  for (const [i, damage] of DAMAGES.entries())
    await db.put({ TableName: TABLE, Item: damage(items[i] ?? {}) });

  // `status` reports the run that started last, so the clock must advance.
  now += 1000;
  const cycle = await api.cycle({ as_of: iso(NOW) });
  const namedIds = intact.slice(0, 5).map(item => `"${item.sk}"`);
  const [first, second] = cycle.patterns;
  expect(cycle.status).toBe('partial');
  expect(first).toMatchObject({ pattern_key: S1, status: 'failed', generation: 1, published: false });
  // Pages of eight shards arrive in any order.
  const ids = [...(first?.reason ?? '').matchAll(/"(a-\d+)"/g)].map(([, id]) => id);
  expect(first?.reason).toMatch(/^failed: damaged_event: 7 damaged: "a-\d+"(, "a-\d+"){4} and 2 more$/);
  expect(ids.every(id => intact.some(item => item.sk === id))).toBe(true);
  expect(new Set(ids).size).toBe(namedIds.length);
  expect(second).toMatchObject({ pattern_key: S2, status: 'published', generation: 2, events_read: 40 });

  const status = await api.status();
  expect(status.healthy).toBe(false);
  expect(status.reasons[0]?.detail).toContain(`${S1} failed: damaged_event: 7 damaged: "a-`);

  for (const item of intact) await db.put({ TableName: TABLE, Item: item });
  expect((await api.cycle({ as_of: iso(NOW) })).patterns[0]).toMatchObject({
    status: 'published',
    generation: 2,
    events_read: 40,
  });
  measurement(
    7,
    `${DAMAGES.length} stored events damaged: 1 pattern failed and named them, 1 published; repaired, it published`,
  );
});
