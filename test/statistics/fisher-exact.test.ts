import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testAgainstRest } from '../../shared/statistics/fisher-exact.ts';
import { normalQuantile, upperTail } from '../../shared/statistics/normal-distribution.ts';
import { hypergeometric, midP } from '../support/hypergeometric.ts';

describe('the normal distribution', () => {
  // Tables of the standard normal distribution; the far ones from Abramowitz and Stegun, table 26.2.
  it.each([
    [0, 0.5],
    [1, 0.15865525393145705],
    [1.6448536269514722, 0.05],
    [1.959963984540054, 0.025],
    [-1, 0.8413447460685429],
    [5, 2.866515719e-7],
    [10, 7.619853024e-24],
  ])('has beyond z = %d a share of %d', (z, tail) => {
    expect(upperTail(z) / tail).toBeCloseTo(1, 9);
  });

  it('is one curve where the two expansions meet, and ends at 0 and 1', () => {
    expect(upperTail(3 - 1e-13) / upperTail(3)).toBeCloseTo(1, 11);
    expect([upperTail(Number.POSITIVE_INFINITY), upperTail(Number.NEGATIVE_INFINITY)]).toEqual([0, 1]);
  });

  it('leads from z to tail and back', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 8, noNaN: true }), z => {
        expect(normalQuantile(upperTail(z))).toBeCloseTo(z, 8);
      }),
    );
  });
});

describe('a part against the rest', () => {
  it('differs by its share less that of the rest', () => {
    // 6 of 20 against 9 of 90
    expect(
      testAgainstRest({ successes: 6, trials: 20 }, { successes: 15, trials: 110 })?.difference,
    ).toBeCloseTo(0.2, 12);
  });

  // The lady who tastes tea, 4 of 8 cups: 3 right have odds of 16/70, 4 right of 1/70, mid-p 2 · (1 + 8)/70 and 1/70.
  it.each([
    [4, 1 / 70],
    [3, 18 / 70],
    [2, 1],
    [1, 18 / 70],
    [0, 1 / 70],
  ])('of %d of 4 in 4 of 8 has p %d, to a tenth', (hits, p) => {
    const found = testAgainstRest({ successes: hits, trials: 4 }, { successes: 4, trials: 8 });
    expect(Math.abs((found?.p ?? 0) / p - 1)).toBeLessThan(0.1);
  });

  it.each([
    ['nothing in the part', { successes: 0, trials: 0 }, { successes: 3, trials: 9 }],
    ['nothing in the rest', { successes: 3, trials: 9 }, { successes: 3, trials: 9 }],
    ['nothing at all', { successes: 0, trials: 0 }, { successes: 0, trials: 0 }],
  ])('has no answer with %s', (_, part, all) => {
    expect(testAgainstRest(part, all)).toBeUndefined();
  });

  it('cannot differ when all are hits, or none', () => {
    expect(testAgainstRest({ successes: 0, trials: 5 }, { successes: 0, trials: 9 })).toEqual({
      difference: 0,
      p: 1,
    });
    expect(testAgainstRest({ successes: 5, trials: 5 }, { successes: 9, trials: 9 })).toEqual({
      difference: 0,
      p: 1,
    });
  });

  it('has the p of the exact terms, within 6 % above 0.001 and 20 % above 0.000001, from ten events inside and outside and five hits on', () => {
    for (const all of [60, 104, 276, 1000, 5000])
      for (const base of [0.02, 0.08, 0.3, 0.5, 0.8])
        for (const decided of [10, 20, 33, 50]) {
          const hits = Math.round(all * base);
          if (hits < 5) continue;
          for (const [x, exact] of midP(decided, hits, all)) {
            if (exact < 1e-6) continue;
            const p =
              testAgainstRest({ successes: x, trials: decided }, { successes: hits, trials: all })?.p ?? 0;
            const off = Math.abs(p / exact - 1);
            expect(off, `${x} of ${decided}, ${hits} of ${all}`).toBeLessThan(exact > 0.001 ? 0.06 : 0.2);
          }
        }
  });

  it('by chance is below alpha about as often as alpha says', () => {
    for (const all of [104, 1000])
      for (const base of [0.08, 0.3, 0.5])
        for (const decided of [20, 33, 60])
          for (const alpha of [0.01, 0.1]) {
            const hits = Math.round(all * base);
            let odds = 0;
            for (const [x, chance] of hypergeometric(decided, hits, all))
              if (
                (testAgainstRest({ successes: x, trials: decided }, { successes: hits, trials: all })?.p ??
                  0) <= alpha
              )
                odds += chance;
            expect(odds, `${hits} of ${all}, ${decided}`).toBeLessThan(1.5 * alpha);
          }
  });

  const table = fc
    .tuple(fc.nat(500), fc.nat(500), fc.nat(5000), fc.nat(5000))
    .filter(([a, b, c, d]) => a + b > 0 && c + d > 0);

  it('is as far from the rest as the rest from it, and as far in misses as in hits', () => {
    fc.assert(
      fc.property(table, ([a, b, c, d]) => {
        const all = { successes: a + c, trials: a + b + c + d };
        const p = testAgainstRest({ successes: a, trials: a + b }, all)?.p;
        const other = testAgainstRest({ successes: c, trials: c + d }, all);
        const misses = testAgainstRest(
          { successes: b, trials: a + b },
          { successes: b + d, trials: all.trials },
        );
        expect(other?.p).toBeCloseTo(p ?? -1, 9);
        expect(misses?.p).toBeCloseTo(p ?? -1, 9);
      }),
    );
  });

  it('is the surer the further its hits are from what is expected', () => {
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
