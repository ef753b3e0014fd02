import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalQuantile, upperTail } from '../../shared/statistics/normal-distribution.ts';

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
  ])('The upper tail beyond z = %d has the probability %d', (z, tail) => {
    expect(upperTail(z) / tail).toBeCloseTo(1, 9);
  });

  it('The upper tail is continuous where the two expansions meet, 0 at infinity and 1 at minus infinity', () => {
    expect(upperTail(3 - 1e-13) / upperTail(3)).toBeCloseTo(1, 11);
    expect([upperTail(Number.POSITIVE_INFINITY), upperTail(Number.NEGATIVE_INFINITY)]).toEqual([0, 1]);
  });

  it('The quantile inverts the upper tail', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 8, noNaN: true }), z => {
        expect(normalQuantile(upperTail(z))).toBeCloseTo(z, 8);
      }),
    );
  });
});
