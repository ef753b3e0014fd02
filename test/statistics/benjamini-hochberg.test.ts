import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { qValues } from '../../shared/statistics/benjamini-hochberg.ts';

const q = (p: readonly number[]): number[] => [...qValues(Float64Array.from(p))];

describe('q-values', () => {
  // The q-value of rank r among m p-values is the smallest p · m / rank over the ranks r to m.
  it.each([
    [[], []],
    [[0.3], [0.3]],
    [
      [0.01, 0.02, 0.03, 0.04, 0.05],
      [0.05, 0.05, 0.05, 0.05, 0.05],
    ],
    // 0.04, 0.02·4/2 = 0.04, 0.06·4/3 = 0.08, 1
    [
      [0.01, 0.02, 0.06, 1],
      [0.04, 0.04, 0.08, 1],
    ],
    // The p-values come in any order, and equal ones have equal q-values: 0.02·3/2 = 0.03.
    [
      [0.9, 0.02, 0.02],
      [0.9, 0.03, 0.03],
    ],
  ])('The q-values of the p-values %j are %j', (p, expected) => {
    expect(q(p)).toEqual(expected.map(value => expect.closeTo(value, 12)));
  });

  it('The fifteen p-values of Benjamini and Hochberg’s paper give four q-values of at most 5 %', () => {
    const p = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528,
      0.759, 1,
    ];
    expect(q(p).filter(value => value <= 0.05)).toHaveLength(4);
  });

  const family = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 200 });

  it('A q-value lies between its p-value and 1, and q-values have the order of their p-values', () => {
    fc.assert(
      fc.property(family, p => {
        const values = q(p);
        const order = p.map((_, i) => i).sort((a, b) => (p[a] ?? 0) - (p[b] ?? 0));
        p.forEach((value, i) => {
          expect(values[i]).toBeGreaterThanOrEqual(value);
          expect(values[i]).toBeLessThanOrEqual(1);
        });
        for (let i = 1; i < order.length; i++)
          expect(values[order[i] ?? 0]).toBeGreaterThanOrEqual(values[order[i - 1] ?? 0] ?? 0);
      }),
    );
  });

  it('The number of q-values at or below a level equals the number of rejections of the step-up procedure', () => {
    fc.assert(
      fc.property(family, fc.constantFrom(0.05, 0.1, 0.3), (p, level) => {
        const sorted = p.toSorted((a, b) => a - b);
        let rejected = 0;
        sorted.forEach((value, i) => {
          if ((value * p.length) / (i + 1) <= level) rejected = i + 1;
        });
        expect(q(p).filter(value => value <= level)).toHaveLength(rejected);
      }),
    );
  });
});
