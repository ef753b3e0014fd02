import { beforeEach, describe, expect, it } from 'vitest';
import { rollBack, setMode, setSettings } from '../../shared/generation/change-head.ts';
import { DAY, iso, NOW, S1 } from '../support/episodes.ts';
import { faultOfAsync } from '../support/fault-of.ts';
import { OPERATOR, usePatternRuns } from '../support/pattern-runs.ts';

const { stores, addMisses, run, head } = usePatternRuns();

describe('rollback', () => {
  beforeEach(async () => {
    await addMisses(20);
    await run();
    await addMisses(30);
    await run();
  });

  it('A rollback puts a past generation back in force and freezes a live pattern', async () => {
    const back = await rollBack(stores().runtime, S1, 1, OPERATOR);
    expect(back).toMatchObject({ mode: 'frozen', latest: 2, current: { generation: 1, events_read: 20 } });
    expect(back.last_change).toEqual({
      who: 'anna',
      at: iso(NOW),
      what: 'rollback',
      why: 'generation 1: a test',
    });
    expect(await run()).toMatchObject({ status: 'frozen', generation: 1 });
  });

  it('A rollback can be undone, and the next generation gets a new number', async () => {
    await rollBack(stores().runtime, S1, 1, OPERATOR);
    expect(await rollBack(stores().runtime, S1, 2, OPERATOR)).toMatchObject({ current: { generation: 2 } });
    await rollBack(stores().runtime, S1, 1, OPERATOR);
    await setMode(stores().runtime, S1, 'live', OPERATOR);
    expect(await run()).toMatchObject({ status: 'published', generation: 3 });
  });

  it('A rollback keeps a mode other than live', async () => {
    await setMode(stores().runtime, S1, 'shadow', OPERATOR);
    expect(await rollBack(stores().runtime, S1, 1, OPERATOR)).toMatchObject({ mode: 'shadow' });
  });

  it.each([0, 3, 99])(
    'A rollback to generation %d, which does not exist, fails with unknown_generation and changes nothing',
    async number => {
      const before = await head();
      expect((await faultOfAsync(rollBack(stores().runtime, S1, number, OPERATOR))).code).toBe(
        'unknown_generation',
      );
      expect(await head()).toEqual(before);
    },
  );

  it('A rollback to an expired generation fails with unknown_generation', async () => {
    stores().clock.now += 31 * DAY;
    expect((await faultOfAsync(rollBack(stores().runtime, S1, 1, OPERATOR))).code).toBe('unknown_generation');
  });

  it('The audit lists every change with who, what and why, newest first', async () => {
    stores().clock.now += 1000;
    await rollBack(stores().runtime, S1, 1, OPERATOR);
    stores().clock.now += 1000;
    await setMode(stores().runtime, S1, 'live', { who: 'bert', why: 'enough' });
    stores().clock.now += 1000;
    await setSettings(stores().runtime, S1, { n_min: 40 }, OPERATOR);
    expect((await stores().runtime.changes.audits(S1)).map(c => [c.what, c.who, c.why])).toEqual([
      ['settings', 'anna', 'n_min 40: a test'],
      ['mode', 'bert', 'mode live: enough'],
      ['rollback', 'anna', 'generation 1: a test'],
    ]);
  });
});

describe('simultaneous changes', () => {
  it('Five simultaneous changes of operators are all applied, one after the other', async () => {
    await stores().runtime.heads.register([S1]);
    const changes = [10, 20, 30, 40, 50].map(n_min => setSettings(stores().runtime, S1, { n_min }, OPERATOR));
    const heads = await Promise.all(changes);
    expect(heads.map(h => h.version).sort()).toEqual([1, 2, 3, 4, 5]);
    expect(await stores().runtime.changes.audits(S1)).toHaveLength(5);
  });
});
