import { describe, expect, it } from 'vitest';
import { testAgainstRest } from '../../shared/statistics/fisher-exact.ts';
import { minimumDetectableDifference } from '../../shared/statistics/power.ts';

describe('the minimum detectable difference', () => {
  // Cohen's tables: h for n = 33 against very many, alpha 0.1, power 0.8: 2.4865 / sqrt(33) = 0.43285.
  it('The minimum detectable difference is that of Cohen’s tables', () => {
    const { more, fewer } = minimumDetectableDifference(0.5, 33, 1e12, 0.1);
    expect(more).toBeCloseTo(Math.sin(Math.PI / 4 + 0.43285 / 2) ** 2 - 0.5, 5);
    expect(fewer).toBeCloseTo(-(more ?? 0), 10);
  });

  it('The minimum detectable difference is null where no possible share would be detected', () => {
    expect(minimumDetectableDifference(0.02, 10, 100, 0.1).fewer).toBeNull();
    expect(minimumDetectableDifference(0.98, 10, 100, 0.1).more).toBeNull();
    expect(minimumDetectableDifference(0.5, 0, 100, 0.1)).toEqual({ more: null, fewer: null });
    expect(minimumDetectableDifference(0.5, 10, 0, 0.1)).toEqual({ more: null, fewer: null });
  });

  it.each([
    [0.1, 33],
    [0.3, 33],
    [0.3, 60],
    [0.5, 20],
  ])(
    'The test of lessons detects the minimum detectable difference with a probability of 0.7 to 0.9, at a base share of %d and %d events',
    (base, n) => {
      const rest = 2000;
      const share = base + (minimumDetectableDifference(base, n, rest, 0.1).more ?? 0);
      let probability = (1 - share) ** n;
      let power = 0;
      for (let x = 0; x <= n; x++) {
        if (x > 0) probability *= ((n - x + 1) * share) / (x * (1 - share));
        const all = { successes: x + rest * base, trials: n + rest };
        if ((testAgainstRest({ successes: x, trials: n }, all)?.p ?? 1) <= 0.1) power += probability;
      }
      expect(power).toBeGreaterThan(0.7);
      expect(power).toBeLessThan(0.9);
    },
  );
});
