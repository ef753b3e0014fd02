import { describe, expect, it } from 'vitest';
import { setMode, setSettings } from '../../shared/generation/change-head.ts';
import { DAY, iso, NOW, S1 } from '../support/episodes.ts';
import { OPERATOR, usePatternRuns } from '../support/pattern-runs.ts';

const { stores, addMisses, open, mine, publish, run, head } = usePatternRuns();

describe('publication', () => {
  it('A first run publishes generation 1 and records its counts', async () => {
    await addMisses(20);
    expect(await run()).toEqual({
      pattern_key: S1,
      status: 'published',
      events_read: 20,
      lessons: 2,
      overrides: 4,
      generation: 1,
      published: true,
      warnings: [],
      would_publish: true,
      changes: { added: 4, removed: 0, changed: 0 },
      evidence: [
        expect.objectContaining({ policy: 'drift' }),
        expect.objectContaining({ policy: 'replay' }),
        expect.objectContaining({ policy: 'model' }),
      ],
    });
    expect(await head()).toMatchObject({
      version: 1,
      latest: 1,
      mode: 'live',
      current: { generation: 1, events_read: 20 },
    });
  });

  it('A run with an equal result is `unchanged` and writes nothing but its record and the state of the guard', async () => {
    await addMisses(20);
    await run();
    const opened = await open();
    stores().proxy.start();
    expect(await publish(opened, await mine(opened))).toMatchObject({
      status: 'unchanged',
      generation: 1,
      published: false,
    });
    expect(stores().proxy.writes()).toEqual(['PutItem', 'PutItem']);
  });

  it('A run with too few events records how many there are and publishes nothing', async () => {
    await addMisses(8);
    expect(await run()).toMatchObject({
      status: 'too_few_events',
      generation: 0,
      published: false,
      reason: `8 of 10 events with an outcome in the 90 days to ${iso(NOW).slice(0, 10)}`,
    });
    expect(await stores().runtime.heads.head(S1)).toBeUndefined();
    expect(await run({ n_min: 100 })).toMatchObject({
      reason: `8 of 100 events with an outcome in the 90 days to ${iso(NOW).slice(0, 10)}`,
    });
  });

  it('A run whose events have all left the window publishes an empty generation once', async () => {
    await addMisses(20);
    await run();
    stores().clock.now += 100 * DAY;
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

  it('Generations are numbered upwards, and past ones stay in the archive', async () => {
    for (const generation of [1, 2, 3]) {
      await addMisses(20);
      expect(await run()).toMatchObject({ status: 'published', generation });
    }
    expect((await stores().runtime.heads.archived(S1)).map(g => g.generation)).toEqual([2, 1]);
  });

  it('The same events and as_of give the same generation, byte for byte, whatever events came later', async () => {
    await addMisses(20);
    await run({ as_of: iso(NOW) });
    const first = (await head()).current;
    stores().clock.now += 7 * DAY;
    await addMisses(20, { timestamp: iso(NOW + DAY) });
    await run();
    expect((await head()).current?.hash).not.toBe(first?.hash);
    expect(await run({ as_of: iso(NOW) })).toMatchObject({ status: 'published', generation: 3 });
    const { current } = await head();
    expect(current?.hash).toBe(first?.hash);
    expect([current?.lessons.id, current?.overrides.id]).toEqual([first?.lessons.id, first?.overrides.id]);
  });

  it('A step of a run that is retried after a lost response gives the same answer', async () => {
    await addMisses(20);
    const opened = await open();
    const result = await mine(opened);
    const first = await publish(opened, result);
    expect(await publish(opened, result)).toEqual(first);
    expect(await mine(opened)).toMatchObject({ lessons: result.lessons });
    expect((await head()).version).toBe(1);
  });
});

describe('the mode of a pattern', () => {
  it('A run of a frozen pattern keeps the generation in force, and its record names the change that froze it', async () => {
    await addMisses(20);
    await run();
    await setMode(stores().runtime, S1, 'frozen', OPERATOR);
    await addMisses(20);
    expect(await run()).toMatchObject({
      status: 'frozen',
      generation: 1,
      published: false,
      reason: 'an operator froze the pattern: mode frozen: a test',
    });
    await setMode(stores().runtime, S1, 'live', OPERATOR);
    expect(await run()).toMatchObject({ status: 'published', generation: 2 });
  });

  it.each(['shadow', 'off'] as const)('A run of a pattern in mode %s publishes', async mode => {
    await stores().runtime.heads.register([S1]);
    await setMode(stores().runtime, S1, mode, OPERATOR);
    await addMisses(20);
    expect(await run()).toMatchObject({ status: 'published', generation: 1 });
    expect(await head()).toMatchObject({ mode, latest: 1 });
  });

  it('A publication keeps the mode and the settings of its pattern', async () => {
    await stores().runtime.heads.register([S1]);
    await setSettings(stores().runtime, S1, { lookback_days: 30 }, OPERATOR);
    await setMode(stores().runtime, S1, 'shadow', OPERATOR);
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
  it('Settings of a pattern are merged, apply from the next run on, and yield to the options of a run', async () => {
    await addMisses(20);
    await setSettings(stores().runtime, S1, { n_min: 30 }, OPERATOR);
    await setSettings(stores().runtime, S1, { lookback_days: 30 }, OPERATOR);
    expect((await head()).settings).toEqual({ n_min: 30, lookback_days: 30 });
    expect(await run({ n_min: undefined })).toMatchObject({ status: 'too_few_events' });
    expect(await run({ n_min: 20 })).toMatchObject({ status: 'published', lessons: 2 });
  });
});
