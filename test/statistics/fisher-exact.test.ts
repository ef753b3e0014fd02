import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testAgainstRest } from '../../shared/statistics/fisher-exact.ts';
import { hypergeometric, midP } from '../support/hypergeometric.ts';

describe('the test of a part against the rest', () => {
  it('The difference is the share of successes in the part minus that in the rest', () => {
    // 6 of 20 against 9 of 90
    expect(
      testAgainstRest({ successes: 6, trials: 20 }, { successes: 15, trials: 110 })?.difference,
    ).toBeCloseTo(0.2, 12);
  });

  // Fisher's lady tasting tea, 4 of 8 cups: the probability of 3 right is 16/70, of 4 right 1/70, so the mid-p of 3 is
  // 2 · (1 + 8)/70, and of 4 it is 1/70.
  it.each([
    [4, 1 / 70],
    [3, 18 / 70],
    [2, 1],
    [1, 18 / 70],
    [0, 1 / 70],
  ])(
    'A part of 4 trials with %d of the 4 successes in 8 trials has a p-value within a tenth of %d',
    (hits, p) => {
      const result = testAgainstRest({ successes: hits, trials: 4 }, { successes: 4, trials: 8 });
      expect(Math.abs((result?.p ?? 0) / p - 1)).toBeLessThan(0.1);
    },
  );

  it.each([
    ['the part is empty', { successes: 0, trials: 0 }, { successes: 3, trials: 9 }],
    ['the rest is empty', { successes: 3, trials: 9 }, { successes: 3, trials: 9 }],
    ['both are empty', { successes: 0, trials: 0 }, { successes: 0, trials: 0 }],
  ])('A part is not tested against the rest when %s', (_, part, all) => {
    expect(testAgainstRest(part, all)).toBeUndefined();
  });

  it('A part does not differ from the rest when all trials are successes, or none', () => {
    expect(testAgainstRest({ successes: 0, trials: 5 }, { successes: 0, trials: 9 })).toEqual({
      difference: 0,
      p: 1,
    });
    expect(testAgainstRest({ successes: 5, trials: 5 }, { successes: 9, trials: 9 })).toEqual({
      difference: 0,
      p: 1,
    });
  });

  it('From ten trials and five successes on, the p-value lies within 6 % of the exact mid-p above 0.001 and within 20 % above 0.000001', () => {
    for (const all of [60, 104, 276, 1000, 5000])
      for (const base of [0.02, 0.08, 0.3, 0.5, 0.8])
        for (const decided of [10, 20, 33, 50]) {
          const hits = Math.round(all * base);
          if (hits < 5) continue;
          for (const [x, exact] of midP(decided, hits, all)) {
            if (exact < 1e-6) continue;
            const p =
              testAgainstRest({ successes: x, trials: decided }, { successes: hits, trials: all })?.p ?? 0;
            const deviation = Math.abs(p / exact - 1);
            expect(deviation, `${x} of ${decided}, ${hits} of ${all}`).toBeLessThan(
              exact > 0.001 ? 0.06 : 0.2,
            );
          }
        }
  });

  it('Under the null hypothesis the p-value is at most alpha with a probability below 1.5 alpha', () => {
    for (const all of [104, 1000])
      for (const base of [0.08, 0.3, 0.5])
        for (const decided of [20, 33, 60])
          for (const alpha of [0.01, 0.1]) {
            const hits = Math.round(all * base);
            let probability = 0;
            for (const [x, probabilityOfX] of hypergeometric(decided, hits, all))
              if (
                (testAgainstRest({ successes: x, trials: decided }, { successes: hits, trials: all })?.p ??
                  0) <= alpha
              )
                probability += probabilityOfX;
            expect(probability, `${hits} of ${all}, ${decided}`).toBeLessThan(1.5 * alpha);
          }
  });

  const table = fc
    .tuple(fc.nat(500), fc.nat(500), fc.nat(5000), fc.nat(5000))
    .filter(([a, b, c, d]) => a + b > 0 && c + d > 0);

  it('Exchanging part and rest, or successes and failures, does not change the p-value', () => {
    fc.assert(
      fc.property(table, ([a, b, c, d]) => {
        const all = { successes: a + c, trials: a + b + c + d };
        const p = testAgainstRest({ successes: a, trials: a + b }, all)?.p;
        const other = testAgainstRest({ successes: c, trials: c + d }, all);
        const failures = testAgainstRest(
          { successes: b, trials: a + b },
          { successes: b + d, trials: all.trials },
        );
        expect(other?.p).toBeCloseTo(p ?? -1, 9);
        expect(failures?.p).toBeCloseTo(p ?? -1, 9);
      }),
    );
  });

  it('The p-value never rises as the number of successes moves above its expectation', () => {
    fc.assert(
      fc.property(table, ([a, b, c, d]) => {
        const all = { successes: a + c, trials: a + b + c + d };
        const expected = ((a + b) * all.successes) / all.trials;
        const at = (hits: number) => testAgainstRest({ successes: hits, trials: a + b }, all)?.p ?? 2;
        fc.pre(a > expected && a < a + b && a < all.successes);
        expect(at(a + 1)).toBeLessThanOrEqual(at(a));
      }),
    );
  });
});
