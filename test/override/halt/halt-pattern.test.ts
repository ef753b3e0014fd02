import { describe, expect, test } from 'vitest';
import { applyHalt, haltPattern } from '../../../shared/override/halt/halt-pattern.ts';
import type { Override } from '../../../shared/override/override.ts';
import { scopeHash } from '../../../shared/pattern/scope-hash.ts';
import { DAY, DX, S1, S2 } from '../../support/episodes.ts';
import { factorColumns } from '../../support/factor-columns.ts';
import { AS_OF, event, inside } from '../../support/replay-events.ts';

const SETTINGS = { payoff: { win: 2, loss: 1 }, n_min: 33, lookback_days: 90, max_overrides: 20_000 };
const TODAY = AS_OF / DAY;

/** One acted loser a day, from yesterday on back. */
const losers = (count: number) =>
  Array.from({ length: count }, (_, i) => event({ outcome: 'failure', ...inside, daysAgo: i + 1.5 }));
const sealedDays = (count: number, ago: number, winners: number, losers: number) =>
  Array.from({ length: count }, (_, i) => ({ day: TODAY - ago - count + 1 + i, winners, losers }));

describe('the halt of a pattern', () => {
  test('A pattern whose base gates lose on 80 days is halted', () => {
    const halt = haltPattern(S1, factorColumns(losers(80)), AS_OF, SETTINGS, []);
    expect(halt.entries).toBe('halted');
    expect(halt.days).toHaveLength(80);
    expect(halt.reason).toMatch(/lost 80 in 80 trades at 2:1/);
  });

  test('Days that have left the window count as they were sealed, up to 365 days', () => {
    const recent = factorColumns(losers(30));
    expect(haltPattern(S1, recent, AS_OF, SETTINGS, []).entries).toBe('open');
    const halt = haltPattern(S1, recent, AS_OF, SETTINGS, sealedDays(400, 91, 0, 1));
    expect(halt.entries).toBe('halted');
    expect(halt.days.map(({ day }) => day)).toEqual(
      halt.days.map(({ day }) => day).toSorted((a, b) => a - b),
    );
    expect(halt.days[0]?.day).toBe(TODAY - 364);
  });

  test('A sealed day that the window holds in full is counted anew', () => {
    const sealed = sealedDays(80, 0, 5, 0);
    expect(haltPattern(S1, factorColumns(losers(80)), AS_OF, SETTINGS, sealed).entries).toBe('halted');
  });

  test('A halted pattern returns when events that its bot skipped turn out well', () => {
    const skippedWinners = Array.from({ length: 80 }, (_, i) => {
      const made = event({ outcome: 'success', ...inside, daysAgo: i + 1.5 });
      return { ...made, episode: { ...made.episode, decision: 'skipped' as const } };
    });
    const sealed = sealedDays(200, 91, 0, 3);
    expect(haltPattern(S1, factorColumns([]), AS_OF, SETTINGS, sealed).entries).toBe('halted');
    expect(haltPattern(S1, factorColumns(skippedWinners), AS_OF, SETTINGS, sealed).entries).toBe('open');
  });

  test('Outcomes that are not yet known do not count', () => {
    const unknown = losers(80).map(made => ({ ...made, resolvedAt: AS_OF + DAY }));
    expect(haltPattern(S1, factorColumns(unknown), AS_OF, SETTINGS, []).days).toEqual([]);
  });

  test('A ladder pattern has no base gates to judge', () => {
    expect(haltPattern(DX, factorColumns(losers(80)), AS_OF, SETTINGS, [])).toEqual({
      entries: 'open',
      days: [],
    });
  });
});

describe('a halt that is applied', () => {
  const slope: Override = {
    action_category: 'tuning_slope_min',
    delta: 0.1,
    scope_subset: {},
    scope_hash: scopeHash({}),
    confidence: 0.5,
    n: 100,
    reason: 'x',
  };

  test('It replaces the overrides of TS and halo by × 2 and × 0.5 everywhere, and keeps the others', () => {
    const scoped: Override = {
      ...slope,
      action_category: 'tuning_ts_min',
      multiplier: 0.9,
      scope_subset: { chain: 'x' },
      scope_hash: scopeHash({ chain: 'x' }),
    };
    const halt = { entries: 'halted', reason: 'it loses', days: sealedDays(3, 0, 1, 2) } as const;
    const applied = applyHalt(S1, [slope, scoped], halt);
    expect(applied.map(o => [o.action_category, o.multiplier ?? o.delta, o.scope_subset])).toEqual([
      ['tuning_halo', 0.5, {}],
      ['tuning_slope_min', 0.1, {}],
      ['tuning_ts_min', 2, {}],
    ]);
    expect(applied[0]).toMatchObject({ n: 9, confidence: 1, reason: 'halted: it loses' });
  });

  test('A pattern of S2 gets the levers of S2', () => {
    const halt = { entries: 'halted', reason: 'it loses', days: [] } as const;
    expect(applyHalt(S2, [], halt).map(o => o.action_category)).toEqual([
      'tuning_s2_halo',
      'tuning_s2_ts_min',
    ]);
  });
});
