import { expect, test } from 'vitest';
import { clusteredMean, clusteredSum } from '../../shared/statistics/clustered-mean.ts';

const values = Float64Array.of(1, 1, 3, 3);
const pairs = Uint32Array.of(7, 7, 9, 9);

test('A clustered mean has the error of its clusters, or that of independent values if it is larger', () => {
  expect(clusteredMean(values, []).error).toBeCloseTo(Math.sqrt((4 / 3) * 4) / 4, 12);
  expect(clusteredMean(values, [pairs])).toMatchObject({ n: 4, mean: 2, error: 1 });
  expect(clusteredMean(Float64Array.of(1, 3, 1, 3), [pairs]).error).toBeCloseTo(0.577, 3);
});

test('The interval of a mean widens with few clusters, as Student’s t does', () => {
  const { mean, high, error } = clusteredMean(Float64Array.of(0, 2, 4, 6), []);
  expect((high - mean) / error).toBeCloseTo(2.353, 1);
  const many = clusteredMean(
    Float64Array.from({ length: 2000 }, (_, i) => i % 7),
    [],
  );
  expect((many.high - many.mean) / many.error).toBeCloseTo(1.646, 3);
});

test('One cluster of all values tells nothing, so the values count as independent', () => {
  expect(clusteredMean(values, [new Uint32Array(4)]).error).toBe(clusteredMean(values, []).error);
});

test('Equal values have the error 0', () => {
  expect(clusteredMean(Float64Array.of(1.9, 1.9, 1.9), []).error).toBeCloseTo(0, 12);
});

test('The order of the values and the numbers of the clusters change no digit', () => {
  const many = Array.from({ length: 300 }, (_, i) => Math.sin(i * i) / 3);
  const cluster = many.map((_, i) => i % 17);
  const order = many.map((_, i) => (i * 7) % 300);
  const moved = clusteredMean(
    Float64Array.from(order, i => many[i] ?? 0),
    [Uint32Array.from(order, i => 16 - (cluster[i] ?? 0))],
  );
  expect(moved).toEqual(clusteredMean(Float64Array.from(many), [Uint32Array.from(cluster)]));
});

test('A mean of one value has no error, so it is refused', () => {
  expect(() => clusteredMean(Float64Array.of(1), [])).toThrow('needs at least 2 values');
});

test('A clustered sum has the error of its clusters, in any order of the values', () => {
  expect(clusteredSum(Float64Array.of(1, 1, -1, -1), [])).toEqual({ sum: 0, error: 2 });
  expect(clusteredSum(Float64Array.of(1, 1, -1, -1), [pairs])).toEqual({ sum: 0, error: Math.sqrt(8) });
  const many = Array.from({ length: 300 }, (_, i) => Math.sin(i * i) / 3);
  const order = many.map((_, i) => (i * 7) % 300);
  const cluster = (i: number): number => i % 17;
  expect(
    clusteredSum(
      Float64Array.from(order, i => many[i] ?? 0),
      [Uint32Array.from(order, cluster)],
    ),
  ).toEqual(clusteredSum(Float64Array.from(many), [Uint32Array.from(many, (_, i) => cluster(i))]));
  expect(clusteredSum(new Float64Array(), [])).toEqual({ sum: 0, error: 0 });
});
