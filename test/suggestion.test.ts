import { describe, expect, test } from 'vitest';
import { didYouMean, nearestName } from '../shared/suggestion.ts';

describe('nearestName', () => {
  test.each([
    ['factor', ['pattern_key', 'factors', 'scope'], 'factors'],
    ['Factors', ['factors'], 'factors'],
    ['halo_distnace', ['halo_distance', 'halo_max'], 'halo_distance'],
    ['ts_mim', ['ts_min', 'dx_min'], 'ts_min'],
    ['solanna', ['base', 'solana'], 'solana'],
  ])('The name nearest to %s among %j is %s', (name, known, nearest) => {
    expect(nearestName(name, known)).toBe(nearest);
  });

  test.each([
    ['dx', ['ts_min', 'dy']],
    ['volume', ['ts_min', 'halo_max']],
    ['anything', []],
    ['factors', ['factors']],
  ])('No name among the known ones is near to %s', (name, known) => {
    expect(nearestName(name, known)).toBeUndefined();
  });
});

test('A message ends with the near name, and has no such end without one', () => {
  expect(didYouMean('factor', ['factors'])).toBe(' (did you mean "factors"?)');
  expect(didYouMean('volume', ['factors'])).toBe('');
});
