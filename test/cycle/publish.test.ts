import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PatternRun } from '../../shared/cycle/cycle.ts';
import { closeCycle, openCycle, publishStep, tuneStep } from '../../shared/cycle/steps.ts';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import { rollBack, setMode, setSettings } from '../../shared/generation/change-head.ts';
import type { Head } from '../../shared/generation/head.ts';
import { errorAnswer } from '../support/dynamodb-proxy.ts';
import { DAY, eventBody, iso, NOW, S1, S2 } from '../support/episodes.ts';
import { faultOfAsync } from '../support/fault-of.ts';
import { measurement } from '../support/measurements.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

let stores: Stores;
beforeEach(async () => {
  stores = await openStores();
});
afterEach(() => stores.close());

const operator = { who: 'anna', why: 'a test' };
let sent = 0;

/** Skipped successes of one slice; each makes the pressure higher by one. */
async function addMisses(n: number, fields: object = {}): Promise<void> {
  const events = Array.from({ length: n }, () =>
    readEpisode(eventBody(`e${sent++}`, { outcome: 'success', ...fields }), stores.clock.now),
  );
  await stores.runtime.episodes.add(events);
}

type Open = Awaited<ReturnType<typeof openCycle>>;
let started = 0;
const open = (options: object = {}): Promise<Open> =>
  openCycle(stores.runtime, {
    execution: { name: `run ${started++}`, started_at: iso(stores.clock.now) },
    options: { n_min: 10, ...options },
  });
const mined = ({ cycle }: Open) => tuneStep(stores.runtime, { cycle, pattern_key: S1 });
const published = ({ cycle }: Open, result: unknown): Promise<PatternRun> =>
  publishStep(stores.runtime, { cycle, mined: result });

async function run(options: object = {}): Promise<PatternRun> {
  const opened = await open(options);
  return published(opened, await mined(opened));
}

async function head(): Promise<Head> {
  const found = await stores.runtime.heads.head(S1);
  if (!found) throw new Error('no head');
  return found;
}

describe('a run', () => {
  it('publishes the first generation, and says what it made', async () => {
    await addMisses(20);
    expect(await run()).toEqual({
      pattern_key: S1,
      status: 'published',
      events_read: 20,
      lessons: 2,
      overrides: 4,
      generation: 1,
      published: true,
      evidence: [expect.objectContaining({ policy: 'drift' }), expect.objectContaining({ policy: 'replay' })],
    });
    expect(await head()).toMatchObject({
      version: 1,
      latest: 1,
      mode: 'live',
      current: { generation: 1, events_read: 20 },
    });
  });

  it('that finds the same says unchanged and writes nothing but its record', async () => {
    await addMisses(20);
    await run();
    const opened = await open();
    stores.wire.start();
    expect(await published(opened, await mined(opened))).toMatchObject({
      status: 'unchanged',
      generation: 1,
      published: false,
    });
    expect(stores.wire.writes()).toEqual(['PutItem']);
  });

  it('with too few events says how many there are, and publishes nothing', async () => {
    await addMisses(8);
    expect(await run()).toMatchObject({
      status: 'too_few_events',
      generation: 0,
      published: false,
      reason: '8 of 10 in everything',
    });
    expect(await stores.runtime.heads.head(S1)).toBeUndefined();
    expect(await run({ n_min: 100 })).toMatchObject({ reason: '8 of 100 events with an outcome' });
  });

  it('whose slices are gone publishes that they are gone', async () => {
    await addMisses(20);
    await run();
    stores.clock.now += 100 * DAY;
    expect(await run()).toMatchObject({
      status: 'too_few_events',
      lessons: 0,
      overrides: 0,
      generation: 2,
      published: true,
    });
    expect((await head()).current?.overrides.rows).toBe(0);
    expect(await run()).toMatchObject({ status: 'too_few_events', generation: 2, published: false });
  });

  it('numbers generations upwards and keeps the one before', async () => {
    for (const generation of [1, 2, 3]) {
      await addMisses(20);
      expect(await run()).toMatchObject({ status: 'published', generation });
    }
    expect((await stores.runtime.heads.archived(S1)).map(g => g.generation)).toEqual([2, 1]);
  });

  it('of the same events and as_of makes the same generation, byte for byte, whatever came later', async () => {
    await addMisses(20);
    await run({ as_of: iso(NOW) });
    const first = (await head()).current;
    stores.clock.now += 7 * DAY;
    await addMisses(20, { timestamp: iso(NOW + DAY) });
    await run();
    expect((await head()).current?.hash).not.toBe(first?.hash);
    expect(await run({ as_of: iso(NOW) })).toMatchObject({ status: 'published', generation: 3 });
    const { current } = await head();
    expect(current?.hash).toBe(first?.hash);
    expect([current?.lessons.id, current?.overrides.id]).toEqual([first?.lessons.id, first?.overrides.id]);
  });

  it('a step that is repeated after its answer got lost gives the same answer', async () => {
    await addMisses(20);
    const opened = await open();
    const result = await mined(opened);
    const first = await published(opened, result);
    expect(await published(opened, result)).toEqual(first);
    expect(await mined(opened)).toMatchObject({ lessons: result.lessons });
    expect((await head()).version).toBe(1);
  });
});

describe('runs that overlap', () => {
  it('[O4] five at once publish once', async () => {
    await addMisses(20);
    const runs = await Promise.all([1, 2, 3, 4, 5].map(() => run()));
    const published = runs.filter(r => r.published);
    expect(published).toHaveLength(1);
    for (const r of runs) expect(['published', 'yielded', 'unchanged']).toContain(r.status);
    expect(await head()).toMatchObject({ version: 1, latest: 1 });
    measurement(
      6,
      `5 cycles at once: ${published.length} published, ${runs.length - published.length} yielded or found it there`,
    );
  });

  it('[O4] one that mined earlier and publishes later yields', async () => {
    await addMisses(20);
    const early = await open();
    const old = await mined(early);
    await addMisses(20);
    expect(await run()).toMatchObject({ status: 'published', generation: 1, events_read: 40 });
    expect(await published(early, old)).toMatchObject({ status: 'yielded', generation: 1, published: false });
    expect((await head()).current?.events_read).toBe(40);
    measurement(6, 'a cycle that started earlier and ended later: fenced off, the newer generation stays');
  });

  it('one yields that another overtakes at the last moment', async () => {
    await addMisses(20);
    const slow = await open();
    const result = await mined(slow);
    let overtaken = false;
    stores.wire.around = async ({ operation, body }, forward) => {
      // Just before the slow run's head is written, an operator writes it.
      if (operation === 'PutItem' && JSON.stringify(body.Item).includes('"head"') && !overtaken) {
        overtaken = true;
        await setMode(stores.runtime, S1, 'off', operator);
      }
      return forward();
    };
    expect(await published(slow, result)).toMatchObject({ status: 'yielded', published: false });
    expect(await head()).toMatchObject({ mode: 'off', version: 1, latest: 0 });
  });

  it('an operator’s word between mining and publishing wins', async () => {
    await addMisses(20);
    for (const change of [
      () => setMode(stores.runtime, S1, 'shadow', operator),
      () => setSettings(stores.runtime, S1, { n_min: 12 }, operator),
    ]) {
      const opened = await open();
      const result = await mined(opened);
      await change();
      expect(await published(opened, result)).toMatchObject({ status: 'yielded' });
    }
  });

  it('a crash before the head is written leaves the old generation in force; the next run converges', async () => {
    await addMisses(20);
    await run();
    const before = await head();
    await addMisses(20);
    stores.wire.around = async ({ operation, body }, forward) =>
      operation === 'PutItem' && JSON.stringify(body.Item).includes('"head"')
        ? errorAnswer('ValidationException')
        : forward();
    expect((await faultOfAsync(run())).code).toBe('store_unavailable');
    expect(await head()).toEqual(before);
    stores.wire.around = (_, forward) => forward();
    expect(await run()).toMatchObject({ status: 'published', generation: 2, events_read: 40 });
  });
});

describe('the mode', () => {
  it('frozen keeps the generation in force, and the record says who wants it so', async () => {
    await addMisses(20);
    await run();
    await setMode(stores.runtime, S1, 'frozen', operator);
    await addMisses(20);
    expect(await run()).toMatchObject({
      status: 'frozen',
      generation: 1,
      published: false,
      reason: 'an operator froze the pattern: mode frozen: a test',
    });
    await setMode(stores.runtime, S1, 'live', operator);
    expect(await run()).toMatchObject({ status: 'published', generation: 2 });
  });

  it.each(['shadow', 'off'] as const)('%s still learns and publishes', async mode => {
    await setMode(stores.runtime, S1, mode, operator);
    await addMisses(20);
    expect(await run()).toMatchObject({ status: 'published', generation: 1 });
    expect(await head()).toMatchObject({ mode, latest: 1 });
  });

  it('of a pattern is kept by a publication, and so are its settings', async () => {
    await setSettings(stores.runtime, S1, { lookback_days: 30 }, operator);
    await setMode(stores.runtime, S1, 'shadow', operator);
    await addMisses(20);
    await run();
    expect(await head()).toMatchObject({
      mode: 'shadow',
      settings: { lookback_days: 30 },
      current: { lookback_days: 30 },
    });
  });
});

describe('settings of a pattern', () => {
  it('are merged, count from the next run on, and yield to those of a run', async () => {
    await addMisses(20);
    await setSettings(stores.runtime, S1, { n_min: 30 }, operator);
    await setSettings(stores.runtime, S1, { lookback_days: 30 }, operator);
    expect((await head()).settings).toEqual({ n_min: 30, lookback_days: 30 });
    expect(await run({ n_min: undefined })).toMatchObject({ status: 'too_few_events' });
    expect(await run({ n_min: 20 })).toMatchObject({ status: 'published', lessons: 2 });
  });
});

describe('rollback', () => {
  beforeEach(async () => {
    await addMisses(20);
    await run();
    await addMisses(30);
    await run();
  });

  it('puts a past generation back and freezes a live pattern with it', async () => {
    const back = await rollBack(stores.runtime, S1, 1, operator);
    expect(back).toMatchObject({ mode: 'frozen', latest: 2, current: { generation: 1, events_read: 20 } });
    expect(back.last_change).toEqual({
      who: 'anna',
      at: iso(NOW),
      what: 'rollback',
      why: 'generation 1: a test',
    });
    expect(await run()).toMatchObject({ status: 'frozen', generation: 1 });
  });

  it('can be taken back, and the generation after it has a number of its own', async () => {
    await rollBack(stores.runtime, S1, 1, operator);
    expect(await rollBack(stores.runtime, S1, 2, operator)).toMatchObject({ current: { generation: 2 } });
    await rollBack(stores.runtime, S1, 1, operator);
    await setMode(stores.runtime, S1, 'live', operator);
    expect(await run()).toMatchObject({ status: 'published', generation: 3 });
  });

  it('keeps the mode when it is not live', async () => {
    await setMode(stores.runtime, S1, 'shadow', operator);
    expect(await rollBack(stores.runtime, S1, 1, operator)).toMatchObject({ mode: 'shadow' });
  });

  it.each([0, 3, 99])(
    'to generation %d, which is not kept, is unknown_generation and changes nothing',
    async number => {
      const before = await head();
      expect((await faultOfAsync(rollBack(stores.runtime, S1, number, operator))).code).toBe(
        'unknown_generation',
      );
      expect(await head()).toEqual(before);
    },
  );

  it('to a generation that has expired is unknown_generation', async () => {
    stores.clock.now += 31 * DAY;
    expect((await faultOfAsync(rollBack(stores.runtime, S1, 1, operator))).code).toBe('unknown_generation');
  });

  it('is audited with who, when and why, as every change is', async () => {
    stores.clock.now += 1000;
    await rollBack(stores.runtime, S1, 1, operator);
    stores.clock.now += 1000;
    await setMode(stores.runtime, S1, 'live', { who: 'bert', why: 'enough' });
    stores.clock.now += 1000;
    await setSettings(stores.runtime, S1, { n_min: 40 }, operator);
    expect((await stores.runtime.heads.audits(S1)).map(c => [c.what, c.who, c.why])).toEqual([
      ['settings', 'anna', 'n_min 40: a test'],
      ['mode', 'bert', 'mode live: enough'],
      ['rollback', 'anna', 'generation 1: a test'],
    ]);
  });
});

describe('changes at once', () => {
  it('of five operators all hold, one after the other', async () => {
    const changes = [10, 20, 30, 40, 50].map(n_min => setSettings(stores.runtime, S1, { n_min }, operator));
    const heads = await Promise.all(changes);
    expect(heads.map(h => h.version).sort()).toEqual([1, 2, 3, 4, 5]);
    expect(await stores.runtime.heads.audits(S1)).toHaveLength(5);
  });
});

describe('the rows of a generation in force are kept', () => {
  it('[D5] and renewed when less than 31 days are left, by an unchanged run as by a frozen one', async () => {
    await addMisses(20);
    const days = { lookback_days: 366 };
    await run(days);
    const keptUntil = async () => (await head()).current?.overrides.kept_until;
    expect(await keptUntil()).toBe(iso(NOW + 62 * DAY));
    stores.clock.now = NOW + 30 * DAY;
    expect(await run(days)).toMatchObject({ status: 'unchanged' });
    expect(await keptUntil()).toBe(iso(NOW + 62 * DAY));
    stores.clock.now = NOW + 31 * DAY;
    expect(await run(days)).toMatchObject({ status: 'unchanged' });
    expect(await keptUntil()).toBe(iso(NOW + 93 * DAY));
    await setMode(stores.runtime, S1, 'frozen', operator);
    stores.clock.now = NOW + 80 * DAY;
    expect(await run(days)).toMatchObject({ status: 'frozen' });
    expect(await keptUntil()).toBe(iso(NOW + 142 * DAY));
    const { current } = await head();
    expect(current && (await stores.runtime.overrides.read(S1, current.overrides))).toHaveLength(4);
    const [row] = await stores.db.query({
      TableName: 'overrides',
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': `${S1}@${current?.overrides.id}` },
    });
    expect(row?.expires_at).toBe((NOW + 142 * DAY) / 1000);
  });
});

describe('overrides that stay the same while lessons change', () => {
  it('are renewed as well: generations share their rows', async () => {
    const days = { lookback_days: 366 };
    const add = (id: string, chain: string, decision: 'acted' | 'skipped', outcome: 'success' | 'failure') =>
      stores.runtime.episodes.add([
        readEpisode(eventBody(id, { scope: { chain }, decision, outcome }), stores.clock.now),
      ]);
    for (let i = 0; i < 20; i++) {
      await add(`a${i}`, 'a', 'skipped', 'success');
      await add(`b${i}`, 'b', 'acted', 'failure');
      await add(`c${i}`, 'c', 'skipped', 'failure');
    }
    await run(days);
    const first = (await head()).current;
    for (const day of [20, 40, 60, 80]) {
      stores.clock.now = NOW + day * DAY;
      // Everywhere together misses and false positives cancel out, and one more dodge changes no slice that has an override.
      await add(`more-${day}`, 'c', 'skipped', 'failure');
      expect(await run(days)).toMatchObject({ status: 'published', overrides: 4 });
      const { current } = await head();
      expect(current?.overrides.id).toBe(first?.overrides.id);
      expect(Date.parse(current?.overrides.kept_until ?? '')).toBeGreaterThan(stores.clock.now + 31 * DAY);
      const [row] = await stores.db.query({
        TableName: 'overrides',
        KeyConditionExpression: 'pk = :p',
        ExpressionAttributeValues: { ':p': `${S1}@${current?.overrides.id}` },
      });
      expect(row?.expires_at).toBe(Date.parse(current?.overrides.kept_until ?? '') / 1000);
    }
    expect(first?.lessons.id).not.toBe((await head()).current?.lessons.id);
  });
});

describe('what a run sees', () => {
  it('are the outcomes known at as_of, corrections too', async () => {
    await addMisses(20, { resolved_at: iso(NOW - 1000) });
    expect(await run({ as_of: iso(NOW - 1001) })).toMatchObject({ events_read: 0 });
    expect(await run({ as_of: iso(NOW - 1000) })).toMatchObject({ events_read: 20 });
  });

  it('are the events of the window, both ends included', async () => {
    await addMisses(1, { timestamp: iso(NOW - 90 * DAY) });
    await addMisses(1, { timestamp: iso(NOW - 90 * DAY - 1000) });
    await addMisses(1, { timestamp: iso(NOW) });
    await addMisses(1, { timestamp: iso(NOW + 1000) });
    expect(await run({ as_of: iso(NOW) })).toMatchObject({ events_read: 2 });
  });
});

describe('opening and closing', () => {
  it('a run of one pattern tunes that one, in any of its forms', async () => {
    await addMisses(1);
    await addMisses(1, { pattern_key: S2 });
    expect((await open()).patterns).toEqual([S1, S2]);
    expect((await open({ pattern_key: 'pm.s2_entry' })).patterns).toEqual([S2]);
  });

  it('what it is told is checked', async () => {
    expect((await faultOfAsync(open({ n_min: 0 }))).code).toBe('invalid_request');
    expect((await faultOfAsync(open({ policy: 'best' }))).code).toBe('policy_not_available');
    expect((await faultOfAsync(open({ pattern_key: 'x' }))).code).toBe('invalid_pattern_key');
    expect((await faultOfAsync(openCycle(stores.runtime, {}))).code).toBe('invalid_request');
  });

  /** What the record of a run says after it was closed. */
  const closed = async (input: object) => {
    const summary = await closeCycle(stores.runtime, input);
    const record = await stores.runtime.cycles.get(summary.cycle_id);
    expect(record).toMatchObject(summary);
    return record;
  };

  it('a pattern without a result failed; the others are as they said', async () => {
    await addMisses(20);
    const opened = await open();
    await published(opened, await mined(opened));
    const results = [{ pattern_key: S2, error: 'damaged_event' }];
    const record = await closed({ ...opened, patterns: [S1, S2], results });
    expect(record).toMatchObject({ status: 'partial', patterns_total: 2, patterns_failed: 1 });
    expect(record?.patterns.map(p => [p.pattern_key, p.status, p.reason])).toEqual([
      [S1, 'published', undefined],
      [S2, 'failed', 'failed: damaged_event'],
    ]);
  });

  it('a reason never carries more than a code', async () => {
    const error = 'ResourceNotFoundException: table arn:aws:dynamodb:eu-west-1:1:table/x';
    const record = await closed({ ...(await open()), patterns: [S2], results: [{ pattern_key: S2, error }] });
    expect(record?.patterns[0]?.reason).toBe('failed: internal');
    const timeout = await closed({ ...(await open()), patterns: [], failure: { Error: 'States.Timeout' } });
    expect(timeout).toMatchObject({ status: 'failed', reason: 'failed: timeout' });
  });
});
