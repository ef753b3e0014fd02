import { describe, expect, test } from 'vitest';
import type { KnownEvent } from '../../support/factor-columns.ts';
import { ALONE, event, runWhatIf, times, worked } from '../../support/what-if.ts';

describe('events that no value moves', () => {
  test('A what-if counts neutral events and events without the factor separately', () => {
    const more = [
      ...times(3, { outcome: 'neutral', acted: false, numbers: { ts_score: 0.55 } }),
      ...times(2, { outcome: 'success', numbers: { ts_score: Number.NaN }, flags: [['ts_ok', true]] }),
      ...times(1, { outcome: 'failure', numbers: { ts_score: Number.NaN } }),
    ];
    const result = runWhatIf([...worked, ...more]);
    expect(result.events).toEqual({
      total: 28,
      neutral: 3,
      leftOut: 1,
      otherGates: 0,
      fixed: 2,
      movable: 22,
    });
    expect(result.curve.map(p => p.winners)).toEqual([16, 16, 12, 12, 12]);
  });

  test('A what-if leaves out an event outside the window or with an outcome that was not known at as_of', () => {
    const outside = [
      event({ outcome: 'success', daysAgo: 91 }),
      event({ outcome: 'success', daysAgo: -1, knownDaysAgo: -1 }),
      event({ outcome: 'success', daysAgo: 5, knownDaysAgo: -0.1 }),
    ];
    expect(runWhatIf([...worked, ...outside])).toEqual(runWhatIf(worked));
    expect(runWhatIf(worked, { days: 9 }).reason?.text).toBe(
      'no event of the slice in the last 9 days has a known outcome',
    );
  });

  test('A what-if of a disabled lever gives the reason instead of a curve', () => {
    const bare = times(40, {
      outcome: 'success',
      numbers: { ts_score: Number.NaN },
      flags: [['ts_ok', true]],
    });
    const result = runWhatIf(bare);
    expect(result).toMatchObject({
      curve: [],
      reason: { code: 'factor_missing' },
      events: { total: 40 },
    });
    expect(result.base).toBeUndefined();
    expect(result.sentence).toBe(
      'nothing can be said about ts_min on everything: none of 40 events logs a number ts_score or ts_min: log both in factors, on at least 50 % of the events',
    );
    expect(runWhatIf(worked, {}, { ...ALONE, nMin: 33 }).reason?.text).toBe(
      '22 of 33 needed events log ts_score and a usable ts_min',
    );
  });

  test('A what-if of a slice without a movable event gives the reason instead of a curve', () => {
    const slice = { outcome: 'success', scope: { a: '1' }, numbers: { ts_score: Number.NaN } } as const;
    const result = runWhatIf([...worked, ...times(2, { ...slice, flags: [['ts_ok', true]] })], {
      scope: { a: '1' },
    });
    expect(result.reason).toEqual({
      code: 'factor_missing',
      text: 'the threshold decides none of 2 events: 2 log no usable pair of ts_score and ts_min',
    });
  });
});

describe('the slice', () => {
  const scoped = (scope: Record<string, string>): KnownEvent[] =>
    worked.map(e => ({ ...e, episode: { ...e.episode, scope } }));
  const three = { a: '1', b: '2', c: '3' };
  const events = [...scoped(three), ...scoped({ a: '1', b: 'x' }), ...scoped({ b: '2' })];

  test.each([
    [{}, 66],
    [{ a: '1' }, 44],
    [{ b: '2', a: '1' }, 22],
    [three, 22],
  ])('A what-if of the slice %j counts the events whose scope contains its pairs', (scope, total) => {
    const result = runWhatIf(events, { scope });
    expect(result.events.total).toBe(total);
    expect(result.curve.map(p => p.winners)).toEqual(
      runWhatIf(worked).curve.map(p => (p.winners * total) / 22),
    );
  });

  test.each([[{ a: '2' }], [{ nothing: '1' }], [{ a: '1', b: '2', c: '4' }], [{ constructor: 'x' }]])(
    'A what-if of the slice %j, which has no event, has an empty curve',
    scope => {
      expect(runWhatIf(events, { scope })).toMatchObject({ curve: [], events: { total: 0 } });
    },
  );
});
