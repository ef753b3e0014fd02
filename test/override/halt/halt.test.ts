import { describe, expect, test } from 'vitest';
import type { BaseDay } from '../../../shared/override/halt/base-days.ts';
import { judgeHalt } from '../../../shared/override/halt/halt.ts';

const PAYOFF = { win: 2, loss: 1 };
const TODAY = 20_000;

/** Returns one entry for each of the last days, counted back from `ago` days before today. */
function days(count: number, ago: number, winners: number, losers: number): BaseDay[] {
  return Array.from({ length: count }, (_, i) => ({ day: TODAY - ago - i, winners, losers }));
}

describe('the verdict on halting a pattern', () => {
  test('A pattern that loses one on each of 100 days is halted at 10 standard errors', () => {
    const verdict = judgeHalt(days(100, 0, 0, 1), TODAY, PAYOFF);
    expect(verdict.entries).toBe('halted');
    expect(verdict.year).toEqual({ days: 100, winners: 0, losers: 100, utility: -100, ratio: -10 });
    expect(verdict.reason).toBe(
      'over the last 365 days the base gates lost 100 in 100 trades at 2:1, −10.0 standard errors of the daily sums: entries are halted below −1',
    );
  });

  test('A loss of exactly one standard error leaves entries open, and a little more halts them', () => {
    // 60 empty days, then daily sums: one of −40 alone has a ratio of −1 exactly.
    const empty = days(60, 100, 0, 0);
    expect(judgeHalt([...empty, { day: TODAY, winners: 0, losers: 40 }], TODAY, PAYOFF).year.ratio).toBe(-1);
    const one = [...empty, { day: TODAY, winners: 0, losers: 40 }];
    expect(judgeHalt(one, TODAY, PAYOFF).entries).toBe('open');
    expect(judgeHalt([...one, { day: TODAY - 1, winners: 0, losers: 1 }], TODAY, PAYOFF).entries).toBe(
      'halted',
    );
  });

  test.each([
    [59, 'open'],
    [60, 'halted'],
  ] as const)('A losing pattern with %i days of known outcomes has its entries %s', (count, entries) => {
    expect(judgeHalt(days(count, 0, 0, 1), TODAY, PAYOFF).entries).toBe(entries);
  });

  test.each([
    [32, 'open'],
    [33, 'halted'],
  ] as const)('A losing pattern with %i acted events has its entries %s', (acted, entries) => {
    const all = [...days(acted, 0, 0, 1), ...days(60, acted, 0, 0)];
    expect(judgeHalt(all, TODAY, PAYOFF).entries).toBe(entries);
  });

  test('A pattern that lost over a year and gains over the last 90 days is released, with both figures', () => {
    const losing = days(200, 120, 0, 2);
    const verdict = judgeHalt([...losing, ...days(80, 0, 1, 0)], TODAY, PAYOFF);
    expect(verdict.year.ratio).toBeLessThan(-1);
    expect(verdict.recent.ratio).toBeGreaterThan(0.5);
    expect(verdict.entries).toBe('open');
    expect(verdict.reason).toMatch(/lost 240 in 480 trades .* last 90 days they gained 160, \+8\.9 standard/);
  });

  test('Recent days without a clear gain do not release a losing pattern', () => {
    const recent = days(80, 0, 0, 0);
    expect(judgeHalt([...days(200, 120, 0, 2), ...recent], TODAY, PAYOFF).entries).toBe('halted');
  });

  test('Days older than 365 days and days after the verdict do not count', () => {
    const outside = [...days(100, 365, 0, 1), ...days(30, -30, 0, 1)];
    expect(judgeHalt(outside, TODAY, PAYOFF).year.days).toBe(0);
    expect(judgeHalt(days(100, 364, 0, 1), TODAY, PAYOFF).year.days).toBe(1);
  });

  test('The payoff decides: one win a day for two losses halts at 1:1 and not at 3:1', () => {
    const even = days(100, 0, 1, 2);
    expect(judgeHalt(even, TODAY, { win: 1, loss: 1 }).entries).toBe('halted');
    expect(judgeHalt(even, TODAY, { win: 3, loss: 1 }).entries).toBe('open');
  });
});
