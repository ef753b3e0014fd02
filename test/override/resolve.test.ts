import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTION_CATEGORIES } from '../../shared/lever/lever.ts';
import type { Override } from '../../shared/override/override.ts';
import { blendWeight, OverrideIndex } from '../../shared/override/override-index.ts';
import { covers, dimensionCount } from '../../shared/pattern/scope.ts';
import { anyOverrides, anyScope, override, resolveAll } from '../support/overrides.ts';
import { referenceResolve } from '../support/reference-resolver.ts';

const ts = (scope: object, multiplier: number, fields: Partial<Override> = {}): Override =>
  override('tuning_ts_min', scope, multiplier, fields);

describe('blend', () => {
  it.each([
    [0, 1, 1],
    [1, 1, 2 ** 1.5],
    [2, 1, 3 ** 1.5],
    [3, 0.5, 4],
    [3, 1, 8],
  ])(
    'A blend gives an override of %d dimensions and confidence %d the weight %d',
    (dimensions, confidence, weight) => {
      expect(blendWeight(confidence, dimensions)).toBeCloseTo(weight, 14);
    },
  );

  it('A blend is the mean weighted by confidence · (dimensions + 1)^1.5', () => {
    const { resolved, explain } = resolveAll(
      [ts({}, 0.9), ts({ a: 1 }, 0.8), ts({ a: 1, b: 1, c: 1 }, 1.2, { confidence: 0.5 })],
      'blend',
    );
    // (0.9 · 1 + 0.8 · 2.8284… + 1.2 · 0.5 · 8) / (1 + 2.8284… + 4)
    const multiplier = (0.9 + 0.8 * 2 ** 1.5 + 4.8) / (5 + 2 ** 1.5);
    expect(resolved).toHaveLength(1);
    expect(resolved[0]?.multiplier).toBeCloseTo(multiplier, 14);
    expect(resolved[0]).toMatchObject({ matched: 3, scope_subset: { a: '1', b: '1', c: '1' } });
    expect(explain.map(e => [e.weight, e.chosen])).toEqual([
      [4, true],
      [2 ** 1.5, true],
      [1, true],
    ]);
  });

  it('A blend of one override is that override', () => {
    expect(
      resolveAll([ts({ a: 1 }, 0.7, { confidence: 0.33 })], 'blend').resolved[0]?.multiplier,
    ).toBeCloseTo(0.7, 15);
  });

  it('A blend of deltas is their mean with the same weights', () => {
    const deltas = [
      override('tuning_slope_min', {}, 0.3),
      override('tuning_slope_min', { a: 1, b: 1, c: 1 }, -0.1),
    ];
    expect(resolveAll(deltas, 'blend').resolved[0]?.delta).toBeCloseTo((0.3 - 0.1 * 8) / 9, 15);
  });
});

describe('most-specific', () => {
  const chosen = (all: readonly Override[]): Override | undefined =>
    all.find(o => o.multiplier === resolveAll(all, 'most-specific').resolved[0]?.multiplier);

  it.each<[string, Override, Override]>([
    [
      'has the most dimensions, whatever its confidence and n',
      ts({ a: 1, b: 1 }, 0.7, { confidence: 0.1, n: 1 }),
      ts({ a: 1 }, 0.8),
    ],
    [
      'has the higher confidence among equal dimensions, whatever its n',
      ts({ a: 1 }, 0.7, { confidence: 0.9, n: 1 }),
      ts({ b: 1 }, 0.8, { confidence: 0.8 }),
    ],
    [
      'has the higher n among equal confidences',
      ts({ a: 1 }, 0.7, { n: 101 }),
      ts({ b: 1 }, 0.8, { n: 100 }),
    ],
  ])('Most-specific chooses the override that %s', (_, winner, other) => {
    expect(chosen([winner, other])).toBe(winner);
    expect(chosen([other, winner])).toBe(winner);
  });

  it('Most-specific chooses the lowest scope hash among otherwise equal overrides', () => {
    const all = ['a', 'b', 'c', 'd'].map((name, i) => ts({ [name]: 1 }, 0.7 + i / 100));
    const [lowest] = all.toSorted((x, y) => (x.scope_hash < y.scope_hash ? -1 : 1));
    expect(chosen(all)).toBe(lowest);
    expect(chosen(all.toReversed())).toBe(lowest);
  });

  it('The explanation of most-specific includes the overrides that were not chosen', () => {
    const { explain } = resolveAll([ts({}, 0.9), ts({ a: 1 }, 0.8)], 'most-specific');
    expect(explain.map(e => [e.multiplier, e.weight, e.chosen])).toEqual([
      [0.8, 1, true],
      [0.9, 0, false],
    ]);
  });
});

describe('product', () => {
  it.each([
    [[0.9, 0.8], 0.72],
    [[1.5, 1.2], 1.8],
    [[0.5, 0.9], 0.5],
    [[0.6, 0.6, 0.6], 0.5],
    [[2, 2], 2],
    [[1.5, 1.5], 2],
    // The product is clamped at the end, not at each factor.
    [[2, 2, 0.5], 2],
    [[2, 2, 0.5, 0.5], 1],
  ])('The product of the multipliers %j is %d', (multipliers, product) => {
    const all = multipliers.map((multiplier, i) => ts({ [`d${i}`]: 1 }, multiplier));
    expect(resolveAll(all, 'product').resolved[0]?.multiplier).toBeCloseTo(product, 14);
  });

  it('The product of deltas is their sum, without a clamp', () => {
    const all = [0.3, 4, -0.5].map((delta, i) => override('tuning_s2_slope_min', { [`d${i}`]: 1 }, delta));
    const [slope] = resolveAll(all, 'product').resolved;
    expect(slope?.delta).toBeCloseTo(3.8, 14);
    expect(slope).not.toHaveProperty('multiplier');
  });
});

it('An empty list of overrides resolves to an empty result', () => {
  for (const resolution of ['blend', 'most-specific', 'product'] as const)
    expect(resolveAll([], resolution)).toEqual({ resolved: [], explain: [] });
});

const resolution = fc.constantFrom('blend' as const, 'most-specific' as const, 'product' as const);

describe('any overrides', () => {
  it('[R6] Every method gives the same bits and explanations as the resolution of release 0.1, also when repeated', () => {
    const scopes = fc.array(anyScope, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(anyOverrides, scopes, (all, asked) => {
        const index = new OverrideIndex(all, ACTION_CATEGORIES);
        for (const scope of [...asked, {}, ...asked])
          for (const method of ['blend', 'most-specific', 'product'] as const) {
            const matching = all.filter(o => covers(o.scope_subset, scope));
            const expected = referenceResolve(matching, method);
            expect(index.resolve(scope, method)).toStrictEqual(expected.resolved);
            expect(resolveAll(all, method, scope)).toStrictEqual(expected);
          }
      }),
    );
  });

  it('[R6] Removing an override never changes another category', () => {
    fc.assert(
      fc.property(anyOverrides, resolution, anyScope, fc.nat(), (all, method, scope, pick) => {
        fc.pre(all.length > 0);
        const removed = all[pick % all.length];
        const others = (from: readonly Override[]) =>
          resolveAll(from, method, scope).resolved.filter(
            r => r.action_category !== removed?.action_category,
          );
        expect(others(all.filter(o => o !== removed))).toEqual(others(all));
      }),
    );
  });

  it('The order of overrides does not change their resolution', () => {
    fc.assert(
      fc.property(anyOverrides, resolution, anyScope, (all, method, scope) => {
        expect(resolveAll(all.toReversed(), method, scope)).toEqual(resolveAll(all, method, scope));
      }),
    );
  });

  it('A blend lies between the lowest and the highest value', () => {
    fc.assert(
      fc.property(anyOverrides, anyScope, (all, scope) => {
        const matching = all.filter(o => covers(o.scope_subset, scope));
        for (const { action_category, multiplier, delta } of resolveAll(all, 'blend', scope).resolved) {
          const sameCategory = matching
            .filter(o => o.action_category === action_category)
            .map(o => o.multiplier ?? o.delta ?? 0);
          expect(multiplier ?? delta).toBeGreaterThanOrEqual(Math.min(...sameCategory) - 1e-12);
          expect(multiplier ?? delta).toBeLessThanOrEqual(Math.max(...sameCategory) + 1e-12);
        }
      }),
    );
  });

  it('[R6] Most-specific chooses a slice that contains the scope, and no slice of more dimensions contains it', () => {
    fc.assert(
      fc.property(anyOverrides, anyScope, (all, scope) => {
        const matching = all.filter(o => covers(o.scope_subset, scope));
        // A look-up takes its matches from the index, not from this filter.
        for (const chosen of resolveAll(all, 'most-specific', scope).resolved) {
          expect(covers(chosen.scope_subset, scope)).toBe(true);
          const sameCategory = matching.filter(o => o.action_category === chosen.action_category);
          expect(chosen.matched).toBe(sameCategory.length);
          const most = Math.max(...sameCategory.map(o => dimensionCount(o.scope_subset)));
          expect(dimensionCount(chosen.scope_subset)).toBe(most);
        }
      }),
    );
  });

  it('A product lies between 0.5 and 2', () => {
    fc.assert(
      fc.property(anyOverrides, anyScope, (all, scope) => {
        for (const { multiplier } of resolveAll(all, 'product', scope).resolved) {
          if (multiplier === undefined) continue;
          expect(multiplier).toBeGreaterThanOrEqual(0.5);
          expect(multiplier).toBeLessThanOrEqual(2);
        }
      }),
    );
  });

  it('The explanation of a resolution has each override that matched once', () => {
    fc.assert(
      fc.property(anyOverrides, resolution, anyScope, (all, method, scope) => {
        const { resolved, explain } = resolveAll(all, method, scope);
        const matching = all.filter(o => covers(o.scope_subset, scope));
        expect(explain).toHaveLength(matching.length);
        expect(resolved.reduce((sum, r) => sum + r.matched, 0)).toBe(matching.length);
      }),
    );
  });
});
