import { describe, expect, it } from 'vitest';
import type { Block } from '../../shared/guard/flips.ts';
import { evaluateTest, recentStart, startTest } from '../../shared/guard/guard-test.ts';
import { sentenceOf, verdictOf } from '../../shared/guard/verdict.ts';
import type { FlipCounts } from '../../shared/guard/wealth.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { DAY_MS } from '../../shared/time.ts';

const HOUR_MS = 3_600_000;
const PAYOFF = { win: 2, loss: 1 };
const S1 = parsePatternKey('pm.uptrend.S1.entry');
const NONE: FlipCounts = { success: 0, failure: 0, neutral: 0, unknown: 0 };
const START = 1000 * DAY_MS;
const test = startTest(START, 6, PAYOFF, 'replay');

function block(day: number, loosened: Partial<FlipCounts>): Block {
  const last = START + day * DAY_MS;
  return {
    index: Math.floor(last / (6 * HOUR_MS)),
    last,
    loosened: { ...NONE, ...loosened },
    tightened: NONE,
  };
}

describe('a test of the guard', () => {
  it('Later outcomes change nothing in a block whose last event is older than 28 days', () => {
    const known = [block(1, { failure: 3 }), block(2, { unknown: 4 }), block(30, { failure: 2 })];
    const sealed = evaluateTest(test, known, START + 31 * DAY_MS);
    expect(sealed.test.sealed.blocks).toBe(2);
    const late = [block(1, { failure: 3 }), block(2, { failure: 4 }), block(30, { failure: 2 })];
    const after = evaluateTest(sealed.test, late, START + 32 * DAY_MS);
    expect(after.result.log_wealth).toEqual(sealed.result.log_wealth);
    expect(after.result.loosened).toEqual({ ...NONE, failure: 5, unknown: 4 });
  });

  it('A corrected outcome recomputes the wealth while its block is not sealed', () => {
    const before = evaluateTest(test, [block(1, { failure: 5 })], START + 3 * DAY_MS);
    const after = evaluateTest(before.test, [block(1, { success: 5 })], START + 4 * DAY_MS);
    expect(before.result.log_wealth.harm).toBeGreaterThan(0);
    expect(after.result.log_wealth.harm).toBe(0);
    expect(after.result.log_wealth.gain).toBeGreaterThan(0);
  });

  it('A test that is sealed step by step has the same wealth as one that is read at once, bit for bit', () => {
    const blocks = Array.from({ length: 60 }, (_, i) => block(i, { failure: i % 4, success: i % 3 }));
    let stepwise = test;
    for (let day = 0; day <= 60; day++) {
      const read = blocks.filter(({ last }) => last <= START + day * DAY_MS);
      stepwise = evaluateTest(JSON.parse(JSON.stringify(stepwise)), read, START + day * DAY_MS).test;
    }
    const whole = evaluateTest(test, blocks, START + 60 * DAY_MS);
    expect(stepwise).toEqual(whole.test);
    expect(stepwise.sealed.blocks).toBeGreaterThan(30);
  });

  it('Wealth decides after any block, so that recent flips without outcomes hide nothing', () => {
    const harmful = Array.from({ length: 40 }, (_, i) => block(i / 4, { failure: 5 }));
    const recent = Array.from({ length: 12 }, (_, i) => block(10 + i / 4, { unknown: 5 }));
    const { result } = evaluateTest(test, [...harmful, ...recent], START + 13 * DAY_MS);
    expect(verdictOf(result)).toBe('harmful');
    expect(sentenceOf(S1, result)).toBe(
      'what is in force for pm.uptrend.S1.entry is worse than the base thresholds (harm ' +
        `over ×1,000,000, line ×100): since 1972-09-27 00:00 UTC, ` +
        '260 flips in 52 blocks, 200 with an outcome',
    );
  });

  it('The guard is blind when over 10 % of the flips older than 15 days have no outcome', () => {
    const blocks = [block(1, { success: 1, failure: 16, neutral: 1, unknown: 2 })];
    expect(verdictOf(evaluateTest(test, blocks, START + 17 * DAY_MS).result)).not.toBe('blind');
    const blind = [block(1, { success: 6, failure: 11, unknown: 3 })];
    expect(verdictOf(evaluateTest(test, blind, START + 15 * DAY_MS).result)).toBe('none');
    const { result } = evaluateTest(test, blind, START + 17 * DAY_MS);
    expect(verdictOf(result)).toBe('blind');
    expect(sentenceOf(S1, result)).toContain('3 of 20 flips older than 15 days have no outcome');
  });

  it('The second test starts anew every 28 days', () => {
    expect(recentStart(START, START + 27 * DAY_MS)).toBeUndefined();
    expect(recentStart(START, START + 28 * DAY_MS)).toBe(START + 28 * DAY_MS);
    expect(recentStart(START, START + 90 * DAY_MS)).toBe(START + 84 * DAY_MS);
  });
});
