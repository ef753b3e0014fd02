import { describe, expect, test } from 'vitest';
import type { LogisticData } from '../../shared/statistics/ridge-logistic.ts';
import { fitRidgeLogistic, linear, linearError, logistic } from '../../shared/statistics/ridge-logistic.ts';
import { randomOf } from '../support/random.ts';

/** Rows with a constant and one number; `perDay` rows share a cluster. */
function data(
  points: readonly (readonly [x: number, y: number])[],
  penalty: number,
  perDay = 1,
): LogisticData {
  const n = points.length;
  return {
    rows: {
      width: 2,
      start: Uint32Array.from({ length: n + 1 }, (_, i) => 2 * i),
      column: Uint16Array.from({ length: 2 * n }, (_, i) => i % 2),
      value: Float64Array.from(points.flatMap(([x]) => [1, x])),
    },
    outcome: Uint8Array.from(points, ([, y]) => y),
    cluster: Float64Array.from(points, (_, i) => Math.floor(i / perDay)),
    block: Uint8Array.from(points, (_, i) => Math.floor((5 * i) / n)),
    blocks: 5,
    penalty: Float64Array.of(1e-6, penalty),
  };
}

/** Draws points whose log-odds are −0.5 + 1.5·x. */
function draws(n: number, seed: number): [number, number][] {
  const random = randomOf(seed);
  return Array.from({ length: n }, () => {
    const x = 4 * random() - 2;
    return [x, random() < logistic(-0.5 + 1.5 * x) ? 1 : 0];
  });
}

describe('ridge logistic regression', () => {
  test('A constant alone gives the share of successes', () => {
    const points = Array.from({ length: 100 }, (_, i) => [0, i % 4 === 0 ? 1 : 0] as const);
    const { weights } = fitRidgeLogistic(data(points, 1));
    expect(logistic(weights[0] ?? 0)).toBeCloseTo(0.25, 6);
  });

  test('The gradient at the solution equals the penalty', () => {
    const problem = data(draws(500, 1), 3);
    const { weights } = fitRidgeLogistic(problem);
    const gradient = [0, 0];
    problem.outcome.forEach((y, row) => {
      const residual = y - logistic(linear(problem.rows, row, weights));
      gradient[0] = (gradient[0] ?? 0) + residual;
      gradient[1] = (gradient[1] ?? 0) + residual * (problem.rows.value[2 * row + 1] ?? 0);
    });
    expect(gradient[1]).toBeCloseTo(3 * (weights[1] ?? 0), 8);
    expect(gradient[0]).toBeCloseTo(0, 4);
  });

  test('Planted weights lie within three of their standard errors', () => {
    const { weights, covariance } = fitRidgeLogistic(data(draws(5000, 2), 0));
    const error = (i: number): number => Math.sqrt(covariance.values[3 * i] ?? 0);
    expect(Math.abs((weights[0] ?? 0) + 0.5)).toBeLessThan(3 * error(0));
    expect(Math.abs((weights[1] ?? 0) - 1.5)).toBeLessThan(3 * error(1));
    expect(error(1)).toBeLessThan(0.1);
  });

  test('Repeated events of one day add nothing to the precision', () => {
    const once = draws(300, 4);
    const twice = once.flatMap(point => [point, point]);
    const single = fitRidgeLogistic(data(once, 0));
    const repeated = fitRidgeLogistic(data(twice, 0, 2));
    const row = 10;
    expect(linearError(data(once, 0).rows, row, repeated.covariance)).toBeCloseTo(
      linearError(data(once, 0).rows, row, single.covariance),
      6,
    );
  });

  test('Weights without a block come close to a fit of the other blocks', () => {
    const points = draws(2000, 5);
    const { withoutBlock } = fitRidgeLogistic(data(points, 1));
    const others = fitRidgeLogistic(data(points.slice(400), 1));
    expect(withoutBlock[0]?.[1]).toBeCloseTo(others.weights[1] ?? 0, 2);
    expect(withoutBlock).toHaveLength(5);
  });

  test('Outcomes that a number separates give finite weights under the penalty', () => {
    const points = Array.from({ length: 60 }, (_, i) => [i < 30 ? -1 : 1, i < 30 ? 0 : 1] as const);
    const { weights } = fitRidgeLogistic(data(points, 30));
    expect(weights.every(Number.isFinite)).toBe(true);
  });
});
