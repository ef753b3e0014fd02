import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balanceInterval, rateInterval } from '../../shared/statistics/proportion-interval.ts';

/** Returns the binomial probability of each number of successes in n trials. */
function binomial(n: number, p: number): number[] {
  const probabilities = [(1 - p) ** n];
  for (let k = 1; k <= n; k++)
    probabilities.push(((probabilities[k - 1] ?? 0) * (n - k + 1) * p) / (k * (1 - p)));
  return probabilities;
}

const counts = fc
  .tuple(fc.integer({ min: 1, max: 1_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([whole, share]) => [Math.round(whole * share), whole] as const);

describe('the 90 % interval of a rate', () => {
  // Worked by hand with z² = 2.70554, e.g. 0 of 10: z² / (10 + z²) = 0.21294; 5 of 10:
  // 1/2 ± sqrt(0.270554 · (1/4 + 0.0676386)) / 1.270554 = 1/2 ± 0.23073. Ends are rounded outward.
  it.each([
    [0, 1, [0, 0.7302]],
    [1, 1, [0.2698, 1]],
    [0, 10, [0, 0.213]],
    [10, 10, [0.787, 1]],
    [5, 10, [0.2692, 0.7308]],
    [0, 33, [0, 0.0758]],
    [0, 0, [0, 1]],
  ])('The interval of the rate %d / %d is %j', (part, whole, interval) => {
    expect(rateInterval(part, whole)).toEqual(interval);
  });

  it('The interval of a rate contains the rate and lies between 0 and 1', () => {
    fc.assert(
      fc.property(counts, ([part, whole]) => {
        const [low, high] = rateInterval(part, whole);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(part / whole);
        expect(high).toBeGreaterThanOrEqual(part / whole);
      }),
    );
  });

  it('The interval of a rate rises with the numerator, and the interval of the complement is its mirror image', () => {
    fc.assert(
      fc.property(counts, ([part, whole]) => {
        const [low, high] = rateInterval(part, whole);
        const [lower, higher] = rateInterval(Math.max(0, part - 1), whole);
        expect(lower).toBeLessThanOrEqual(low);
        expect(higher).toBeLessThanOrEqual(high);
        const [mirrorLow, mirrorHigh] = rateInterval(whole - part, whole);
        expect(1 - mirrorHigh).toBeCloseTo(low, 3);
        expect(1 - mirrorLow).toBeCloseTo(high, 3);
      }),
    );
  });

  it('The interval of a rate never widens with more trials at the same rate', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 2, max: 50 }),
        (successes, failures, factor) => {
          const [low, high] = rateInterval(successes, successes + failures);
          const [tighterLow, tighterHigh] = rateInterval(successes * factor, (successes + failures) * factor);
          expect(tighterHigh - tighterLow).toBeLessThanOrEqual(high - low);
        },
      ),
    );
  });

  it('At 20 to 60 trials the interval covers the true rate with a probability of 90 % on average and at least 83 % for rates of 5 to 95 %', () => {
    for (const n of [20, 33, 60]) {
      const coverage = Array.from({ length: 91 }, (_, i) => {
        const p = 0.05 + i / 100;
        return binomial(n, p).reduce((sum, probability, k) => {
          const [low, high] = rateInterval(k, n);
          return sum + (low <= p && p <= high ? probability : 0);
        }, 0);
      });
      expect(Math.min(...coverage), `n ${n}`).toBeGreaterThan(0.83);
      const mean = coverage.reduce((a, b) => a + b, 0) / coverage.length;
      expect(Math.abs(mean - 0.9), `n ${n}`).toBeLessThan(0.015);
    }
  });
});

describe('the 90 % interval of a balance', () => {
  // (6 − 2) / 10 = 0.4; variance (6 + 2 + 1 − 16/10) / 100 = 0.074; 0.4 ± 1.644854 · 0.272029 = 0.4 ± 0.447449
  it.each([
    [6, 2, 8, [-0.0475, 0.8475]],
    [0, 0, 0, [-1, 1]],
    [0, 0, 8, [-0.1645, 0.1645]],
  ])('The interval of the balance (%d − %d) / %d is %j', (up, down, whole, interval) => {
    expect(balanceInterval(up, down, whole)).toEqual(interval);
  });

  it('The interval of a balance contains it and lies between −1 and 1, and the interval of the opposite balance is its mirror image', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), fc.nat(10_000), (up, down, neither) => {
        const whole = up + down + neither;
        fc.pre(whole > 0);
        const [low, high] = balanceInterval(up, down, whole);
        const balance = (up - down) / whole;
        expect(low).toBeGreaterThanOrEqual(-1);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(balance);
        expect(high).toBeGreaterThanOrEqual(balance);
        const [mirrorLow, mirrorHigh] = balanceInterval(down, up, whole);
        expect([-mirrorHigh, -mirrorLow]).toEqual([expect.closeTo(low, 10), expect.closeTo(high, 10)]);
      }),
    );
  });
});
