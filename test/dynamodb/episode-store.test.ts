import { describe, expect, it } from 'vitest';
import { eventPartitions, OUTCOMES_INDEX } from '../../shared/dynamodb/keys.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { runCycle } from '../support/cycles.ts';
import { connectionCut, errorAnswer } from '../support/dynamodb-proxy.ts';
import { useEpisodeStore } from '../support/episode-store.ts';
import { DAY, HOUR, iso, NOW } from '../support/episodes.ts';
import { faultOf, faultOfAsync } from '../support/fault-of.ts';
import { measurement, whole } from '../support/measurements.ts';
import { unpackEpisode } from '../support/unpack-episode.ts';

const use = useEpisodeStore();
const { event, add, counts, conflicts, resolved, stored, histories } = use;

describe('an event', () => {
  it('[I1] an event that is sent 1,000 times, 50 at once, is stored and counted once', async () => {
    const results: string[] = [];
    const sender = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) results.push(...(await add(event('e', { outcome: 'success' }))));
    };
    await Promise.all(Array.from({ length: 50 }, sender));
    expect(results.filter(result => result === 'accepted')).toHaveLength(1);
    expect(results.filter(result => result === 'unchanged')).toHaveLength(999);
    expect(await stored()).toHaveLength(1);
    expect(await resolved()).toHaveLength(1);
    expect(await counts()).toEqual({ total: 1, withOutcome: 1, parked: 0 });
    const once = use.otherPattern('once');
    const all = (key: PatternKey) =>
      ['e', ...Array.from({ length: 19 }, (_, i) => `f${i}`)].map(id =>
        event(id, { outcome: 'success', pattern_key: key }),
      );
    await add(...all(use.pattern), ...all(once));
    const hash = async (key: PatternKey) => {
      await runCycle(use.stores.runtime, { pattern_key: key });
      return (await use.stores.runtime.heads.head(key))?.current?.hash;
    };
    expect(await hash(use.pattern)).toMatch(/^[0-9a-f]{32}$/);
    expect(await hash(once)).toBe(await hash(use.pattern));
    const sent = `${whole(results.length)} times, 50 at once: 1 accepted, 999 unchanged, 1 row, counted once`;
    measurement(1, `${sent}; the same generation hash as sent once`);
  });

  it('[I2] an event with the id of another one is event_conflict, and the first stays', async () => {
    expect(await add(event('e'))).toEqual(['accepted']);
    expect(await add(event('e', { decision: 'acted' }))).toEqual(['event_conflict']);
    expect(await add(event('e'))).toEqual(['unchanged']);
    const [row] = await stored();
    expect(JSON.parse(String(row?.b))).toMatchObject({ decision: 'skipped' });
    expect(await counts()).toEqual({ total: 1, withOutcome: 0, parked: 0 });
    expect(await conflicts()).toEqual({ events: 1, outcomes: 0 });
    measurement(2, 'another body: event_conflict, the first stays, 1 conflict counted');
  });

  it('one of ten different events that arrive at once with the same id is stored', async () => {
    const bodies = Array.from({ length: 10 }, (_, i) => event('e', { factors: { dx: i } }));
    const results = (await Promise.all(bodies.map(body => add(body)))).flat();
    expect(results.filter(result => result === 'accepted')).toHaveLength(1);
    expect(results.filter(result => result === 'event_conflict')).toHaveLength(9);
    const [row] = await stored();
    expect(JSON.parse(String(row?.b)).factors.dx).toBe(results.indexOf('accepted'));
    expect(await counts()).toMatchObject({ total: 1 });
  });

  it('an event of another pattern with the same id is another event', async () => {
    const other = use.otherPattern('other');
    expect(await add(event('e'), event('e', { pattern_key: other, decision: 'acted' }))).toEqual([
      'accepted',
      'accepted',
    ]);
  });

  it('a repeat within one request is unchanged, and another body under its id is event_conflict', async () => {
    expect(await add(event('e'), event('f'), event('e'), event('e', { decision: 'acted' }))).toEqual([
      'accepted',
      'accepted',
      'unchanged',
      'event_conflict',
    ]);
    expect(await counts()).toMatchObject({ total: 2 });
  });

  it('a stored event keeps everything that was sent', async () => {
    const factors = { own: 'text', ts_score: { min: 0.1, median: 0.2, max: 0.3 }, dx: 2, blocked_by: ['ts'] };
    const scope = { constructor: 'x', note: 'a"\n\u202e🚀' };
    await add(event('e', { factors, scope, trade_id: 't', outcome: 'missed' }));
    const [row] = await stored();
    expect(JSON.parse(String(row?.b))).toEqual({
      episode_id: 'e',
      decision: 'skipped',
      scope,
      factors,
      timestamp: iso(NOW - DAY),
      trade_id: 't',
    });
    const [mined] = await resolved();
    expect(mined && unpackEpisode(mined.packed)).toMatchObject({ scope, decision: 'skipped', tradeId: 't' });
  });

  it('the pattern of an event is registered before the event is stored', async () => {
    use.stores.proxy.around = async ({ operation }, forward) =>
      operation === 'BatchExecuteStatement' ? errorAnswer('ValidationException') : forward();
    expect((await faultOfAsync(add(event('e')))).code).toBe('store_unavailable');
    expect(await use.stores.runtime.heads.patterns()).toContain(use.pattern);
  });
});

describe('an outcome inside a repeated event', () => {
  it('the outcome inside a repeated event is recorded when there was none', async () => {
    await add(event('e'));
    expect(await add(event('e', { outcome: 'success' }))).toEqual(['accepted']);
    expect(await add(event('e', { outcome: 'success' }))).toEqual(['unchanged']);
    expect(await add(event('e'))).toEqual(['unchanged']);
    expect(await counts()).toEqual({ total: 1, withOutcome: 1, parked: 0 });
  });

  it('the outcome inside a repeated event is outcome_conflict when another one is recorded', async () => {
    await add(event('e', { outcome: 'success' }));
    expect(await add(event('e', { outcome: 'failure' }))).toEqual(['outcome_conflict']);
    expect(await histories()).toEqual({ e: `s${NOW - DAY}` });
  });
});

describe('a response that is lost after the write', () => {
  const cutOnce = (wanted: string): void => {
    let cut = false;
    use.stores.proxy.around = async ({ operation }, forward) => {
      const answer = await forward();
      if (operation !== wanted || cut) return answer;
      cut = true;
      throw connectionCut();
    };
  };

  it('[I3] an event whose response is lost is accepted and counted once', async () => {
    cutOnce('BatchExecuteStatement');
    expect(await add(event('e', { outcome: 'success' }), event('f'))).toEqual(['accepted', 'accepted']);
    expect(await stored()).toHaveLength(2);
    expect(await counts()).toEqual({ total: 2, withOutcome: 1, parked: 0 });
  });

  it('[I3] a counter whose response is lost is counted once', async () => {
    use.stores.proxy.around = async ({ operation, body }, forward) => {
      const answer = await forward();
      if (operation !== 'UpdateItem' || !JSON.stringify(body.Key).includes('counts')) return answer;
      use.stores.proxy.around = (_, forward) => forward();
      throw connectionCut();
    };
    expect(await add(event('e', { outcome: 'success' }), event('f'))).toEqual(['accepted', 'accepted']);
    expect(await counts()).toEqual({ total: 2, withOutcome: 1, parked: 0 });
  });
});

it('events are stored although their counter cannot be written', async () => {
  use.stores.proxy.around = async ({ operation, body }, forward) =>
    operation === 'UpdateItem' && JSON.stringify(body.Key).includes('counts')
      ? errorAnswer('ValidationException')
      : forward();
  expect(await add(event('e'))).toEqual(['accepted']);
  expect(use.stores.logged.at(-1)).toMatchObject({
    message: 'counter not updated',
    fields: { pattern: use.pattern, total: 1 },
  });
});

describe('events of a window', () => {
  it('a window contains both its ends, to the millisecond', async () => {
    const [from, to] = [NOW - 90 * DAY, NOW - HOUR];
    const times = { before: from - 1, first: from, inside: from + 1, last: to, after: to + 1 };
    const all = Object.entries(times).map(([id, ms]) =>
      event(id, { timestamp: iso(ms), outcome: 'success' }),
    );
    await add(...all);
    expect((await resolved(from, to)).map(row => row.episodeId)).toEqual(['first', 'inside', 'last']);
  });

  it('a window leaves out events without an outcome', async () => {
    await add(event('pending'), event('done', { outcome: 'neutral' }));
    expect((await resolved()).map(row => row.episodeId)).toEqual(['done']);
  });

  it('a window contains all events of the pattern, over every shard and page', async () => {
    const many = Array.from({ length: 400 }, (_, i) => event(`e${i}`, { outcome: 'success' }));
    await add(...many);
    // Simulates small pages; DynamoDB ends a page at 1 MB.
    use.stores.proxy.around = async ({ operation, body }, forward) =>
      operation === 'Query' ? forward({ ...body, Limit: 7 }) : forward();
    use.stores.proxy.start();
    const rows = await resolved();
    expect(rows).toHaveLength(400);
    expect(new Set(rows.map(row => row.episodeId)).size).toBe(400);
    expect(use.stores.proxy.operations.length).toBeGreaterThan(400 / 7);
    expect(await counts()).toEqual({ total: 400, withOutcome: 400, parked: 0 });
  });

  it('a damaged event in a window is returned without content, under its id', async () => {
    await add(event('broken one', { outcome: 'success' }));
    const [row] = await stored();
    await use.stores.db.put({ TableName: 'events', Item: { ...row, m: 'text' } });
    const [read] = await resolved();
    expect(read).toMatchObject({ episodeId: 'broken one', packed: new Uint8Array(), history: '' });
  });

  it('an event with 65 dimensions is rejected before it is stored', () => {
    const scope = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`d${i}`, i]));
    expect(faultOf(() => event('e', { scope })).code).toBe('invalid_scope');
  });

  it('the index holds only events that have an outcome', async () => {
    await add(event('a'), event('b', { outcome: 'success' }));
    const shards = eventPartitions(use.pattern).map(partition =>
      use.stores.db.query({
        TableName: 'events',
        IndexName: OUTCOMES_INDEX,
        KeyConditionExpression: 'rk = :p',
        ExpressionAttributeValues: { ':p': partition },
      }),
    );
    const items = (await Promise.all(shards)).flat();
    expect(items.map(item => item.sk)).toEqual(['b']);
    expect(Object.keys(items[0] ?? {}).sort()).toEqual(['expires_at', 'm', 'o', 'pk', 'rk', 'sk', 't']);
  });
});
