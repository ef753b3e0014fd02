import { expect, test } from 'vitest';
import {
  breakEvenVariance,
  leastPayoffVariance,
  payoffVariance,
} from '../../shared/statistics/clustered-variance.ts';

const payoff = { win: 2, loss: 1 };

test('The clustered variance is the sum of the squared payoffs of the clusters', () => {
  // 3 winners and 1 loser, then 2 losers: (2·3 − 1)² + (0 − 2)²
  expect(payoffVariance({ ww: 9, wl: 3, ll: 5 }, payoff)).toBe(29);
});

test('Clusters of one event give the variance of independent events', () => {
  expect(payoffVariance({ ww: 30, wl: 0, ll: 10 }, payoff)).toBe(4 * 30 + 10);
});

test('The least variance of losers alone is that of as many events that break even', () => {
  expect(leastPayoffVariance(30, 10, payoff)).toBe(130);
  expect(leastPayoffVariance(0, 10, payoff)).toBe(20);
  expect(breakEvenVariance(10, payoff)).toBe(20);
});
