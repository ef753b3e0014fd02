import { describe, expect, test } from 'vitest';
import { ALONE, runWhatIf, times, worked } from '../../support/what-if.ts';

describe('the best value of a curve', () => {
  test('The sentence of a what-if gives the best value, its gain, and that the gain is not proven', () => {
    const { best, base, sentence } = runWhatIf(worked);
    expect([best?.value, base?.value]).toEqual([0.9, 1]);
    expect(sentence).toContain(
      'ts_min × 0.9 on everything would have taken 4 more winners and 0 more losers in the last 90 days: ' +
        '+8 ± 6.6 at 2:1: more than chance at this value alone, but not as the best of its curve: nothing proven; ',
    );
    expect(sentence).toMatch(/proven; in the next 28 days \S+ is expected \(90 %: \S+ to \S+\)$/);
    expect(runWhatIf(worked, { from: 1.1, to: 1.2 }).sentence).toContain(
      'ts_min × 1.1 on everything would have taken 0 fewer winners and 5 fewer losers in the last 90 days: ' +
        '+5 ± 5.2 at 2:1: nothing proven',
    );
  });

  test('The best value of a what-if is proven when its gain exceeds √(2 ln(10 · sets of events)) standard errors', () => {
    // Three sets of events besides the base: 14 winners and 8 losers, 14 and 5, 10 and 0. Seven more winners gain 22,
    // above √(2 ln 30) · √44 = 17.3.
    const more = times(7, { outcome: 'success', acted: false, numbers: { ts_score: 0.55 } });
    const result = runWhatIf([...worked, ...more]);
    expect(result.best).toMatchObject({ value: 0.9, utilityChange: 22, error: Math.sqrt(44) });
    expect([result.proven, runWhatIf(worked).proven]).toEqual([true, false]);
    expect(result.sentence).toMatch(
      /\+22 ± 11 at 2:1: more than chance, even as the best of its curve; in the next 28 days /,
    );
    // Four winners gain 8, which is 2 standard errors of √16. One set of events needs √(2 ln 10) = 2.15.
    expect(runWhatIf(worked, { from: 0.9, to: 1, points: 2 }).proven).toBe(false);
  });

  test('The best value of a what-if depends on the payoff', () => {
    const settings = { ...ALONE, payoff: { win: 1, loss: 5 } };
    expect(runWhatIf(worked, {}, settings).best?.value).toBe(1.1);
  });

  test('The best of equally good values of a what-if is the nearest to the base, and the base itself if none gains', () => {
    const withoutGain = [
      ...worked.slice(0, 10),
      ...times(2, { outcome: 'failure', acted: false, numbers: { ts_score: 0.5 } }),
    ];
    const result = runWhatIf(withoutGain);
    expect(result.best).toBe(result.base);
    expect(result.sentence).toBe(
      'no ts_min from × 0.8 to × 1.2 on everything would have done better than where it stands in the last 90 days at 2:1',
    );
    expect(runWhatIf(worked, { from: 0.85, to: 0.99, points: 15 }).best?.value).toBe(0.91);
  });

  test('The sentence of a what-if states that a range in which no event flips changes nothing', () => {
    const { curve, sentence } = runWhatIf(worked, { from: 0.95, to: 1.05, points: 3 });
    expect(curve.map(p => p.utilityChange)).toEqual([0, 0, 0]);
    expect(sentence).toBe(
      'ts_min from × 0.95 to × 1.05 on everything would have changed nothing in the last 90 days: no winner and no loser stands between',
    );
  });
});
