import { expect, test } from 'vitest';
import { sfc32, shuffleFront, uniform } from '../../shared/statistics/random.ts';

const draw = (next: () => number): number[] => [next(), next(), next()];

test('A seed gives the same whole numbers in every version, and another stream gives others', () => {
  expect(draw(sfc32(11))).toEqual([4280899778, 2510737331, 3302404199]);
  expect(draw(sfc32(11, [3, 5]))).not.toEqual(draw(sfc32(11)));
});

test('Random fractions lie in [0, 1)', () => {
  const next = sfc32(1);
  const fractions = Array.from({ length: 1000 }, () => uniform(next));
  expect(Math.min(...fractions)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...fractions)).toBeLessThan(1);
});

test('A partial shuffle keeps all items and changes their order', () => {
  const items = Uint32Array.from({ length: 20 }, (_, i) => i);
  shuffleFront(items, 5, sfc32(2));
  expect([...items].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect([...items]).not.toEqual(Array.from({ length: 20 }, (_, i) => i));
});
