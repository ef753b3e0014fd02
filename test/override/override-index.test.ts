import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTION_CATEGORIES } from '../../shared/lever/lever.ts';
import type { Override } from '../../shared/override/override.ts';
import { OverrideIndex } from '../../shared/override/override-index.ts';
import { covers, normalizeScope } from '../../shared/pattern/scope.ts';
import { anyOverrides, anyScope, override } from '../support/overrides.ts';

const keys = (all: readonly Override[]): string[] =>
  all.map(o => `${o.scope_hash}#${o.action_category}`).sort();

describe('the index', () => {
  it('[R6] The override index finds the same overrides as a linear scan', () => {
    fc.assert(
      fc.property(anyOverrides, fc.array(anyScope, { minLength: 1, maxLength: 8 }), (all, scopes) => {
        const index = new OverrideIndex(all, ACTION_CATEGORIES);
        expect(index.size).toBe(all.length);
        for (const scope of [{}, ...scopes, ...all.map(o => o.scope_subset)])
          expect(keys(index.matching(scope))).toEqual(keys(all.filter(o => covers(o.scope_subset, scope))));
      }),
    );
  });

  it('The override index finds the same overrides as a linear scan after a round trip through JSON', () => {
    fc.assert(
      fc.property(anyOverrides, anyScope, (all, scope) => {
        const index = new OverrideIndex(JSON.parse(JSON.stringify(all)) as Override[], ACTION_CATEGORIES);
        expect(keys(index.matching(scope))).toEqual(keys(all.filter(o => covers(o.scope_subset, scope))));
      }),
    );
  });

  it('An empty override index finds nothing', () => {
    expect(new OverrideIndex<Override>([], ACTION_CATEGORIES).matching(normalizeScope({ a: 1 }))).toEqual([]);
  });

  it.each(['constructor', 'toString', 'hasOwnProperty'])(
    'An override with the dimension %s matches only scopes that have it',
    name => {
      const index = new OverrideIndex([override('tuning_ts_min', { [name]: 'x' }, 0.9)], ACTION_CATEGORIES);
      expect(index.matching({})).toEqual([]);
      expect(index.matching(normalizeScope({ [name]: 'y' }))).toEqual([]);
      expect(index.matching(normalizeScope({ [name]: 'x', other: 1 }))).toHaveLength(1);
    },
  );

  it('A value that looks like two pairs matches as one value', () => {
    const index = new OverrideIndex(
      [override('tuning_ts_min', { a: 'b|c=d' }, 0.9), override('tuning_ts_min', { a: 'b', c: 'd' }, 0.8)],
      ACTION_CATEGORIES,
    );
    expect(index.matching(normalizeScope({ a: 'b', c: 'd' })).map(o => o.multiplier)).toEqual([0.8]);
    expect(index.matching(normalizeScope({ a: 'b|c=d' })).map(o => o.multiplier)).toEqual([0.9]);
  });

  it('A scope of 64 dimensions matches a slice of 64 dimensions', () => {
    const scope = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`d${i}`, i]));
    const index = new OverrideIndex(
      [override('tuning_ts_min', scope, 0.9), override('tuning_ts_min', { d63: 63 }, 0.8)],
      ACTION_CATEGORIES,
    );
    expect(index.matching(normalizeScope(scope))).toHaveLength(2);
    expect(index.matching(normalizeScope({ ...scope, d0: 'other' }))).toHaveLength(1);
  });
});
