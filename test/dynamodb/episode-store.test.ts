import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Item } from '../../shared/dynamodb/client.ts';
import { eventPartitions, OUTCOMES_INDEX } from '../../shared/dynamodb/keys.ts';
import type { Episode } from '../../shared/episode/episode.ts';
import { readEpisode, readOutcomeReport } from '../../shared/episode/episode-schema.ts';
import type { ConflictCounts, EventCounts, ResolvedRow } from '../../shared/episode/episode-store.ts';
import type { OutcomeReport } from '../../shared/episode/outcome.ts';
import { outcomeAsOf, parseHistory } from '../../shared/episode/outcome.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { runCycle } from '../support/cycles.ts';
import { connectionCut, errorAnswer } from '../support/dynamodb-proxy.ts';
import { DAY, eventBody, HOUR, iso, NOW } from '../support/episodes.ts';
import { faultOf, faultOfAsync } from '../support/fault-of.ts';
import { measurement, whole } from '../support/measurements.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';
import { unpackEpisode } from '../support/unpack-episode.ts';

let stores: Stores;
/** A pattern for each test. */
let pattern: PatternKey;
let tests = 0;
beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());
beforeEach(() => {
  pattern = parsePatternKey(`pm.test_${tests++}.S1.entry`);
  stores.wire.around = (_, forward) => forward();
  stores.clock.now = NOW;
});

const event = (id: string, fields: object = {}): Episode =>
  readEpisode(eventBody(id, { pattern_key: pattern, ...fields }), NOW);
const report = (id: string, outcome: string, fields: object = {}): OutcomeReport =>
  readOutcomeReport({ pattern_key: pattern, episode_id: id, outcome, ...fields }, NOW);
const add = (...events: Episode[]) => stores.runtime.episodes.add(events);
const resolve = (...reports: OutcomeReport[]) => stores.runtime.episodes.resolve(reports);

async function counts(): Promise<EventCounts | undefined> {
  return (await stores.runtime.heads.overview()).find(row => row.pattern === pattern)?.counts;
}

async function conflicts(): Promise<ConflictCounts | undefined> {
  return (await stores.runtime.heads.overview()).find(row => row.pattern === pattern)?.conflicts;
}

async function resolved(from = 0, to = NOW + DAY): Promise<ResolvedRow[]> {
  const rows: ResolvedRow[] = [];
  for await (const page of stores.runtime.episodes.resolved(pattern, from, to)) rows.push(...page);
  return rows.sort((a, b) => (a.episodeId < b.episodeId ? -1 : 1));
}

/** The stored items of the pattern's events. */
async function stored(): Promise<Item[]> {
  const shards = eventPartitions(pattern).map(partition =>
    stores.db.query({
      TableName: 'events',
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': partition },
    }),
  );
  return (await Promise.all(shards)).flat();
}

const histories = async (): Promise<Record<string, string>> =>
  Object.fromEntries((await resolved()).map(row => [row.episodeId, row.history]));

describe('an event', () => {
  it('[I1] sent 1,000 times, 50 at once, is one row and counted once', async () => {
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
    const once = parsePatternKey(`pm.once_${tests}.S1.entry`);
    const all = (key: PatternKey) =>
      ['e', ...Array.from({ length: 19 }, (_, i) => `f${i}`)].map(id =>
        event(id, { outcome: 'success', pattern_key: key }),
      );
    await add(...all(pattern), ...all(once));
    const hash = async (key: PatternKey) => {
      await runCycle(stores.runtime, { pattern_key: key });
      return (await stores.runtime.heads.head(key))?.current?.hash;
    };
    expect(await hash(pattern)).toMatch(/^[0-9a-f]{32}$/);
    expect(await hash(once)).toBe(await hash(pattern));
    const sent = `${whole(results.length)} times, 50 at once: 1 accepted, 999 unchanged, 1 row, counted once`;
    measurement(1, `${sent}; the same generation hash as sent once`);
  });

  it('[I2] of the same id and another body is event_conflict, and the first stays', async () => {
    expect(await add(event('e'))).toEqual(['accepted']);
    expect(await add(event('e', { decision: 'acted' }))).toEqual(['event_conflict']);
    expect(await add(event('e'))).toEqual(['unchanged']);
    const [row] = await stored();
    expect(JSON.parse(String(row?.b))).toMatchObject({ decision: 'skipped' });
    expect(await counts()).toEqual({ total: 1, withOutcome: 0, parked: 0 });
    expect(await conflicts()).toEqual({ events: 1, outcomes: 0 });
    measurement(2, 'another body: event_conflict, the first stays, 1 conflict counted');
  });

  it('of the same id and another body, both at once: one is kept', async () => {
    const bodies = Array.from({ length: 10 }, (_, i) => event('e', { factors: { dx: i } }));
    const results = (await Promise.all(bodies.map(body => add(body)))).flat();
    expect(results.filter(result => result === 'accepted')).toHaveLength(1);
    expect(results.filter(result => result === 'event_conflict')).toHaveLength(9);
    const [row] = await stored();
    expect(JSON.parse(String(row?.b)).factors.dx).toBe(results.indexOf('accepted'));
    expect(await counts()).toMatchObject({ total: 1 });
  });

  it('of another pattern is another event', async () => {
    const other = parsePatternKey(`pm.other_${tests}.S1.entry`);
    expect(await add(event('e'), event('e', { pattern_key: other, decision: 'acted' }))).toEqual([
      'accepted',
      'accepted',
    ]);
  });

  it('twice in one request is accepted and unchanged; a third of another body is a conflict', async () => {
    expect(await add(event('e'), event('f'), event('e'), event('e', { decision: 'acted' }))).toEqual([
      'accepted',
      'accepted',
      'unchanged',
      'event_conflict',
    ]);
    expect(await counts()).toMatchObject({ total: 2 });
  });

  it('keeps everything that was sent', async () => {
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

  it('makes its pattern known before it is stored', async () => {
    stores.wire.around = async ({ operation }, forward) =>
      operation === 'BatchExecuteStatement' ? errorAnswer('ValidationException') : forward();
    expect((await faultOfAsync(add(event('e')))).code).toBe('store_unavailable');
    expect(await stores.runtime.heads.patterns()).toContain(pattern);
  });
});

describe('an outcome inside an event that is sent again', () => {
  it('is recorded when there was none', async () => {
    await add(event('e'));
    expect(await add(event('e', { outcome: 'success' }))).toEqual(['accepted']);
    expect(await add(event('e', { outcome: 'success' }))).toEqual(['unchanged']);
    expect(await add(event('e'))).toEqual(['unchanged']);
    expect(await counts()).toEqual({ total: 1, withOutcome: 1, parked: 0 });
  });

  it('is outcome_conflict when another one is recorded', async () => {
    await add(event('e', { outcome: 'success' }));
    expect(await add(event('e', { outcome: 'failure' }))).toEqual(['outcome_conflict']);
    expect(await histories()).toEqual({ e: `s${NOW - DAY}` });
  });
});

/** Every order of some items. */
function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map(rest => [item, ...rest]));
}

describe('an outcome', () => {
  it('of a known event is resolved, the same again unchanged, another one outcome_conflict', async () => {
    await add(event('e'));
    expect(await resolve(report('e', 'failure'))).toEqual(['resolved']);
    expect(await resolve(report('e', 'failure', { resolved_at: iso(NOW - HOUR) }))).toEqual(['unchanged']);
    expect(await resolve(report('e', 'success'))).toEqual(['outcome_conflict']);
    expect(await conflicts()).toEqual({ events: 0, outcomes: 1 });
    expect(await histories()).toEqual({ e: `f${NOW}` });
    expect(await counts()).toEqual({ total: 1, withOutcome: 1, parked: 0 });
  });

  it('[O3] corrected twice: the last one by its own time is in force, whatever the order of arrival', async () => {
    await add(event('e', { outcome: 'failure' }));
    const late = report('e', 'neutral', { correction: true, resolved_at: iso(NOW - 1000) });
    const early = report('e', 'success', { correction: true, resolved_at: iso(NOW - 2000) });
    expect(await resolve(late)).toEqual(['resolved']);
    expect(await resolve(early)).toEqual(['unchanged']);
    expect(await histories()).toEqual({ e: `f${NOW - DAY},+s${NOW - 2000},+n${NOW - 1000}` });
    expect(await counts()).toMatchObject({ withOutcome: 1 });
    const last: string[] = [];
    const orders = permutations([1, 2, 3, 4]);
    for (const [i, order] of orders.entries()) {
      for (const at of order) {
        const fields = { correction: true, resolved_at: iso(NOW - DAY + at) };
        await resolve(report(`p${i}`, at === 4 ? 'success' : 'failure', fields));
      }
      await add(event(`p${i}`));
      last.push(String(outcomeAsOf(parseHistory((await histories())[`p${i}`] ?? ''), NOW)));
    }
    expect(last).toEqual(orders.map(() => 'success'));
    measurement(
      4,
      `4 corrections in ${orders.length} orders of arrival: the last by its own time in force in all of them`,
    );
  });

  it('said many times at once is one', async () => {
    await add(event('e'));
    const results = (
      await Promise.all(Array.from({ length: 30 }, () => resolve(report('e', 'success'))))
    ).flat();
    expect(results.filter(result => result === 'resolved')).toHaveLength(1);
    expect(await counts()).toEqual({ total: 1, withOutcome: 1, parked: 0 });
  });

  it('contradicted at once: one is kept', async () => {
    await add(event('e'));
    const said = ['success', 'failure', 'neutral'].map(outcome => resolve(report('e', outcome)));
    expect((await Promise.all(said)).flat().sort()).toEqual([
      'outcome_conflict',
      'outcome_conflict',
      'resolved',
    ]);
    expect(await counts()).toMatchObject({ withOutcome: 1 });
  });

  it('of one episode several times in a request is taken in the order of the request', async () => {
    await add(event('e'), event('f'));
    const reports = [
      report('e', 'failure'),
      report('f', 'success'),
      report('e', 'success'),
      report('e', 'success', { correction: true }),
      report('e', 'failure'),
    ];
    expect(await resolve(...reports)).toEqual([
      'resolved',
      'resolved',
      'outcome_conflict',
      'resolved',
      'unchanged',
    ]);
  });

  it('of more than 15 corrections is too_many_corrections, and costs no other', async () => {
    await add(event('e', { outcome: 'failure' }), event('f'));
    for (let i = 1; i <= 15; i++)
      await resolve(report('e', 'success', { correction: true, resolved_at: iso(NOW - i) }));
    const more = report('e', 'neutral', { correction: true, resolved_at: iso(NOW) });
    expect(await resolve(more, report('f', 'success'))).toEqual(['too_many_corrections', 'resolved']);
  });
});

describe('an outcome before its event', () => {
  it('[O2] is parked, counted, and applied when the event comes', async () => {
    expect(await resolve(report('e', 'success'))).toEqual(['parked']);
    expect(await counts()).toEqual({ total: 0, withOutcome: 0, parked: 1 });
    expect(await stores.runtime.heads.patterns()).toContain(pattern);
    expect(await add(event('e'))).toEqual(['accepted']);
    expect(await counts()).toEqual({ total: 1, withOutcome: 1, parked: 0 });
    expect(await histories()).toEqual({ e: `s${NOW}` });
  });

  it('twice is unchanged; another one is outcome_conflict; a correction is parked with it', async () => {
    expect(await resolve(report('e', 'success'))).toEqual(['parked']);
    expect(await resolve(report('e', 'success'))).toEqual(['unchanged']);
    expect(await resolve(report('e', 'failure'))).toEqual(['outcome_conflict']);
    expect(await resolve(report('e', 'neutral', { correction: true, resolved_at: iso(NOW - 5) }))).toEqual([
      'parked',
    ]);
    expect(await counts()).toMatchObject({ parked: 1 });
    await add(event('e'));
    expect(await histories()).toEqual({ e: `s${NOW},+n${NOW - 5}` });
    expect(await counts()).toEqual({ total: 1, withOutcome: 1, parked: 0 });
  });

  it('meets the event that carries an outcome of its own: the first word in the store stays', async () => {
    await resolve(report('e', 'success'));
    expect(await add(event('e', { outcome: 'failure' }))).toEqual(['accepted']);
    expect(await conflicts()).toEqual({ events: 0, outcomes: 1 });
    expect(await histories()).toEqual({ e: `f${NOW - DAY}` });
    expect(await counts()).toEqual({ total: 1, withOutcome: 1, parked: 0 });
  });

  it('is not lost when it and its event come at the same moment', async () => {
    const ids = Array.from({ length: 40 }, (_, i) => `e${i}`);
    await Promise.all(ids.flatMap(id => [add(event(id)), resolve(report(id, 'success'))]));
    expect(Object.keys(await histories())).toHaveLength(40);
    expect(await counts()).toEqual({ total: 40, withOutcome: 40, parked: 0 });
  });

  it('is found by a repeat of the event when the first answer got lost', async () => {
    await resolve(report('e', 'success'));
    stores.wire.around = async ({ operation, body }, forward) => {
      const parked = JSON.stringify(body).includes('parked#');
      return operation === 'BatchGetItem' && parked ? errorAnswer('ValidationException') : forward();
    };
    expect((await faultOfAsync(add(event('e')))).code).toBe('store_unavailable');
    stores.wire.around = (_, forward) => forward();
    expect(await add(event('e'))).toEqual(['unchanged']);
    expect(await histories()).toEqual({ e: `s${NOW}` });
    expect(await counts()).toMatchObject({ parked: 0, withOutcome: 1 });
  });
});

describe('[I3] an answer that got lost after the write', () => {
  const cutOnce = (wanted: string): void => {
    let cut = false;
    stores.wire.around = async ({ operation }, forward) => {
      const answer = await forward();
      if (operation !== wanted || cut) return answer;
      cut = true;
      throw connectionCut();
    };
  };

  it('of an insert: the event is accepted and counted once', async () => {
    cutOnce('BatchExecuteStatement');
    expect(await add(event('e', { outcome: 'success' }), event('f'))).toEqual(['accepted', 'accepted']);
    expect(await stored()).toHaveLength(2);
    expect(await counts()).toEqual({ total: 2, withOutcome: 1, parked: 0 });
  });

  it('of a counter: it is counted once', async () => {
    stores.wire.around = async ({ operation, body }, forward) => {
      const answer = await forward();
      if (operation !== 'UpdateItem' || !JSON.stringify(body.Key).includes('counts')) return answer;
      stores.wire.around = (_, forward) => forward();
      throw connectionCut();
    };
    expect(await add(event('e', { outcome: 'success' }), event('f'))).toEqual(['accepted', 'accepted']);
    expect(await counts()).toEqual({ total: 2, withOutcome: 1, parked: 0 });
  });

  it('of an outcome: it is there once', async () => {
    await add(event('e'));
    cutOnce('UpdateItem');
    expect(['resolved', 'unchanged']).toContain((await resolve(report('e', 'success')))[0]);
    expect(await histories()).toEqual({ e: `s${NOW}` });
  });
});

it('a count that cannot be written does not cost the events', async () => {
  stores.wire.around = async ({ operation, body }, forward) =>
    operation === 'UpdateItem' && JSON.stringify(body.Key).includes('counts')
      ? errorAnswer('ValidationException')
      : forward();
  expect(await add(event('e'))).toEqual(['accepted']);
  expect(stores.logged.at(-1)).toMatchObject({
    message: 'counter not updated',
    fields: { pattern, total: 1 },
  });
});

describe('events of a window', () => {
  it('have their time in it, both ends included, to the millisecond', async () => {
    const [from, to] = [NOW - 90 * DAY, NOW - HOUR];
    const times = { before: from - 1, first: from, inside: from + 1, last: to, after: to + 1 };
    const all = Object.entries(times).map(([id, ms]) =>
      event(id, { timestamp: iso(ms), outcome: 'success' }),
    );
    await add(...all);
    expect((await resolved(from, to)).map(row => row.episodeId)).toEqual(['first', 'inside', 'last']);
  });

  it('have an outcome', async () => {
    await add(event('pending'), event('done', { outcome: 'neutral' }));
    expect((await resolved()).map(row => row.episodeId)).toEqual(['done']);
  });

  it('are all there, over every shard and page, and belong to the pattern', async () => {
    const many = Array.from({ length: 400 }, (_, i) => event(`e${i}`, { outcome: 'success' }));
    await add(...many);
    // Pages of 7, as DynamoDB ends one at 1 MB.
    stores.wire.around = async ({ operation, body }, forward) =>
      operation === 'Query' ? forward({ ...body, Limit: 7 }) : forward();
    stores.wire.start();
    const rows = await resolved();
    expect(rows).toHaveLength(400);
    expect(new Set(rows.map(row => row.episodeId)).size).toBe(400);
    expect(stores.wire.seen.length).toBeGreaterThan(400 / 7);
    expect(await counts()).toEqual({ total: 400, withOutcome: 400, parked: 0 });
  });

  it('that are damaged come without content, under their name', async () => {
    await add(event('broken one', { outcome: 'success' }));
    const [row] = await stored();
    await stores.db.put({ TableName: 'events', Item: { ...row, m: 'text' } });
    const [read] = await resolved();
    expect(read).toMatchObject({ episodeId: 'broken one', packed: new Uint8Array(), history: '' });
  });

  it('an event of 65 dimensions never gets here', () => {
    const scope = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`d${i}`, i]));
    expect(faultOf(() => event('e', { scope })).code).toBe('invalid_scope');
  });

  it('the index holds only events that have an outcome', async () => {
    await add(event('a'), event('b', { outcome: 'success' }));
    const shards = eventPartitions(pattern).map(partition =>
      stores.db.query({
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
