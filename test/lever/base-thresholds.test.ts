import { describe, expect, it } from 'vitest';
import { packEpisode } from '../../shared/episode/packed-episode.ts';
import { atBaseThresholds } from '../../shared/lever/base-thresholds.ts';
import { episode, S2 } from '../support/episodes.ts';
import { unpackEpisode } from '../support/unpack-episode.ts';

const THRESHOLDS = { ts_min: 0.48, halo_max: 1.5, slope_min: 0.003, ts_score: 0.5 };
const baseFactors = (applied: unknown, fields: object = {}) =>
  atBaseThresholds(
    episode('e', { factors: { ...THRESHOLDS, ...(applied !== undefined && { applied }) }, ...fields }),
  ).factors;

describe('base thresholds', () => {
  it('Base thresholds equal the sent ones when no override was applied', () => {
    expect(baseFactors(undefined)).toEqual(THRESHOLDS);
    expect(baseFactors({ generation: 3 })).toMatchObject(THRESHOLDS);
    expect(baseFactors({ generation: 3, overrides: [] })).toMatchObject(THRESHOLDS);
  });

  it.each([
    [
      'the overrides of a look-up’s answer',
      {
        generation: 3,
        overrides: [
          { action_category: 'tuning_ts_min', multiplier: 0.8, scope_subset: {}, matched: 1 },
          { action_category: 'tuning_slope_min', delta: 0.001 },
        ],
      },
    ],
    [
      'multipliers and deltas by action category',
      { multipliers: { tuning_ts_min: 0.8 }, deltas: { tuning_slope_min: 0.001 } },
    ],
    [
      'multipliers and deltas by threshold name',
      { multipliers: { ts_min: 0.8 }, deltas: { slope_min: 0.001 } },
    ],
  ])('Applied overrides are removed from the thresholds when they are listed as %s', (_, applied) => {
    const { ts_min, slope_min, halo_max, ts_score } = baseFactors(applied);
    expect(ts_min).toBeCloseTo(0.6, 12);
    expect(slope_min).toBeCloseTo(0.002, 12);
    expect([halo_max, ts_score]).toEqual([1.5, 0.5]);
  });

  it('The base thresholds of an S2 pattern ignore applied overrides of S1 levers', () => {
    const applied = { multipliers: { tuning_s2_ts_min: 0.8, tuning_ts_min: 0.1 } };
    expect(baseFactors(applied, { pattern_key: S2 }).ts_min).toBeCloseTo(0.6, 12);
  });

  it.each([
    [{ multipliers: { tuning_ts_min: 0 } }],
    [{ multipliers: { tuning_ts_min: 'x' } }],
    [{ multipliers: [1, 2] }],
    [{ overrides: [null, 7, { action_category: 'other', multiplier: 2 }] }],
    [{ multipliers: { toString: 2, __proto__: 3 } }],
  ])('Thresholds stay as they were sent when `applied` is unreadable: %j', applied => {
    expect(baseFactors(applied)).toMatchObject(THRESHOLDS);
  });

  it('[L4] A run reads base thresholds, while the stored event stays as it was sent', () => {
    const sent = episode('e', { factors: { ts_min: 0.48, applied: { multipliers: { ts_min: 0.8 } } } });
    expect(unpackEpisode(packEpisode(atBaseThresholds(sent))).numbers.get('ts_min')).toBeCloseTo(0.6, 12);
    expect(sent.factors.ts_min).toBe(0.48);
  });
});
