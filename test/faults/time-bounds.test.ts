import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import { runCycle } from '../support/cycles.ts';
import { DAY, eventBody, HOUR, iso, MINUTE, NOW, S1 } from '../support/episodes.ts';
import { faultOf } from '../support/fault-of.ts';
import { measurement } from '../support/measurements.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

/* What the time of an event may be, which events a run sees, and that what has expired is gone before it is deleted. */

let stores: Stores;
beforeEach(async () => {
  stores = await openStores();
});
afterEach(() => stores.close());

const SECOND = 1000;

/** Every rule for the time of an event, at its edge. */
const TIMES: readonly (readonly [what: string, ms: number, taken: boolean])[] = [
  ['five minutes ahead of its receipt', NOW + 5 * MINUTE, true],
  ['five minutes before it', NOW - 5 * MINUTE, true],
  ['a day ahead', NOW + DAY, true],
  ['a day and a second ahead', NOW + DAY + SECOND, false],
  ['a day less a second ahead', NOW + DAY - SECOND, true],
  ['1970', 0, false],
  ['1970, by a second for a millisecond', NOW / 1000, false],
  ['the last second of 1999', Date.parse('1999-12-31T23:59:59Z'), false],
  ['the first second of 2000', Date.parse('2000-01-01T00:00:00Z'), true],
  ['2100', Date.parse('2100-01-01T00:00:00Z'), false],
];

it('[T1] the time of an event lies between 2000 and a day after its receipt, to the second', () => {
  for (const [what, ms, taken] of TIMES) {
    const read = () => readEpisode(eventBody('e', { timestamp: iso(ms) }), NOW);
    if (taken) expect([what, read().timestamp]).toEqual([what, ms]);
    else expect([what, faultOf(read).code]).toEqual([what, 'timestamp_out_of_range']);
  }
  const refused = TIMES.filter(([, , taken]) => !taken).length;
  measurement(
    10,
    `${TIMES.length} event times at their edges: ${TIMES.length - refused} taken, ${refused} refused, each by its rule`,
  );
});

it.each([1, 90, 366])(
  '[T2] a window of %d days is exact: both ends belong to it, a second beyond either does not',
  async days => {
    const from = NOW - days * DAY;
    const edges = [from - SECOND, from, from + SECOND, NOW - SECOND, NOW, NOW + SECOND];
    const events = edges.map((ms, i) =>
      readEpisode(eventBody(`e${i}`, { timestamp: iso(ms), outcome: 'success', resolved_at: iso(NOW) }), NOW),
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

describe('what has expired and is still stored', () => {
  it('[T3] is read by no run, whatever moment it looks back from', async () => {
    const add = async (id: string) => {
      const body = eventBody(id, { timestamp: iso(NOW - DAY), outcome: 'success' });
      await stores.runtime.episodes.add([readEpisode(body, stores.clock.now)]);
    };
    for (let i = 0; i < 12; i++) await add(`old ${i}`);
    const read = async () => (await runCycle(stores.runtime, { as_of: iso(NOW) }))[0]?.events_read;
    expect(await read()).toBe(12);
    stores.clock.now += 399 * DAY;
    // Received later, so kept longer.
    for (let i = 0; i < 11; i++) await add(`new ${i}`);
    expect(await read()).toBe(23);
    stores.clock.now += DAY + HOUR;
    expect(await read()).toBe(11);
    const { Items = [] } = await stores.another().client.send(new ScanCommand({ TableName: 'events' }));
    expect(Items).toHaveLength(23);
    expect((await stores.runtime.heads.head(S1))?.current?.events_read).toBe(11);
    measurement(10, '12 of 23 stored events expired and not yet deleted: 11 read, 0 ghosts');
  });
});
