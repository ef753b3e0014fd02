import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Override } from '../../shared/override/override.ts';
import { capOverrides, maxOverridesSchema } from '../../shared/override/override-cap.ts';
import { dimensionCount } from '../../shared/pattern/scope.ts';
import { override } from '../support/overrides.ts';

const both = (scope: object, n = 100): Override[] =>
  (['tuning_halo', 'tuning_ts_min'] as const).map(lever => override(lever, scope, 0.9, { n }));
const scopes = (overrides: readonly Override[]) => overrides.map(({ scope_subset }) => scope_subset);

describe('the cap of overrides', () => {
  it('Overrides up to the cap are kept as they are', () => {
    const all = [...both({ a: 1, b: 1 }), ...both({})];
    expect(capOverrides(all, 4)).toEqual({ kept: all, leftOut: new Set() });
  });

  it('The slices of fewest dimensions are kept, and of equally many those with most events', () => {
    const all = [...both({ a: 1, b: 1 }, 900), ...both({ b: 1 }, 50), ...both({}), ...both({ a: 1 }, 60)];
    const { kept, cut } = capOverrides(all, 4);
    expect(scopes(kept)).toEqual([{}, {}, { a: '1' }, { a: '1' }]);
    expect(cut).toBe('4 of 8 overrides left out, the most specific ones: more than max_overrides, 4');
  });

  it('A slice whose levers do not all fit keeps none of them', () => {
    const { kept, leftOut } = capOverrides([...both({}), ...both({ a: 1 })], 3);
    expect(scopes(kept)).toEqual([{}, {}]);
    expect(leftOut.size).toBe(1);
  });

  it('Of slices with equal events the smaller scope hash is kept, in any order of the input', () => {
    const all = Array.from({ length: 12 }, (_, i) => both({ [`d${i}`]: 1 })).flat();
    const expected = capOverrides(all, 7).kept.map(({ scope_hash }) => scope_hash);
    const hashes = [...new Set(all.map(({ scope_hash }) => scope_hash))].sort();
    expect([...new Set(expected)].sort()).toEqual(hashes.slice(0, 3));
    const shuffled = fc.shuffledSubarray(all, { minLength: all.length });
    fc.assert(
      fc.property(shuffled, order => {
        const { kept } = capOverrides(order, 7);
        expect(kept.map(({ scope_hash }) => scope_hash).sort()).toEqual(expected.toSorted());
      }),
    );
  });

  it('No kept slice has more dimensions than one that is left out', () => {
    const all = Array.from({ length: 64 }, (_, i) =>
      both(Object.fromEntries([...Array(i % 7).keys()].map(d => [`d${d}`, i]))),
    ).flat();
    const { kept, leftOut } = capOverrides(all, 40);
    expect(kept).toHaveLength(40);
    const gone = all.filter(({ scope_hash }) => leftOut.has(scope_hash));
    const depth = (of: readonly Override[]) => of.map(({ scope_subset }) => dimensionCount(scope_subset));
    expect(Math.max(...depth(kept))).toBeLessThanOrEqual(Math.min(...depth(gone)));
  });

  it('[X11] Many slices of a higher tier displace at most half of what a lower tier could have', () => {
    const few = Array.from({ length: 100 }, (_, i) => both({ [`evil${i}`]: 1 }, 33)).flat();
    const deep = Array.from({ length: 30 }, (_, i) => both({ a: i, b: 1, c: 1, d: 1 }, 60)).flat();
    const tierOf = (scope: object) => (Object.keys(scope).some(name => name.startsWith('evil')) ? 6 : 0);
    const of = (max: number, tiers?: typeof tierOf) =>
      scopes(capOverrides([...few, ...deep], max, tiers).kept).filter(scope => 'a' in scope).length;
    expect([of(100), of(100, tierOf), of(200, tierOf)]).toEqual([0, 50, 60]);
  });

  it.each([0, -1, 1.5, 100_001, Number.NaN, '5'])('The cap %j is refused', value => {
    expect(maxOverridesSchema.safeParse(value).success).toBe(false);
  });
});
