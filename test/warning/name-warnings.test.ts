import { describe, expect, it } from 'vitest';
import type { DimensionCoverage } from '../../shared/warning/dimension-coverage.ts';
import { misspeltFactors } from '../../shared/warning/factor-names.ts';
import { nameWarnings } from '../../shared/warning/name-warnings.ts';
import { DAY, HOUR, NOW, S1 } from '../support/episodes.ts';

const coverage = (
  fields: Partial<Record<keyof DimensionCoverage, Record<string, number>>>,
): DimensionCoverage => ({
  used: new Map(Object.entries(fields.used ?? {})),
  queried: new Map(Object.entries(fields.queried ?? {})),
  misspelt: new Map(Object.entries(fields.misspelt ?? {})),
  callers: new Map(Object.entries(fields.callers ?? {})),
});

describe('factors that are near misses of known names', () => {
  it.each([
    ['ts_scroe', 'ts_score'],
    ['Ts_Min', 'ts_min'],
    ['ema60slope', 'ema60_slope'],
    ['blockedby', 'blocked_by'],
    ['aplied', 'applied'],
  ])('%s is a near miss', name => {
    expect(misspeltFactors({ [name]: 1 })).toEqual([name]);
  });

  it('A known name, a threshold of a lever, a short name and a name of its own are no near miss', () => {
    const factors = {
      ts_score: 1,
      halo_mult: 1,
      dx_atr_mult: 1,
      edx_supp: 1,
      adx: 1,
      rsi: 1,
      volume_24h: 1,
      applied: {},
    };
    expect(misspeltFactors(factors)).toEqual([]);
  });

  it('A name beside the known one that it resembles is a name of its own', () => {
    expect(misspeltFactors({ ts_max: 1, ts_min: 0.6 })).toEqual([]);
    expect(misspeltFactors({ ts_max: 1 })).toEqual(['ts_max']);
  });

  it('A misspelt factor is reported for a day after its last event, with the known name and the next step', () => {
    const [warning] = nameWarnings(S1, coverage({ misspelt: { ts_scroe: NOW - DAY + HOUR } }), NOW);
    expect(warning).toEqual({
      code: 'factor_near_known',
      pattern_key: S1,
      message:
        `events of ${S1} have a factor "ts_scroe", which no policy reads (did you mean "ts_score"?): ` +
        'correct the name in the bot; events that are stored keep it',
    });
    expect(nameWarnings(S1, coverage({ misspelt: { ts_scroe: NOW - DAY } }), NOW)).toEqual([]);
  });
});

describe('dimensions that no look-up sends', () => {
  it('One dimension and several are named in whole sentences with a next step', () => {
    const messageOf = (...names: string[]) =>
      nameWarnings(S1, coverage({ used: Object.fromEntries(names.map(name => [name, NOW - DAY])) }), NOW)[0]
        ?.message;
    expect(messageOf('bucket')).toBe(
      `lessons of ${S1} use a dimension that no look-up has sent for 24 hours (bucket), so their overrides never ` +
        'apply: send it in the scope of each look-up, or leave it out of the events',
    );
    expect(messageOf('bucket', 'chain')).toContain(
      'use dimensions that no look-up has sent for 24 hours (bucket, chain)',
    );
    expect(messageOf(...'abcdefghij')).toContain('(a, b, c, d, e, f, g, h and 2 more)');
  });

  it('A dimension that a look-up sent within a day, or that lessons use for less than a day, is no warning', () => {
    expect(
      nameWarnings(S1, coverage({ used: { a: NOW - 2 * DAY }, queried: { a: NOW - HOUR } }), NOW),
    ).toEqual([]);
    expect(nameWarnings(S1, coverage({ used: { a: NOW - HOUR } }), NOW)).toEqual([]);
  });
});
