import { describe, expect, it } from 'vitest';
import { packEpisode } from '../../shared/episode/packed-episode.ts';
import { atBaseThresholds } from '../../shared/lever/base-thresholds.ts';
import { LEVERS } from '../../shared/lever/lever.ts';
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
    for (const nothing of [null, {}, [], { multipliers: {}, deltas: {} }])
      expect(baseFactors(nothing)).toMatchObject(THRESHOLDS);
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
      'the list of overrides of a look-up’s answer alone',
      [
        { action_category: 'tuning_ts_min', multiplier: 0.8, scope_subset: {}, matched: 1 },
        { action_category: 'tuning_slope_min', delta: 0.001, scope_subset: { chain: 'solana' }, matched: 2 },
      ],
    ],
    [
      'the `applied` of a look-up’s answer',
      { generation: 3, multipliers: { ts_min: 0.8 }, deltas: { slope_min: 0.001 } },
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

  it('The threshold ts_min of an S2 pattern is brought back by the S2 lever', () => {
    const applied = { multipliers: { tuning_s2_ts_min: 0.8 } };
    expect(baseFactors(applied, { pattern_key: S2 }).ts_min).toBeCloseTo(0.6, 12);
  });

  it.each(
    LEVERS.filter(lever => lever.replay).flatMap(lever => lever.states.map(state => ({ ...lever, state }))),
  )(
    'The number that replay reads for $category in $state is brought back to its base',
    ({ state, effect, thresholds, replay }) => {
      const read = replay?.moves === 'factor' ? replay.factor : (replay?.threshold ?? '');
      const kind = effect === 'multiplier' ? 'multipliers' : 'deltas';
      for (const name of thresholds) {
        const { factors } = atBaseThresholds(
          episode('e', {
            pattern_key: `pm.uptrend.${state}.entry`,
            factors: { [read]: { min: 1, median: 2, max: 3 }, applied: { [kind]: { [name]: 0.5 } } },
          }),
        );
        const base =
          effect === 'multiplier' ? { min: 2, median: 4, max: 6 } : { min: 0.5, median: 1.5, max: 2.5 };
        expect([read, factors[read]]).toEqual([read, base]);
      }
    },
  );

  it('A threshold at or below 0 is its own base under a multiplier, because a multiplier does not move it', () => {
    const factors = { ts_min: -0.3, halo_max: 0, slope_min: -0.002 };
    const applied = { multipliers: { ts_min: 0.5, halo_max: 2 }, deltas: { slope_min: 0.001 } };
    expect(baseFactors(applied, { factors: { ...factors, applied } })).toMatchObject({
      ts_min: -0.3,
      halo_max: 0,
      slope_min: -0.003,
    });
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
