import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HISTORY_DAYS } from '../../shared/dynamodb/head-store.ts';
import type { Change, Generation } from '../../shared/generation/generation.ts';
import type { Head } from '../../shared/generation/head.ts';
import { storedPatternKey } from '../../shared/pattern/pattern-key.ts';
import { DAY, HOUR, iso, NOW, S1, S2, S3 } from '../support/episodes.ts';
import { faultOfAsync } from '../support/fault-of.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

let stores: Stores;
beforeEach(async () => {
  stores = await openStores();
});
afterEach(() => stores.close());

const change = (why: string, at = NOW): Change => ({ who: 'local', at: iso(at), what: 'mode', why });
const head = (version: number, why = 'test'): Head => ({
  version,
  mode: 'live',
  settings: {},
  latest: 0,
  last_change: change(why),
});
const generation = (number: number): Generation => {
  const rows = { id: '0'.repeat(32), rows: 0, chunks: 0, kept_until: iso(NOW + 62 * DAY) };
  return {
    generation: number,
    hash: '1'.repeat(32),
    cycle_id: 'c',
    as_of: iso(NOW),
    lookback_days: 90,
    n_min: 33,
    policy: 'drift',
    resolution: 'blend',
    events_read: 1,
    lessons: rows,
    overrides: rows,
    published_at: iso(NOW),
  };
};

describe('a head', () => {
  it('a new pattern has no head', async () => {
    expect(await stores.runtime.heads.head(S1)).toBeUndefined();
  });

  it('a head is replaced only by the next version', async () => {
    const { heads } = stores.runtime;
    expect(await heads.replaceHead(S1, head(2))).toBe(false);
    expect(await heads.replaceHead(S1, head(1))).toBe(true);
    expect(await heads.replaceHead(S1, head(1))).toBe(false);
    expect(await heads.replaceHead(S1, head(3))).toBe(false);
    expect(await heads.replaceHead(S1, head(2, 'second'))).toBe(true);
    expect(await heads.head(S1)).toEqual(head(2, 'second'));
    expect(await heads.head(S2)).toBeUndefined();
  });

  it.each([1, 2])('only one of twenty concurrent writers writes version %d of a head', async version => {
    const { heads } = stores.runtime;
    if (version > 1) await heads.replaceHead(S1, head(1));
    const writers = Array.from({ length: 20 }, (_, i) => heads.replaceHead(S1, head(version, `writer ${i}`)));
    const won = await Promise.all(writers);
    expect(won.filter(Boolean)).toHaveLength(1);
    expect((await heads.head(S1))?.last_change.why).toBe(`writer ${won.indexOf(true)}`);
  });

  it('reading a head with missing fields throws damaged_generation', async () => {
    await stores.db.put({
      TableName: 'control',
      Item: { pk: `pattern#${S1}`, sk: 'head', version: 1, head: { version: 1 } },
    });
    expect((await faultOfAsync(stores.runtime.heads.head(S1))).code).toBe('damaged_generation');
  });
});

/** Counters of a pattern before their first write. */
const ZERO_COUNTS = {
  counts: { total: 0, withOutcome: 0, parked: 0 },
  conflicts: { events: 0, outcomes: 0 },
};

describe('patterns', () => {
  it('patterns are registered once and listed in order', async () => {
    const { heads } = stores.runtime;
    await heads.register([S3, S1]);
    await heads.register([S2, S1]);
    expect(await heads.patterns()).toEqual([S1, S2, S3]);
    stores.proxy.start();
    await heads.register([S1, S2, S3]);
    expect(stores.proxy.operations).toEqual([]);
  });

  it('a pattern is known once it is registered, and a known one is read once', async () => {
    await stores.runtime.heads.register([S1]);
    const { heads } = stores.another().runtime;
    stores.proxy.start();
    const elsewhere = stores.runtime.heads;
    expect(await elsewhere.isRegistered(S1)).toBe(true);
    expect(stores.proxy.operations).toEqual([]);
    expect(await elsewhere.isRegistered(S2)).toBe(false);
    expect(stores.proxy.operations).toEqual(['GetItem']);
    expect([await heads.isRegistered(S1), await heads.isRegistered(S2)]).toEqual([true, false]);
  });

  it('a pattern that an earlier version stored with a padded state is still listed', async () => {
    const { heads } = stores.runtime;
    const padded = storedPatternKey('pm.split.S01.entry');
    await heads.register([padded]);
    expect(await heads.patterns()).toEqual([padded]);
    expect(await heads.overview()).toMatchObject([{ pattern: padded }]);
  });

  it('a pattern whose registration failed is registered again', async () => {
    const { heads } = stores.runtime;
    stores.proxy.around = () => Promise.reject(new Error('no'));
    expect((await faultOfAsync(heads.register([S1]))).code).toBe('store_unavailable');
    stores.proxy.around = (_, forward) => forward();
    await heads.register([S1]);
    expect(await heads.patterns()).toEqual([S1]);
  });

  it('the overview of patterns has their heads, counters and the times of their registration', async () => {
    const { heads } = stores.runtime;
    await heads.register([S1]);
    stores.clock.now += HOUR;
    await heads.register([S1, S2]);
    await heads.replaceHead(S2, head(1));
    expect(await heads.overview()).toEqual([
      { pattern: S1, since: NOW, head: undefined, ...ZERO_COUNTS },
      { pattern: S2, since: NOW + HOUR, head: head(1), ...ZERO_COUNTS },
    ]);
  });
});

describe('archived generations', () => {
  it('archived generations are listed newest first, in the order of their numbers', async () => {
    const { heads } = stores.runtime;
    for (const number of [2, 10, 1, 100, 9]) await heads.archive(S1, generation(number));
    await heads.archive(S2, generation(7));
    expect((await heads.archived(S1)).map(g => g.generation)).toEqual([100, 10, 9, 2, 1]);
  });

  it(`[W4] an archived generation is not listed after ${HISTORY_DAYS} days, although it may still be stored`, async () => {
    const { heads } = stores.runtime;
    await heads.archive(S1, generation(1));
    stores.clock.now = NOW + HISTORY_DAYS * DAY - 1;
    expect(await heads.archived(S1)).toHaveLength(1);
    stores.clock.now = NOW + HISTORY_DAYS * DAY;
    expect(await heads.archived(S1)).toEqual([]);
  });
});

describe('settings of an earlier version', () => {
  it('a head whose n_min is above the bound of today is read', async () => {
    const { heads } = stores.runtime;
    await heads.replaceHead(S1, { ...head(1), settings: { n_min: 50_000 } });
    expect((await heads.head(S1))?.settings.n_min).toBe(50_000);
  });
});

describe('near lessons', () => {
  it('near lessons are written only when they differ from the stored ones', async () => {
    const { heads } = stores.runtime;
    expect(await heads.near(S1)).toEqual([]);
    await heads.putNear(S1, []);
    stores.proxy.start();
    await heads.putNear(S1, []);
    expect(stores.proxy.writes()).toEqual([]);
  });
});
