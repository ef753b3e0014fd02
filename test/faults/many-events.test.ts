import { afterAll, beforeAll, expect, it } from 'vitest';
import { EVENT_SHARDS } from '../../shared/dynamodb/keys.ts';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import { runCycle } from '../support/cycles.ts';
import { eventBody, iso, NOW, S1 } from '../support/episodes.ts';
import { measurement, whole } from '../support/measurements.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

const EVENTS = 30_000;
/** Maximum number of events of a page, as if events were large. */
const PAGE = 100;

let stores: Stores;
beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());

it(`[I5] ${EVENTS} events in pages of ${PAGE} over ${EVENT_SHARDS} shards are each counted once`, async () => {
  for (let i = 0; i < EVENTS; i += 500) {
    const fields = (n: number) => ({ outcome: n % 3 === 0 ? 'failure' : 'success', timestamp: iso(NOW - n) });
    const part = Array.from({ length: 500 }, (_, n) =>
      readEpisode(eventBody(`e${i + n}`, fields(i + n)), NOW),
    );
    await stores.runtime.episodes.add(part);
  }
  const shards = new Map<string, number>();
  stores.proxy.around = ({ operation, body }, forward) => {
    if (operation !== 'Query' || body.TableName !== 'events') return forward();
    const shard = JSON.stringify((body.ExpressionAttributeValues as Record<string, unknown>)[':p']);
    shards.set(shard, (shards.get(shard) ?? 0) + 1);
    return forward({ ...body, Limit: PAGE });
  };
  expect(await runCycle(stores.runtime)).toMatchObject([{ status: 'published', events_read: EVENTS }]);
  expect(shards.size).toBe(EVENT_SHARDS);
  for (const pages of shards.values()) expect(pages).toBeGreaterThan(EVENTS / EVENT_SHARDS / PAGE / 2);
  const current = (await stores.runtime.heads.head(S1))?.current;
  const lessons = current ? await stores.runtime.lessons.read(S1, current.lessons) : [];
  const globalLesson = lessons.find(lesson => Object.keys(lesson.scope_subset).length === 0);
  expect(globalLesson).toMatchObject({
    n: EVENTS,
    stats: { n_misses: (EVENTS / 3) * 2, n_dodges: EVENTS / 3 },
  });
  const pages = [...shards.values()].reduce((sum, n) => sum + n, 0);
  measurement(
    13,
    `${whole(EVENTS)} events over ${shards.size} shards in ${whole(pages)} pages: all counted, once`,
  );
});
