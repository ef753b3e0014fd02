import { describe, expect, test } from 'vitest';
import { checkRange, findLever } from '../../../shared/override/what-if/lever-range.ts';
import { S1, S2, S3 } from '../../support/episodes.ts';
import { faultOf } from '../../support/fault-of.ts';

describe('levers of a what-if', () => {
  test.each([
    [S1, 'ts_min', 'tuning_ts_min'],
    [S1, 'tuning_ts_min', 'tuning_ts_min'],
    [S2, 'ts_min', 'tuning_s2_ts_min'],
    [S1, 'halo_mult', 'tuning_halo'],
    [S3, 'dx_min', 'tuning_dx_min'],
    [S2, 'slope_min', 'tuning_s2_slope_min'],
  ])('In pattern %s the name %s stands for the lever %s', (pattern, name, category) => {
    expect(findLever(pattern, name).category).toBe(category);
  });

  test.each([
    [S1, 'dx_min', 'ts_min, halo_max, slope_min, sr_boost'],
    [S1, 'tuning_s2_halo', 'ts_min, halo_max, slope_min, sr_boost'],
    [S3, 'dx_atr_mult', 'ts_min, dx_min, slope_min, sr_boost, edx_supp'],
    [S3, 'toString', 'ts_min, dx_min, slope_min, sr_boost, edx_supp'],
  ])('The error for pattern %s lists its levers when %s is not one of them', (pattern, name, known) => {
    expect(faultOf(() => findLever(pattern, name))).toMatchObject({
      code: 'invalid_request',
      issues: [{ path: 'lever', message: `must be a lever of ${pattern} that can be replayed: ${known}` }],
    });
  });

  test.each([
    ['ts_min', 0.4, 1, 'from'],
    ['ts_min', 1, 2.1, 'to'],
    ['ts_min', 1, 1, 'to'],
    ['ts_min', Number.NaN, 1, 'from'],
    ['slope_min', -1, Number.POSITIVE_INFINITY, 'to'],
    ['slope_min', 1, -1, 'to'],
  ])('A what-if of %s from %d to %d is rejected with the path %s', (name, from, to, path) => {
    expect(faultOf(() => checkRange(findLever(S1, name), { from, to }))).toMatchObject({
      code: 'invalid_request',
      issues: [{ path }],
    });
  });
});
