import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import { runCycle } from '../support/cycles.ts';
import { DAY, eventBody, HOUR, iso, MINUTE, NOW, S1 } from '../support/episodes.ts';
import { faultOf } from '../support/fault-of.ts';
import { measurement } from '../support/measurements.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

/* These tests cover valid times of an event, the events of a window, and expired events that are not deleted yet. */

let stores: Stores;
beforeEach(async () => {
  stores = await openStores();
});
afterEach(() => stores.close());

const SECOND = 1000;

/** Event times at the edge of each rule. */
const TIMES: readonly (readonly [name: string, ms: number, valid: boolean])[] = [
  ['five minutes ahead of its receipt', NOW + 5 * MINUTE, true],
  ['five minutes before its receipt', NOW - 5 * MINUTE, true],
  ['a day ahead', NOW + DAY, true],
  ['a day and a second ahead', NOW + DAY + SECOND, false],
  ['a day less a second ahead', NOW + DAY - SECOND, true],
  ['1970', 0, false],
  ['1970, from seconds sent as milliseconds', NOW / 1000, false],
  ['the last second of 1999', Date.parse('1999-12-31T23:59:59Z'), false],
  ['the first second of 2000', Date.parse('2000-01-01T00:00:00Z'), true],
  ['2100', Date.parse('2100-01-01T00:00:00Z'), false],
];

it('[W1] the time of a valid event lies between the year 2000 and a day after its receipt, to the second', () => {
  for (const [name, ms, valid] of TIMES) {
    const read = () => readEpisode(eventBody('e', { timestamp: iso(ms) }), NOW);
    if (valid) expect([name, read().timestamp]).toEqual([name, ms]);
    else expect([name, faultOf(read).code]).toEqual([name, 'timestamp_out_of_range']);
  }
  const rejected = TIMES.filter(([, , valid]) => !valid).length;
  measurement(
    10,
    `${TIMES.length} event times at their edges: ${TIMES.length - rejected} accepted, ${rejected} rejected, each by its rule`,
  );
});

it.each([1, 90, 366])(
  '[W2] a window of %d days contains events at both its ends and none a second beyond them',
  async days => {
    const from = NOW - days * DAY;
    const edges = [from - SECOND, from, from + SECOND, NOW - SECOND, NOW, NOW + SECOND];
    const events = edges.map((ms, i) =>
      readEpisode(
        eventBody(`e${i}`, { timestamp: iso(ms), outcome: 'success', resolved_at: iso(Math.max(NOW, ms)) }),
        NOW,
      ),
    );
    await stores.runtime.episodes.add(events);
    const read = async (asOf: number) =>
      (await runCycle(stores.runtime, { as_of: iso(asOf), lookback_days: days }))[0]?.events_read;
    expect(await read(NOW)).toBe(4);
    expect(await read(NOW - SECOND)).toBe(0);
    stores.clock.now += MINUTE;
    expect(await read(NOW + SECOND)).toBe(4);
    measurement(
      10,
      `the edges of a window of ${days} days ± 1 s: 4 of 6 events in it; a second later 4 others`,
    );
  },
);

describe('expired events that are still stored', () => {
  it('[W3] no run reads an expired event that is still stored, whatever its as_of', async () => {
    const add = async (id: string) => {
      const body = eventBody(id, { timestamp: iso(NOW - DAY), outcome: 'success' });
      await stores.runtime.episodes.add([readEpisode(body, stores.clock.now)]);
    };
    for (let i = 0; i < 12; i++) await add(`old ${i}`);
    const read = async () => (await runCycle(stores.runtime, { as_of: iso(NOW) }))[0]?.events_read;
    expect(await read()).toBe(12);
    stores.clock.now += 399 * DAY;
    // These events are received later, so they are kept longer.
    for (let i = 0; i < 11; i++) await add(`new ${i}`);
    expect(await read()).toBe(23);
    stores.clock.now += DAY + HOUR;
    expect(await read()).toBe(11);
    const { Items = [] } = await stores.another().client.send(new ScanCommand({ TableName: 'events' }));
    expect(Items).toHaveLength(23);
    expect((await stores.runtime.heads.head(S1))?.current?.events_read).toBe(11);
    measurement(10, '12 of 23 stored events expired and not yet deleted: 11 read, 0 expired ones');
  });
});
