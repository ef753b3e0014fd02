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

const fixture = useEpisodeStore();
const { event, add, counts, conflicts, resolved, stored, histories } = fixture;

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
    const once = fixture.otherPattern('once');
    const all = (key: PatternKey) =>
      ['e', ...Array.from({ length: 19 }, (_, i) => `f${i}`)].map(id =>
        event(id, { outcome: 'success', pattern_key: key }),
      );
    await add(...all(fixture.pattern), ...all(once));
    const hash = async (key: PatternKey) => {
      await runCycle(fixture.stores.runtime, { pattern_key: key });
      return (await fixture.stores.runtime.heads.head(key))?.current?.hash;
    };
    expect(await hash(fixture.pattern)).toMatch(/^[0-9a-f]{32}$/);
    expect(await hash(once)).toBe(await hash(fixture.pattern));
    const summary = `${whole(results.length)} times, 50 at once: 1 accepted, 999 unchanged, 1 row, counted once`;
    measurement(1, `${summary}; the same generation hash as sent once`);
  });

  it('[I2] a different event under a stored id is reported as event_conflict, and the stored event stays', async () => {
    expect(await add(event('e'))).toEqual(['accepted']);
    expect(await add(event('e', { decision: 'acted' }))).toEqual(['event_conflict']);
    expect(await add(event('e'))).toEqual(['unchanged']);
    const [row] = await stored();
    expect(JSON.parse(String(row?.b))).toMatchObject({ decision: 'skipped' });
    expect(await counts()).toEqual({ total: 1, withOutcome: 0, parked: 0 });
    expect(await conflicts()).toEqual({ events: 1, outcomes: 0 });
    measurement(2, 'another body: event_conflict, the first stays, 1 conflict counted');
  });

  it('only one of ten different events that arrive at once with the same id is stored', async () => {
    const bodies = Array.from({ length: 10 }, (_, i) => event('e', { factors: { dx: i } }));
    const results = (await Promise.all(bodies.map(body => add(body)))).flat();
    expect(results.filter(result => result === 'accepted')).toHaveLength(1);
    expect(results.filter(result => result === 'event_conflict')).toHaveLength(9);
    const [row] = await stored();
    expect(JSON.parse(String(row?.b)).factors.dx).toBe(results.indexOf('accepted'));
    expect(await counts()).toMatchObject({ total: 1 });
  });

  it('events of two patterns may have the same id', async () => {
    const other = fixture.otherPattern('other');
    expect(await add(event('e'), event('e', { pattern_key: other, decision: 'acted' }))).toEqual([
      'accepted',
      'accepted',
    ]);
  });

  it('an event repeated within a request is reported as unchanged, and a different body under its id as event_conflict', async () => {
    expect(await add(event('e'), event('f'), event('e'), event('e', { decision: 'acted' }))).toEqual([
      'accepted',
      'accepted',
      'unchanged',
      'event_conflict',
    ]);
    expect(await counts()).toMatchObject({ total: 2 });
  });

  it('a stored event has every field of the event that was sent', async () => {
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
    fixture.stores.proxy.around = async ({ operation }, forward) =>
      operation === 'BatchExecuteStatement' ? errorAnswer('ValidationException') : forward();
    expect((await faultOfAsync(add(event('e')))).code).toBe('internal');
    expect(await fixture.stores.runtime.heads.patterns()).toContain(fixture.pattern);
  });
});

describe('an outcome inside a repeated event', () => {
  it('the outcome inside a repeated event is recorded when the stored event had none', async () => {
    await add(event('e'));
    expect(await add(event('e', { outcome: 'success' }))).toEqual(['accepted']);
    expect(await add(event('e', { outcome: 'success' }))).toEqual(['unchanged']);
    expect(await add(event('e'))).toEqual(['unchanged']);
    expect(await counts()).toEqual({ total: 1, withOutcome: 1, parked: 0 });
  });

  it('the outcome inside a repeated event is reported as outcome_conflict when a different one is recorded', async () => {
    await add(event('e', { outcome: 'success' }));
    expect(await add(event('e', { outcome: 'failure' }))).toEqual(['outcome_conflict']);
    expect(await histories()).toEqual({ e: `v2:s${NOW - DAY}?` });
  });
});

describe('a response that is lost after the write', () => {
  const cutOnce = (cutOperation: string): void => {
    let cut = false;
    fixture.stores.proxy.around = async ({ operation }, forward) => {
      const answer = await forward();
      if (operation !== cutOperation || cut) return answer;
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

  it('[I3] events are counted once although the response to the counter update is lost', async () => {
    fixture.stores.proxy.around = async ({ operation, body }, forward) => {
      const answer = await forward();
      if (operation !== 'UpdateItem' || !JSON.stringify(body.Key).includes('counts')) return answer;
      fixture.stores.proxy.around = (_, forward) => forward();
      throw connectionCut();
    };
    expect(await add(event('e', { outcome: 'success' }), event('f'))).toEqual(['accepted', 'accepted']);
    expect(await counts()).toEqual({ total: 2, withOutcome: 1, parked: 0 });
  });
});

it('events are stored although their counter cannot be written', async () => {
  fixture.stores.proxy.around = async ({ operation, body }, forward) =>
    operation === 'UpdateItem' && JSON.stringify(body.Key).includes('counts')
      ? errorAnswer('ValidationException')
      : forward();
  expect(await add(event('e'))).toEqual(['accepted']);
  expect(fixture.stores.logged.at(-1)).toMatchObject({
    message: 'counter not updated',
    fields: { pattern: fixture.pattern, total: 1 },
  });
});

describe('events of a window', () => {
  it('a window includes events at its start and at its end, and none one millisecond outside', async () => {
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
    fixture.stores.proxy.around = async ({ operation, body }, forward) =>
      operation === 'Query' ? forward({ ...body, Limit: 7 }) : forward();
    fixture.stores.proxy.start();
    const rows = await resolved();
    expect(rows).toHaveLength(400);
    expect(new Set(rows.map(row => row.episodeId)).size).toBe(400);
    expect(fixture.stores.proxy.operations.length).toBeGreaterThan(400 / 7);
    expect(await counts()).toEqual({ total: 400, withOutcome: 400, parked: 0 });
  });

  it('a damaged event in a window is returned with its id and without content', async () => {
    await add(event('broken one', { outcome: 'success' }));
    const [row] = await stored();
    await fixture.stores.db.put({ TableName: 'events', Item: { ...row, m: 'text' } });
    const [read] = await resolved();
    expect(read).toMatchObject({ episodeId: 'broken one', packed: new Uint8Array(), history: '' });
  });

  it('an event with 65 dimensions is rejected before it is stored', () => {
    const scope = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`d${i}`, i]));
    expect(faultOf(() => event('e', { scope })).code).toBe('invalid_scope');
  });

  it('the outcomes index contains only events that have an outcome', async () => {
    await add(event('a'), event('b', { outcome: 'success' }));
    const shards = eventPartitions(fixture.pattern).map(partition =>
      fixture.stores.db.query({
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
