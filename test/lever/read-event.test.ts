import { describe, expect, it } from 'vitest';
import { readEvent } from '../../shared/lever/read-event.ts';
import { eventBody, NOW, S1, S2, S3 } from '../support/episodes.ts';
import { faultOf } from '../support/fault-of.ts';
import { fromJson } from '../support/problems.ts';

const withApplied = (applied: unknown, pattern_key = S1): unknown =>
  eventBody('e', { pattern_key, factors: { ts_min: 0.6, applied } });

const entry = {
  action_category: 'tuning_ts_min',
  multiplier: 0.9,
  scope_subset: { chain: 'solana' },
  matched: 2,
};
const slope = { action_category: 'tuning_slope_min', delta: 0.01, scope_subset: {}, matched: 1 };

describe('what a bot logs as `applied`', () => {
  it.each<[string, unknown]>([
    [
      'the `applied` of an answer',
      { generation: 7, multipliers: { ts_min: 0.9 }, deltas: { slope_min: -0.01 } },
    ],
    ['the `applied` of an answer in mode off', {}],
    ['the list `overrides` of an answer', [entry, slope]],
    ['an empty list `overrides`', []],
    ['an object with the list', { overrides: [entry, slope] }],
    ['an object with the list and the generation', { generation: 7, overrides: [entry] }],
    ['another name of a threshold', { multipliers: { halo_mult: 1.2 } }],
    ['action categories', { multipliers: { tuning_halo: 1.2 }, deltas: { tuning_slope_min: 0 } }],
    ['two names of one threshold with the same value', { multipliers: { halo_max: 1.2, halo_mult: 1.2 } }],
    ['nothing', null],
  ])('An event is read with %s, and keeps it as it was sent', (_, applied) => {
    expect(readEvent(withApplied(applied), NOW).factors.applied).toEqual(applied);
  });

  it.each<[string, unknown, string, string]>([
    ['text', 'ts_min', '', 'must be an object or a list of at most 8 levels, not text'],
    ['a number', 0.9, '', 'must be an object or a list of at most 8 levels, not a number'],
    ['an unknown member', { multiplers: {} }, '.multiplers', 'is unknown; did you mean `multipliers`?'],
    [
      'a member that is far from any',
      { thresholds: {} },
      '.thresholds',
      'is unknown: it takes generation, overrides, multipliers, deltas, score, rung',
    ],
    [
      'a multiplier as text',
      { multipliers: { ts_min: '0.5' } },
      '.multipliers.ts_min',
      'must be a number above 0, not text',
    ],
    ['a multiplier of 0', { multipliers: { ts_min: 0 } }, '.multipliers.ts_min', 'must be a number above 0'],
    [
      'a negative multiplier',
      { multipliers: { ts_min: -1 } },
      '.multipliers.ts_min',
      'must be a number above 0',
    ],
    [
      'a list as multiplier',
      { multipliers: { ts_min: [0.5] } },
      '.multipliers.ts_min',
      'must be a number above 0',
    ],
    [
      'null as multiplier',
      { multipliers: { ts_min: null } },
      '.multipliers.ts_min',
      'must be a number above 0',
    ],
    [
      'true as multiplier',
      { multipliers: { ts_min: true } },
      '.multipliers.ts_min',
      'must be a number above 0',
    ],
    ['a delta as text', { deltas: { slope_min: '0' } }, '.deltas.slope_min', 'must be a number, not text'],
    [
      'a list of multipliers',
      { multipliers: [0.5] },
      '.multipliers',
      'must be an object of numbers by threshold',
    ],
    ['deltas that are null', { deltas: null }, '.deltas', 'must be an object of numbers by threshold'],
    [
      'a misspelt threshold',
      { multipliers: { ts_mn: 0.5 } },
      '.multipliers.ts_mn',
      'is no lever of pm.uptrend.S1.entry; did you mean `ts_min`?',
    ],
    [
      'an unknown threshold',
      { multipliers: { volume: 0.5 } },
      '.multipliers.volume',
      'is no lever of pm.uptrend.S1.entry: it has ts_min, halo_max, slope_min, sr_boost',
    ],
    [
      'two values for one lever',
      { multipliers: { halo_max: 1.2, tuning_halo: 1.3 } },
      '.multipliers.tuning_halo',
      'differs from 1.2, which is sent for the same lever: send one of them',
    ],
    [
      'both forms',
      { overrides: [entry], multipliers: {} },
      '',
      'must have either `overrides`, or `multipliers` and `deltas`',
    ],
    ['overrides that are no list', { overrides: { ts_min: 0.5 } }, '.overrides', 'must be a list'],
    ['a generation as text', { generation: '7' }, '.generation', 'must be a whole number, not text'],
    ['a score as text', { score: '1.2' }, '.score', 'must be a number, not text'],
    ['a rung beyond all numbers', { rung: Number.NaN }, '.rung', 'must be a number'],
    ['an entry that is a number', [7], '.0', 'must be an override as a look-up answers it'],
    [
      'an entry without an effect',
      [{ action_category: 'tuning_ts_min' }],
      '.0.multiplier',
      'must be a number above 0',
    ],
    [
      'an entry with an unknown member',
      [{ ...entry, weight: 1 }],
      '.0.weight',
      'is unknown: it takes action_category, multiplier, scope_subset, matched',
    ],
    [
      'an entry of a lever that adds, with a multiplier',
      [{ ...slope, multiplier: 2 }],
      '.0.multiplier',
      'is unknown: it takes action_category, delta, scope_subset, matched',
    ],
    [
      'an entry with a count as text',
      [{ ...entry, matched: '2' }],
      '.0.matched',
      'must be a whole number, not text',
    ],
    [
      'an entry with a slice that is a list',
      [{ ...entry, scope_subset: [] }],
      '.0.scope_subset',
      'must be an object of texts',
    ],
    [
      'an entry of a lever of another state',
      { overrides: [{ ...entry, action_category: 'tuning_dx_min' }] },
      '.overrides.0.action_category',
      'is no lever of pm.uptrend.S1.entry; did you mean `tuning_ts_min`?',
    ],
    [
      'an entry without an action category',
      [{ multiplier: 0.9 }],
      '.0.action_category',
      'is no lever of pm.uptrend.S1.entry: it has tuning_ts_min, tuning_halo, tuning_slope_min, tuning_sr_boost',
    ],
  ])('An event with %s in `applied` is refused by name', (_, applied, path, message) => {
    const fault = faultOf(() => readEvent(withApplied(applied), NOW));
    expect([fault.code, fault.issues[0]]).toEqual([
      'invalid_event',
      { path: `factors.applied${path}`, message },
    ]);
    expect(fault.message).toBe(`factors.applied${path}: ${message}`);
  });

  it.each(['1e400', '-1e400'])(
    'A multiplier of %s is refused, as a number above 0 must be finite',
    number => {
      for (const text of [
        `{"multipliers":{"ts_min":${number}}}`,
        `[{"action_category":"tuning_ts_min","multiplier":${number}}]`,
      ]) {
        const fault = faultOf(() => readEvent(withApplied(fromJson(text)), NOW));
        expect([fault.code, fault.issues[0]?.message]).toEqual(['invalid_event', 'must be a number above 0']);
      }
    },
  );

  it('The levers of the pattern decide which names are known', () => {
    const applied = { multipliers: { edx_supp: 0.9 } };
    expect(readEvent(withApplied(applied, S3), NOW).factors.applied).toEqual(applied);
    expect(faultOf(() => readEvent(withApplied(applied, S2), NOW)).code).toBe('invalid_event');
    const s1Lever = { multipliers: { tuning_ts_min: 0.9 } };
    expect(faultOf(() => readEvent(withApplied(s1Lever, S2), NOW)).message).toBe(
      'factors.applied.multipliers.tuning_ts_min: is no lever of pm.uptrend.S2.entry; did you mean `tuning_s2_ts_min`?',
    );
  });

  it('Names of built-in members of objects are unknown names', () => {
    for (const text of [
      '{"__proto__":{"multipliers":{}}}',
      '{"multipliers":{"constructor":0.5}}',
      '{"toString":1}',
    ])
      expect(faultOf(() => readEvent(withApplied(fromJson(text)), NOW)).code).toBe('invalid_event');
  });

  it('The fault names at most 20 places, however many are wrong', () => {
    const multipliers = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`name${i}`, 'x']));
    expect(faultOf(() => readEvent(withApplied({ multipliers }), NOW)).issues).toHaveLength(20);
  });
});

describe('known factors', () => {
  it.each([
    ['ts_score', '0.4', 'a number or {min, median, max} of numbers, not text'],
    ['ts_min', true, 'a number or {min, median, max} of numbers, not a boolean'],
    ['dx_count', [3], 'a number or {min, median, max} of numbers, not this list'],
    [
      'edx_max',
      { min: 1, median: '2', max: 3 },
      'a number or {min, median, max} of numbers, not this object',
    ],
    ['halo_max', fromJson('1e400'), 'a number or {min, median, max} of numbers, not a number beyond 1.8e308'],
    [
      'sr_min',
      fromJson('{"min":0,"median":1,"max":1e400}'),
      'a number or {min, median, max} of numbers, not this object',
    ],
    ['ts_ok', 'true', 'true or false, not text'],
    ['slope_ok', 1, 'true or false, not a number'],
    ['blocked_by', 'ts', 'a list of the names of gates, not text'],
    ['blocked_by', [1], 'a list of the names of gates, not this list'],
    [
      'own',
      fromJson('-1e400'),
      'a number, boolean, string, list of strings or {min, median, max}, not a number beyond 1.8e308',
    ],
  ])('An event is refused whose factor %s is %j', (name, value, wanted) => {
    const fault = faultOf(() => readEvent(eventBody('e', { factors: { [name]: value } }), NOW));
    expect(fault.code).toBe('invalid_event');
    expect(fault.issues).toEqual([{ path: `factors.${name}`, message: `must be ${wanted}` }]);
  });

  it('Under an unknown name a factor of any type is kept, and null means absent under every name', () => {
    const factors = {
      ts_score_text: '0.4',
      own_flag: true,
      own_list: ['a'],
      ts_score: null,
      ts_ok: null,
      blocked_by: null,
    };
    expect(readEvent(eventBody('e', { factors }), NOW).factors).toEqual(factors);
  });
});
