import { describe, expect, it } from 'vitest';
import { ACTION_CATEGORIES, LEVERS, leversOf } from '../../shared/lever/lever.ts';
import { applyThresholds, resolve } from '../../shared/override/resolve.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { S1, S2, S3 } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';

describe('the levers of the contract', () => {
  it('each have one row', () => {
    expect(LEVERS.map(lever => lever.category).toSorted()).toEqual([...ACTION_CATEGORIES].sort());
    expect([...ACTION_CATEGORIES].sort()).toEqual([
      'tuning_dx_atr_mult',
      'tuning_dx_min',
      'tuning_edx_supp',
      'tuning_halo',
      'tuning_s2_halo',
      'tuning_s2_slope_min',
      'tuning_s2_ts_min',
      'tuning_slope_min',
      'tuning_sr_boost',
      'tuning_ts_min',
    ]);
  });

  it('slopes are shifted, everything else is multiplied', () => {
    const additive = LEVERS.filter(lever => lever.effect === 'delta').map(lever => lever.category);
    expect(additive).toEqual(['tuning_slope_min', 'tuning_s2_slope_min']);
  });

  it.each([
    [S1, 'ts_min', 'tuning_ts_min'],
    [S1, 'halo_max', 'tuning_halo'],
    [S1, 'halo_mult', 'tuning_halo'],
    [S1, 'slope_min', 'tuning_slope_min'],
    [S2, 'ts_min', 'tuning_s2_ts_min'],
    [S2, 'halo_max', 'tuning_s2_halo'],
    [S2, 'halo_mult', 'tuning_s2_halo'],
    [S2, 'slope_min', 'tuning_s2_slope_min'],
    [S3, 'ts_min', 'tuning_ts_min'],
    [S3, 'dx_min', 'tuning_dx_min'],
    [S3, 'dx_atr_mult', 'tuning_dx_atr_mult'],
  ])('%s: %s is moved by %s', (pattern, threshold, category) => {
    const movers = leversOf(pattern).filter(lever => lever.thresholds.includes(threshold));
    expect(movers.map(lever => lever.category)).toEqual([category]);
  });

  it('a state without a row has none', () => {
    expect(leversOf(parsePatternKey('pm.uptrend.S4.exit'))).toEqual([]);
  });
});

describe('every category that a policy can write is applied by a look-up', () => {
  const rows = LEVERS.flatMap(lever =>
    lever.states.flatMap(state => lever.thresholds.map(threshold => ({ ...lever, state, threshold }))),
  );

  it.each(rows)('[V5] $category in $state moves $threshold', ({ category, state, threshold, effect }) => {
    const pattern = parsePatternKey(`pm.uptrend.${state}.entry`);
    const { resolved } = resolve([override(category, {}, 1.25)], 'blend');
    const { other, ...moved } = applyThresholds(pattern, { [threshold]: 0.8, other: 3 }, resolved);
    expect(moved).toEqual({ [threshold]: effect === 'delta' ? 0.8 + 1.25 : 0.8 * 1.25 });
    expect(other).toBe(3);
  });

  it('in a state, no two levers move one threshold', () => {
    const places = rows.map(row => `${row.state} ${row.threshold}`);
    expect(new Set(places).size).toBe(places.length);
  });

  it('a lever of another state moves nothing', () => {
    const { resolved } = resolve(
      [override('tuning_ts_min', {}, 0.5), override('tuning_dx_min', {}, 0.5)],
      'blend',
    );
    expect(applyThresholds(S2, { ts_min: 0.6, dx_min: 3 }, resolved)).toEqual({ ts_min: 0.6, dx_min: 3 });
  });
});

describe('thresholds', () => {
  const { resolved } = resolve(
    [override('tuning_ts_min', {}, 0.5), override('tuning_slope_min', {}, -0.25)],
    'blend',
  );

  it('that no lever moves come back as they were sent', () => {
    const sent = { ts_min: 0.6, slope_min: 1, own: 7, halo_max: 3, constructor: 1, toString: 2 };
    expect(applyThresholds(S1, sent, resolved)).toEqual({ ...sent, ts_min: 0.3, slope_min: 0.75 });
    expect(applyThresholds(S1, sent, [])).toEqual(sent);
  });

  it('may be 0 or negative', () => {
    expect(applyThresholds(S1, { ts_min: 0, slope_min: -1 }, resolved)).toEqual({
      ts_min: 0,
      slope_min: -1.25,
    });
    expect(applyThresholds(S1, { ts_min: -0.6 }, resolved)).toEqual({ ts_min: -0.3 });
  });
});
