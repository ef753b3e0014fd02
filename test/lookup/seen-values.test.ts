import { describe, expect, it } from 'vitest';
import { seenValues } from '../../shared/cycle/seen-values.ts';
import { leversOf } from '../../shared/lever/lever.ts';
import { PatternDirectory } from '../../shared/lookup/pattern-directory.ts';
import { SeenValuesCache } from '../../shared/lookup/seen-values-cache.ts';
import { unknownThresholds, unknownValues } from '../../shared/lookup/unknown-names.ts';
import { normalizeScope } from '../../shared/pattern/scope.ts';
import { NOW, S1, S2, S3 } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';

const column = (name: string, values: readonly string[]) => ({ name, values, codes: new Uint8Array(0) });

describe('the values that a run keeps for look-ups', () => {
  const dimensions = [
    column('bucket', ['micro', 'nano']),
    column('chain', ['base', 'solana']),
    column(
      'pair',
      Array.from({ length: 30_000 }, (_, i) => `P${i}`),
    ),
  ];

  it('A run keeps the values of the dimensions that its overrides use, and of no other', () => {
    const overrides = [
      override('tuning_ts_min', {}, 0.9),
      override('tuning_ts_min', { chain: 'solana' }, 0.9),
    ];
    expect(seenValues(overrides, { dimensions })).toEqual(new Map([['chain', new Set(['base', 'solana'])]]));
    expect(seenValues([], { dimensions })).toEqual(new Map());
  });

  it('A dimension whose values do not fit is left out whole, and those with fewer values stay', () => {
    const overrides = [override('tuning_ts_min', { pair: 'P1', chain: 'base', bucket: 'nano' }, 0.9)];
    expect([...seenValues(overrides, { dimensions }).keys()]).toEqual(['bucket', 'chain']);
    const long = column(
      'note',
      Array.from({ length: 200 }, (_, i) => `${'入'.repeat(120)}${i}`),
    );
    expect([...seenValues([override('tuning_ts_min', { note: 'x' }, 0.9)], { dimensions: [long] })]).toEqual(
      [],
    );
  });
});

describe('the copies of a look-up', () => {
  it('The values are read once for a generation and half a minute, also by look-ups at the same time', async () => {
    const clock = { now: NOW };
    const reads: string[] = [];
    const cache = new SeenValuesCache(
      async pattern => {
        reads.push(pattern);
        return new Map();
      },
      () => clock.now,
    );
    await Promise.all([cache.of(S1, 1), cache.of(S1, 1), cache.of(S2, 1)]);
    clock.now += 29_999;
    await cache.of(S1, 1);
    expect(reads).toEqual([S1, S2]);
    await cache.of(S1, 2);
    clock.now += 30_000;
    await cache.of(S1, 2);
    expect(reads).toEqual([S1, S2, S1, S1]);
  });

  it('A failed read is not kept', async () => {
    let fails = true;
    const seen = new Map([['chain', new Set(['solana'])]]);
    const cache = new SeenValuesCache(
      async () => {
        if (fails) throw new Error('no answer');
        return seen;
      },
      () => NOW,
    );
    await expect(cache.of(S1, 1)).rejects.toThrow('no answer');
    fails = false;
    expect(await cache.of(S1, 1)).toBe(seen);
  });

  it('The list of patterns is read for an unknown pattern only, at most once a minute', async () => {
    const clock = { now: NOW };
    let reads = 0;
    const directory = new PatternDirectory(
      {
        isRegistered: async pattern => pattern === S1,
        patterns: async () => {
          reads++;
          return [S1];
        },
      },
      () => clock.now,
    );
    expect(await directory.unknownPattern(S1)).toEqual({});
    expect(reads).toBe(0);
    expect(await directory.unknownPattern(S2)).toEqual({ pattern_known: false, pattern_suggestion: S1 });
    clock.now += 59_999;
    expect(await directory.unknownPattern(S3)).toEqual({ pattern_known: false });
    expect(reads).toBe(1);
    clock.now += 1;
    await directory.unknownPattern(S3);
    expect(reads).toBe(2);
  });
});

describe('unknown names', () => {
  it('Names of built-in members of objects are names like any other', () => {
    const seen = new Map([['constructor', new Set(['x'])]]);
    expect(unknownValues(normalizeScope({ constructor: 'x', toString: 'y' }), seen)).toEqual([]);
    expect(unknownValues(normalizeScope({ constructor: 'toString' }), seen)).toEqual([
      { name: 'constructor', value: 'toString' },
    ]);
    expect(unknownThresholds(leversOf(S1), ['constructor', 'ts_min'])).toEqual([{ name: 'constructor' }]);
  });
});
