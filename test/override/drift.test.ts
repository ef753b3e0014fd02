import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FactorCollector } from '../../shared/episode/columns/event-columns.ts';
import type { Lesson } from '../../shared/lesson/lesson.ts';
import { quadrantStats } from '../../shared/lesson/lesson-kind.ts';
import { computeOverrides } from '../../shared/override/compute-overrides.ts';
import { overrideSchema } from '../../shared/override/override.ts';
import { drift, ETA } from '../../shared/override/policies/drift.ts';
import { ETA_DX_LADDER, roundHalfEven3 } from '../../shared/override/policies/ladder.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { normalizeScope } from '../../shared/pattern/scope.ts';
import { scopeHash } from '../../shared/pattern/scope-hash.ts';
import { DX, S1, S2, S3 } from '../support/episodes.ts';

const scopeFields = (scope: object) => {
  const scope_subset = normalizeScope(scope);
  return { scope_subset, scope_hash: scopeHash(scope_subset) };
};

/** Makes a lesson with the given misses and false positives among `n` events; the other events are dodges. */
function lesson(misses: number, falsePositives: number, n = 500, scope: object = {}): Lesson {
  const stats = quadrantStats([0, falsePositives, 0, misses, n - misses - falsePositives, 0]);
  return { action_category: 'tuning', ...scopeFields(scope), n, stats };
}

function ladder(ladder_pressure: number, n_success = 100): Lesson {
  const stats = {
    avg_dx_count: 2,
    count_1: 1,
    count_2: 1,
    count_3: 1,
    n_success,
    n_failure: 0,
    n_total: 200,
    failure_rate: 0,
    ladder_pressure,
  };
  return { action_category: 'tuning_dx_ladder', ...scopeFields({}), n: 200, stats };
}

const multipliersOf = (pattern: PatternKey, mined: Lesson): Record<string, number | undefined> =>
  Object.fromEntries(drift(pattern, [mined]).map(o => [o.action_category, o.multiplier]));

it('The constants of drift are 0.005 and 0.02', () => {
  expect([ETA, ETA_DX_LADDER]).toEqual([0.005, 0.02]);
});

describe('multipliers of gates', () => {
  it.each([
    // exp(-0.005 · 20) and exp(+0.005 · 20)
    { pressure: 20, threshold: 0.9048374180359595, halo: 1.1051709180756477 },
    { pressure: -20, threshold: 1.1051709180756477, halo: 0.9048374180359595 },
    // the smallest pressure outside of the dead band: 1 - exp(-0.015) = 0.0149; pressure 2 gives 0.00995 and 0.01005
    { pressure: 3, threshold: 0.9851119396030626, halo: 1.0151130646157189 },
    // ln 2 / 0.005 = 138.63: pressure 138 stays below the limit of 2, and 139 is clamped.
    { pressure: 138, threshold: 0.5015760690660556, halo: 1.9937155332430823 },
    { pressure: 139, threshold: 0.5, halo: 2 },
    { pressure: -138, threshold: 1.9937155332430823, halo: 0.5015760690660556 },
    { pressure: -139, threshold: 2, halo: 0.5 },
    { pressure: 400, threshold: 0.5, halo: 2 },
    { pressure: -400, threshold: 2, halo: 0.5 },
  ])(
    'A pressure of $pressure multiplies thresholds by $threshold and the halo by $halo',
    ({ pressure, threshold, halo }) => {
      const multipliers = multipliersOf(S1, lesson(Math.max(0, pressure), Math.max(0, -pressure)));
      expect(multipliers.tuning_ts_min).toBeCloseTo(threshold, 12);
      expect(multipliers.tuning_halo).toBeCloseTo(halo, 12);
    },
  );

  it.each([
    [0, []],
    // 1 - exp(-0.005) = 0.00499, exp(0.005) - 1 = 0.00501: both inside the dead band
    [1, []],
    [-1, []],
    // exp(-0.01) = 0.99005 is closer to 1 than 0.01; exp(0.01) = 1.01005 is not
    [2, ['tuning_halo']],
    [-2, ['tuning_ts_min']],
    [3, ['tuning_ts_min', 'tuning_halo']],
  ])(
    'A multiplier closer to 1 than 0.01 is left out, so a pressure of %d gives %j',
    (pressure, categories) => {
      expect(Object.keys(multipliersOf(S1, lesson(Math.max(0, pressure), Math.max(0, -pressure))))).toEqual(
        categories,
      );
    },
  );

  it('Equal misses and false positives give no override, however many there are', () => {
    for (const pattern of [S1, S2, S3]) expect(drift(pattern, [lesson(200, 200)])).toEqual([]);
  });

  it.each<[string, PatternKey, Record<string, number>]>([
    ['S1', S1, { tuning_ts_min: 0.9048374180359595, tuning_halo: 1.1051709180756477 }],
    ['S2', S2, { tuning_s2_ts_min: 0.9048374180359595, tuning_s2_halo: 1.1051709180756477 }],
    ['S3', S3, { tuning_ts_min: 0.9048374180359595, tuning_dx_min: 0.9048374180359595 }],
    ['S4', parsePatternKey('pm.uptrend.S4.exit'), {}],
    [
      'S3 of another family',
      parsePatternKey('pm.range.S3.retest'),
      { tuning_ts_min: 0.9048374180359595, tuning_dx_min: 0.9048374180359595 },
    ],
  ])('A lesson in %s moves the levers of its state', (_, pattern, expected) => {
    const multipliers = multipliersOf(pattern, lesson(20, 0));
    expect(Object.keys(multipliers).sort()).toEqual(Object.keys(expected).sort());
    for (const [category, multiplier] of Object.entries(expected))
      expect(multipliers[category]).toBeCloseTo(multiplier, 12);
  });

  it('An override of a gate carries its slice, its pressure and confidence 1', () => {
    const [first] = drift(S1, [lesson(25, 5, 104, { chain: 'solana' })]);
    expect(first).toEqual({
      action_category: 'tuning_ts_min',
      multiplier: Math.exp(-0.1),
      ...scopeFields({ chain: 'solana' }),
      confidence: 1,
      n: 104,
      pressure: 20,
      reason: '25 misses against 5 false positives in 104 events: pressure +20, looser',
      reason_code: 'misses_exceed_false_positives',
    });
    expect(drift(S1, [lesson(5, 25)])[0]?.reason).toContain('pressure -20, tighter');
  });
});

describe('multipliers of the DX ladder', () => {
  it.each([
    // exp(0.02 · 10 · p)
    [0.5, Math.exp(0.1)],
    [-0.5, Math.exp(-0.1)],
    [1, Math.exp(0.2)],
    [-1, Math.exp(-0.2)],
    // the smallest pressure outside of the dead band of 0.02: exp(0.0202) - 1, where exp(0.0198) - 1 = 0.019997
    [0.1, Math.exp(0.02)],
    // exp(-0.02) = 0.9802 is closer to 1 than the dead band of 0.02.
    [-0.1, undefined],
    [0.099, undefined],
    [-0.102, Math.exp(-0.0204)],
    [0.06, undefined],
    [0.05, undefined],
    [0, undefined],
    // The pressure is rounded to 3 decimals before use, ties to even.
    [0.33333333, Math.exp(0.2 * 0.333)],
    [0.3125, Math.exp(0.2 * 0.312)],
    [0.1875, Math.exp(0.2 * 0.188)],
    [-0.3125, Math.exp(-0.2 * 0.312)],
  ])('A ladder pressure of %d gives the multiplier %s', (pressure, multiplier) => {
    const spacing = multipliersOf(DX, ladder(pressure)).tuning_dx_atr_mult;
    if (multiplier === undefined) expect(spacing).toBeUndefined();
    else expect(spacing).toBeCloseTo(multiplier, 14);
  });

  it.each([
    [9, undefined],
    [10, 0.1],
    [33, 0.33],
    [99, 0.99],
    [100, 1],
    [250, 1],
  ])('A ladder lesson with %d successes gives the confidence %s', (n_success, confidence) => {
    expect(drift(DX, [ladder(0.5, n_success)])[0]?.confidence).toBe(confidence);
  });

  it('An override of the ladder carries the rounded ladder pressure and no pressure', () => {
    const overrides = drift(DX, [ladder(0.33333333)]);
    expect(overrides).toHaveLength(1);
    expect(overrides[0]).toMatchObject({
      action_category: 'tuning_dx_atr_mult',
      ladder_pressure: 0.333,
      n: 200,
    });
    expect(overrides[0]).not.toHaveProperty('pressure');
  });
});

describe('rounding to 3 decimals, exact ties to even', () => {
  it.each([
    [0.0625, 0.062],
    [0.1875, 0.188],
    [0.3125, 0.312],
    [0.4375, 0.438],
    [0.5625, 0.562],
    [0.6875, 0.688],
    [0.8125, 0.812],
    [0.9375, 0.938],
    [-0.0625, -0.062],
    [-0.1875, -0.188],
    [-0.9375, -0.938],
    [0.0505, 0.051],
    // The binary value of 0.0495 lies a little above the tie.
    [0.0495, 0.05],
    [1 / 3, 0.333],
    [2 / 3, 0.667],
    [-2 / 3, -0.667],
    [1, 1],
    [-1, -1],
    [0, 0],
  ])('The value %d is rounded to 3 decimals as %d, with exact ties to even', (value, rounded) => {
    expect(roundHalfEven3(value)).toBe(rounded);
  });
});

const categoryAndHash = (o: { scope_hash: string; action_category: string }): string =>
  `${o.scope_hash}#${o.action_category}`;

const inputOf = (lessons: readonly Lesson[]) => ({
  pattern: S1,
  lessons,
  columns: new FactorCollector({ withDxCount: false }).columns(),
  asOf: 0,
  settings: { payoff: { win: 2, loss: 1 }, n_min: 33, lookback_days: 90, max_overrides: 20_000 },
});

describe('computeOverrides', () => {
  it('A lesson without an override has a reason', () => {
    const { explainNoOverride } = computeOverrides('drift', inputOf([]));
    expect(explainNoOverride(lesson(7, 7, 50)).text).toBe('pressure 0: 7 misses and 7 false positives');
    expect(explainNoOverride(lesson(8, 7, 50)).text).toBe(
      'pressure +1 would move ts_min by -0.499 % and halo_max by +0.501 %: under 1 % is left out',
    );
  });

  it('Overrides are sorted by scope hash, then category', () => {
    const lessons = ['solana', 'base', 'arbitrum'].map(chain => lesson(50, 0, 500, { chain }));
    const keys = computeOverrides('drift', inputOf(lessons)).overrides.map(categoryAndHash);
    expect(keys).toHaveLength(6);
    expect(keys).toEqual(keys.toSorted());
  });

  it('A pattern without lessons gets no override', () => {
    expect(computeOverrides('drift', inputOf([])).overrides).toEqual([]);
  });
});

describe('properties for any counts', () => {
  const counts = fc.nat(2000);
  const pattern = fc.constantFrom(S1, S2, S3);

  it('[R7] Multipliers lie between 0.5 and 2, outside of the dead band, and fit the schema', () => {
    fc.assert(
      fc.property(pattern, counts, counts, (key, misses, falsePositives) => {
        for (const override of drift(key, [lesson(misses, falsePositives, 4000)])) {
          expect(override.multiplier).toBeGreaterThanOrEqual(0.5);
          expect(override.multiplier).toBeLessThanOrEqual(2);
          expect(Math.abs((override.multiplier ?? 1) - 1)).toBeGreaterThanOrEqual(0.01);
          expect(overrideSchema.parse(override)).toEqual(override);
        }
      }),
    );
  });

  it('[R7] More pressure never raises a threshold and never narrows a halo', () => {
    const multiplierOf = (pressure: number, category: string): number =>
      multipliersOf(S1, lesson(Math.max(0, pressure), Math.max(0, -pressure), 4000))[category] ?? 1;
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 1000 }), fc.nat(500), (pressure, more) => {
        expect(multiplierOf(pressure + more, 'tuning_ts_min')).toBeLessThanOrEqual(
          multiplierOf(pressure, 'tuning_ts_min'),
        );
        expect(multiplierOf(pressure + more, 'tuning_halo')).toBeGreaterThanOrEqual(
          multiplierOf(pressure, 'tuning_halo'),
        );
      }),
    );
  });

  it('The multiplier of the ladder lies between 0.7 and 1.5 and rises with its pressure', () => {
    const multiplierOf = (pressure: number): number =>
      multipliersOf(DX, ladder(pressure)).tuning_dx_atr_mult ?? 1;
    fc.assert(
      fc.property(
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (a, b) => {
          const [low, high] = [Math.min(a, b), Math.max(a, b)];
          expect(multiplierOf(low)).toBeLessThanOrEqual(multiplierOf(high));
          expect(multiplierOf(low)).toBeGreaterThanOrEqual(0.7);
          expect(multiplierOf(high)).toBeLessThanOrEqual(1.5);
        },
      ),
    );
  });

  it('Rounding to 3 decimals changes a value by at most half a thousandth', () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 1, noNaN: true }), value => {
        expect(Math.abs(roundHalfEven3(value) - value)).toBeLessThanOrEqual(0.0005 + 1e-15);
        expect(roundHalfEven3(-value)).toBeCloseTo(-roundHalfEven3(value), 15);
      }),
    );
  });
});
