import fc from 'fast-check';
import { expect, it } from 'vitest';
import { scale } from '../../shared/plot/scale.ts';

const texts = (axis: Parameters<typeof scale>[0], values: readonly number[]): string[] =>
  scale(axis, values).ticks.map(tick => tick.text);

it.each([
  [
    [0, 100],
    ['0', '20', '40', '60', '80', '100'],
  ],
  [
    [10, 60],
    ['10', '20', '30', '40', '50', '60'],
  ],
  [
    [0.8, 1.2],
    ['0.8', '0.9', '1', '1.1', '1.2'],
  ],
  [
    [-3, 12],
    ['-2', '0', '2', '4', '6', '8', '10', '12'],
  ],
  [
    [0, 0.3],
    ['0', '0.05', '0.1', '0.15', '0.2', '0.25', '0.3'],
  ],
])('An axis over %j has ticks at round numbers', (values, ticks) => {
  expect(texts({ label: '' }, values)).toEqual(ticks);
});

it('A logarithmic axis has ticks at powers of ten, over less than two decades also at their multiples by 2 and 5', () => {
  expect(texts({ label: '', scale: 'log' }, [1, 1000])).toEqual(['1', '10', '100', '1000']);
  expect(texts({ label: '', scale: 'log' }, [1, 10])).toEqual(['1', '2', '5', '10']);
});

it('An axis over one value has it in the middle, and an axis over no value runs from 0 to 1', () => {
  expect(scale({ label: '' }, [5]).shareOf(5)).toBe(0.5);
  expect(scale({ label: '' }, [0]).shareOf(0)).toBe(0.5);
  expect(scale({ label: '' }, []).shareOf(0.25)).toBe(0.25);
  expect(scale({ label: '', scale: 'log' }, [10, 1000]).shareOf(0)).toBeNaN();
});

it.each([[[-5e-324, 5e-324]], [[0, 5e-324]], [[-1.7e308, 1.7e308]], [[1, 1 + 2 ** -52]]])(
  'An axis over %j, at the limits of number precision, has few ticks inside its range',
  values => {
    const result = scale({ label: '' }, values);
    expect(result.ticks.length).toBeLessThan(20);
    for (const { value } of result.ticks) expect(value).toBeGreaterThanOrEqual(values[0] ?? 0);
  },
);

it('An axis maps a value to its place and back', () => {
  const value = fc.double({ min: 0.001, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(fc.constantFrom('linear' as const, 'log' as const), value, value, value, (kind, a, b, v) => {
      fc.pre(Math.abs(a - b) > 1e-3 * (a + b));
      const result = scale({ label: '', scale: kind }, [a, b]);
      expect(result.valueAt(result.shareOf(v)) / v).toBeCloseTo(1, 6);
    }),
  );
});
