import { describe, expect, it } from 'vitest';
import { ACTION_CATEGORIES, LEVERS, leversOf, replayLeversOf } from '../../shared/lever/lever.ts';
import { applyThresholds } from '../../shared/override/apply-thresholds.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { S1, S2, S3 } from '../support/episodes.ts';
import { override, resolveAll } from '../support/overrides.ts';

describe('levers', () => {
  it('Each action category has exactly one lever', () => {
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

  it('Action categories keep the order in which answers and the OpenAPI document list them', () => {
    expect(ACTION_CATEGORIES).toEqual([
      'tuning_ts_min',
      'tuning_halo',
      'tuning_s2_ts_min',
      'tuning_s2_halo',
      'tuning_dx_min',
      'tuning_dx_atr_mult',
      'tuning_slope_min',
      'tuning_s2_slope_min',
      'tuning_sr_boost',
      'tuning_edx_supp',
    ]);
  });

  it.each([
    [S1, ['ts_min', 'halo_max', 'slope_min', 'sr_min']],
    [S2, ['ts_min', 'halo_max', 'slope_min', 'sr_min']],
    [S3, ['ts_min', 'dx_min', 'slope_min', 'sr_min', 'edx_max']],
  ])('Replay moves the gates of %s in the order %j, by which it breaks ties', (pattern, thresholds) => {
    expect(replayLeversOf(pattern).map(lever => lever.threshold)).toEqual(thresholds);
  });

  it('Overrides add a delta to slopes and multiply every other threshold', () => {
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
  ])('In pattern %s the threshold %s is moved by %s alone', (pattern, threshold, category) => {
    const movers = leversOf(pattern).filter(lever => lever.thresholds.includes(threshold));
    expect(movers.map(lever => lever.category)).toEqual([category]);
  });

  it('A pattern in state S4 has no levers', () => {
    expect(leversOf(parsePatternKey('pm.uptrend.S4.exit'))).toEqual([]);
  });
});

describe('thresholds of a look-up', () => {
  const rows = LEVERS.flatMap(lever =>
    lever.states.flatMap(state => lever.thresholds.map(threshold => ({ ...lever, state, threshold }))),
  );

  it.each(rows)(
    '[V5] An override of $category in $state moves the threshold $threshold of a look-up',
    ({ category, state, threshold, effect }) => {
      const pattern = parsePatternKey(`pm.uptrend.${state}.entry`);
      const { resolved } = resolveAll([override(category, {}, 1.25)], 'blend');
      const requested = { [threshold]: 0.8, other: 3 };
      const { other, ...moved } = applyThresholds(leversOf(pattern), requested, resolved).thresholds;
      expect(moved).toEqual({ [threshold]: effect === 'delta' ? 0.8 + 1.25 : 0.8 * 1.25 });
      expect(other).toBe(3);
    },
  );

  it('No two levers of one state move the same threshold', () => {
    const places = rows.map(row => `${row.state} ${row.threshold}`);
    expect(new Set(places).size).toBe(places.length);
  });

  it('An override of a lever of another state moves no threshold', () => {
    const { resolved } = resolveAll(
      [override('tuning_ts_min', {}, 0.5), override('tuning_dx_min', {}, 0.5)],
      'blend',
    );
    expect(applyThresholds(leversOf(S2), { ts_min: 0.6, dx_min: 3 }, resolved)).toEqual({
      thresholds: { ts_min: 0.6, dx_min: 3 },
      moved: { multipliers: {}, deltas: {} },
    });
  });
});

describe('values of thresholds', () => {
  const { resolved } = resolveAll(
    [override('tuning_ts_min', {}, 0.5), override('tuning_slope_min', {}, -0.25)],
    'blend',
  );

  it('A threshold that no lever moves comes back as it was sent', () => {
    const sent = { ts_min: 0.6, slope_min: 1, own: 7, halo_max: 3, constructor: 1, toString: 2 };
    expect(applyThresholds(leversOf(S1), sent, resolved).thresholds).toEqual({
      ...sent,
      ts_min: 0.3,
      slope_min: 0.75,
    });
    expect(applyThresholds(leversOf(S1), sent, []).thresholds).toEqual(sent);
  });

  it.each([
    [
      { ts_min: -0.6, slope_min: -1 },
      { ts_min: -0.6, slope_min: -1.25 },
    ],
    [
      { ts_min: 0, slope_min: 0 },
      { ts_min: 0, slope_min: -0.25 },
    ],
    [
      { ts_min: 0.6, slope_min: 0.25 },
      { ts_min: 0.3, slope_min: 0 },
    ],
    [{ ts_min: 5e-324 }, { ts_min: 0 }],
  ])('A multiplier moves thresholds above 0 only, and a delta shifts any: %j becomes %j', (sent, tuned) => {
    expect(applyThresholds(leversOf(S1), sent, resolved).thresholds).toEqual(tuned);
  });

  it.each<[string, Record<string, number>, object]>([
    ['no threshold is sent', {}, { multipliers: { ts_min: 0.5 }, deltas: { slope_min: -0.25 } }],
    [
      'both move',
      { ts_min: 0.6, slope_min: -1 },
      { multipliers: { ts_min: 0.5 }, deltas: { slope_min: -0.25 } },
    ],
    [
      'the threshold of a multiplier is negative',
      { ts_min: -0.6 },
      { multipliers: {}, deltas: { slope_min: -0.25 } },
    ],
    ['the threshold of a multiplier is 0', { ts_min: 0 }, { multipliers: {}, deltas: { slope_min: -0.25 } }],
  ])('What moved lists each effect in force that moves a threshold, when %s', (_, sent, moved) => {
    expect(applyThresholds(leversOf(S1), sent, resolved).moved).toEqual(moved);
  });

  it('What moved is named by the first name of the threshold, whichever name was sent', () => {
    const { resolved: halo } = resolveAll([override('tuning_halo', {}, 1.5)], 'blend');
    expect(applyThresholds(leversOf(S1), { halo_mult: 2 }, halo)).toEqual({
      thresholds: { halo_mult: 3 },
      moved: { multipliers: { halo_max: 1.5 }, deltas: {} },
    });
    expect(applyThresholds(leversOf(S1), { halo_mult: 2, halo_max: -1 }, halo).moved.multipliers).toEqual({
      halo_max: 1.5,
    });
  });

  it('An effect that leaves every threshold where it is did not move', () => {
    const { resolved: neutral } = resolveAll(
      [override('tuning_ts_min', {}, 1), override('tuning_slope_min', {}, 0)],
      'blend',
    );
    expect(applyThresholds(leversOf(S1), {}, neutral).moved).toEqual({ multipliers: {}, deltas: {} });
  });
});
