import { expect, it } from 'vitest';
import { interpolate } from '../../../cli/plot/interpolate.ts';

const points = [
  [0, 0],
  [10, 20],
  [20, 20],
  [30, Number.NaN],
] as const;

it.each([
  [0, 0],
  [2.5, 5],
  [10, 20],
  [15, 20],
  [-1, Number.NaN],
  [25, Number.NaN],
  [31, Number.NaN],
])('Interpolating a line at x = %d gives %d', (x, y) => {
  expect(interpolate(points, x, 1)).toBe(y);
});

it('Interpolating a line without points gives NaN', () => {
  expect(interpolate([], 1, 1)).toBeNaN();
});
