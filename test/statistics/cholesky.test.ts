import { describe, expect, test } from 'vitest';
import type { SymmetricMatrix } from '../../shared/statistics/cholesky.ts';
import { cholesky, sandwich, solveCholesky } from '../../shared/statistics/cholesky.ts';
import { randomOf } from '../support/random.ts';

const matrix = (rows: readonly (readonly number[])[]): SymmetricMatrix => ({
  order: rows.length,
  values: Float64Array.from(rows.flat()),
});

/** Returns B·Bᵀ + I of a random B, which is positive definite. */
function positiveDefinite(order: number, seed: number): SymmetricMatrix {
  const random = randomOf(seed);
  const b = Float64Array.from({ length: order * order }, () => random() - 0.5);
  const at = (i: number, j: number): number => b[i * order + j] ?? 0;
  const indexes = [...Array(order).keys()];
  return matrix(
    indexes.map(i =>
      indexes.map(j => indexes.reduce((sum, k) => sum + at(i, k) * at(j, k), i === j ? 1 : 0)),
    ),
  );
}

function times({ order, values }: SymmetricMatrix, x: ArrayLike<number>): number[] {
  return Array.from({ length: order }, (_, i) =>
    Array.from({ length: order }, (_, j) => (values[i * order + j] ?? 0) * (x[j] ?? 0)).reduce(
      (a, b) => a + b,
      0,
    ),
  );
}

describe('Cholesky decomposition', () => {
  test('The factor of a matrix from the literature is its known triangle', () => {
    const a = matrix([
      [4, 12, -16],
      [12, 37, -43],
      [-16, -43, 98],
    ]);
    expect([...cholesky(a).values]).toEqual([2, 0, 0, 6, 1, 0, -8, 5, 3]);
  });

  test.each([1, 2, 7, 30])('A system of %i equations is solved', order => {
    const a = positiveDefinite(order, order);
    const b = Float64Array.from({ length: order }, (_, i) => i - 1.5);
    const x = solveCholesky(cholesky(a), b);
    for (const [i, value] of times(a, x).entries()) expect(value).toBeCloseTo(b[i] ?? 0, 10);
  });

  test('A matrix that is not positive definite is refused', () => {
    expect(() =>
      cholesky(
        matrix([
          [1, 2],
          [2, 1],
        ]),
      ),
    ).toThrow(RangeError);
  });

  test('The sandwich of a matrix with itself is its inverse', () => {
    const a = positiveDefinite(6, 3);
    const inverse = sandwich(cholesky(a), a);
    const unit = Float64Array.from({ length: 6 }, (_, i) => (i === 2 ? 1 : 0));
    for (const [i, value] of times(a, times(inverse, unit)).entries())
      expect(value).toBeCloseTo(unit[i] ?? 0, 10);
  });
});
