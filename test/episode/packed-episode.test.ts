import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Episode } from '../../shared/episode/episode.ts';
import { GATE_FLAGS, GATE_NAMES, NUMERIC_FACTORS, packEpisode } from '../../shared/episode/packed-episode.ts';
import { readActed, readNumber, scopeRange } from '../../shared/episode/read-packed-episode.ts';
import { normalizeScope } from '../../shared/pattern/scope.ts';
import { episode } from '../support/episodes.ts';
import { unpackEpisode, unpackScope } from '../support/unpack-episode.ts';

const repack = (fields: object) => unpackEpisode(packEpisode(episode('e', fields)));

describe('packing', () => {
  it('A packed event keeps the scope, decision, factors, gates and trade that policies read', () => {
    const factors = {
      ts_score: { min: 0.5, median: 0.52, max: 0.6 },
      ts_min: 0.6,
      dx_count: 3,
      edx: -0.25,
      ts_ok: false,
      slope_ok: true,
      blocked_by: ['ts', 'halo', 'my_own_gate'],
      own: 'kept in the body, not here',
    };
    const unpacked = repack({
      decision: 'acted',
      scope: { chain: 'solana', rank: 1 },
      factors,
      trade_id: 't-1',
    });
    expect(unpacked).toEqual({
      scope: { chain: 'solana', rank: '1' },
      decision: 'acted',
      numbers: new Map([
        ['ts_score', 0.52],
        ['ts_min', 0.6],
        ['dx_count', 3],
        ['edx', -0.25],
      ]),
      flags: new Map([
        ['ts_ok', false],
        ['slope_ok', true],
      ]),
      blockedBy: new Set(['ts', 'halo', 'other']),
      tradeId: 't-1',
    });
  });

  it('An event without scope, factors and trade is packed and unpacked', () => {
    expect(repack({ scope: {}, factors: {} })).toEqual({
      scope: {},
      decision: 'skipped',
      numbers: new Map(),
      flags: new Map(),
      blockedBy: undefined,
      tradeId: undefined,
    });
  });

  it('A packed event distinguishes an empty list of blocking gates from a missing one', () => {
    expect(repack({ factors: { blocked_by: [] } }).blockedBy).toEqual(new Set());
  });

  it('A known factor that is null is left out of the packed event', () => {
    const unpacked = repack({ factors: { dx: null, ts_min: null, ts_ok: null, blocked_by: null } });
    expect([unpacked.numbers.size, unpacked.flags.size, unpacked.blockedBy]).toEqual([0, 0, undefined]);
  });

  it('A scope of 64 dimensions with the longest names and values is packed whole', () => {
    const scope = Object.fromEntries(
      Array.from({ length: 64 }, (_, i) => [`${'n'.repeat(62)}${10 + i}`, `${'🚀'.repeat(126)}${10 + i}`]),
    );
    // Above the limit of a whole event, so not through `readEpisode`.
    const long: Episode = { ...episode('e'), scope: normalizeScope(scope), tradeId: '入'.repeat(256) };
    const unpacked = unpackEpisode(packEpisode(long));
    expect(unpacked.scope).toEqual(scope);
    expect(unpacked.tradeId).toBe(long.tradeId);
  });
});

const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,6}$/);
const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }).filter(text => text.trim() !== '');
const scope = fc.dictionary(name, value, { maxKeys: 64 });
const number = fc.double({ noNaN: true, noDefaultInfinity: true });
const factors = fc.record(
  {
    ...Object.fromEntries(NUMERIC_FACTORS.map(n => [n, number])),
    ...Object.fromEntries(GATE_FLAGS.map(n => [n, fc.boolean()])),
    blocked_by: fc.subarray([...GATE_NAMES]),
  },
  { requiredKeys: [] },
);
const event = fc
  .record({
    scope,
    factors,
    decision: fc.constantFrom('acted', 'skipped'),
    trade_id: fc.option(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 })),
  })
  .map(fields => episode('e', fields));

it('An event is packed into the bytes that version 0.1.0 wrote', () => {
  const packed = packEpisode(
    episode('e', {
      decision: 'acted',
      scope: { chain: 'solana', rank: 1 },
      factors: {
        ts_score: 0.5,
        edx_max: { min: 1, median: 2, max: 3 },
        ts_ok: false,
        blocked_by: ['halo', 'own'],
      },
      trade_id: 'ü',
    }),
  );
  expect(Buffer.from(packed).toString('hex')).toBe(
    '01' + // format
      '1600' + // 22 bytes of scope
      '05636861696e0600736f6c616e61' + // chain, solana
      '0472616e6b010031' + // rank, 1
      '01' + // acted
      '0100' + // ts_ok known, not set
      'c2' + // blocked by halo and another one
      '0110' + // ts_score (bit 0) and edx_max (bit 12)
      '000000000000e03f' + // ts_score 0.5
      '0000000000000040' + // edx_max 2, its median
      '0200c3bc', // ü
  );
});

it('An event that was packed when there were eleven numeric factors is still readable', () => {
  // Format 1 with eleven numbers: chain=solana, acted, ts_score (bit 0) and edx (bit 10), no trade.
  const packed = Buffer.from(
    '010e0005636861696e0600736f6c616e61' +
      '01000000' +
      '0104' +
      '000000000000e03f' +
      '000000000000d0bf' +
      '0000',
    'hex',
  );
  expect(unpackEpisode(packed)).toEqual({
    scope: { chain: 'solana' },
    decision: 'acted',
    numbers: new Map([
      ['ts_score', 0.5],
      ['edx', -0.25],
    ]),
    flags: new Map(),
    blockedBy: undefined,
    tradeId: undefined,
  });
  expect(NUMERIC_FACTORS.slice(0, 11)).toEqual([
    'ts_score',
    'ts_min',
    'halo_distance',
    'halo_max',
    'ema60_slope',
    'slope_min',
    'dx',
    'dx_min',
    'dx_count',
    'sr_boost',
    'edx',
  ]);
  expect(NUMERIC_FACTORS.length).toBeLessThanOrEqual(16);
});

describe('for any event', () => {
  it('Unpacking returns the event that was packed, for any event', () => {
    fc.assert(
      fc.property(event, original => {
        const unpacked = unpackEpisode(packEpisode(original));
        expect(unpacked.scope).toEqual(original.scope);
        expect(JSON.stringify(unpacked.scope)).toBe(JSON.stringify(original.scope));
        expect(unpacked.decision).toBe(original.decision);
        expect(unpacked.tradeId).toBe(original.tradeId);
        for (const n of NUMERIC_FACTORS) expect(unpacked.numbers.get(n)).toBe(original.factors[n]);
        for (const n of GATE_FLAGS) expect(unpacked.flags.get(n)).toBe(original.factors[n]);
        const gates = original.factors.blocked_by;
        expect(unpacked.blockedBy).toEqual(gates === undefined ? undefined : new Set(gates as string[]));
      }),
    );
  });

  it('The scope, the decision and each number of a packed event are read without the rest', () => {
    fc.assert(
      fc.property(event, original => {
        const bytes = packEpisode(original);
        const [start, end] = scopeRange(bytes);
        expect(unpackScope(bytes, start, end)).toEqual(original.scope);
        expect(readActed(bytes, end)).toBe(original.decision === 'acted');
        for (const n of NUMERIC_FACTORS)
          expect(readNumber(bytes, end, n)).toBe(original.factors[n] ?? Number.NaN);
      }),
    );
  });

  it('A packed event inside a larger buffer is unpacked like one by itself', () => {
    fc.assert(
      fc.property(event, fc.integer({ min: 1, max: 9 }), (original, offset) => {
        const bytes = packEpisode(original);
        const larger = new Uint8Array(bytes.length + 2 * offset).fill(0xff);
        larger.set(bytes, offset);
        expect(unpackEpisode(larger.subarray(offset, offset + bytes.length))).toEqual(unpackEpisode(bytes));
      }),
    );
  });

  it('Two packed events have equal bytes of scope exactly when their scopes are equal', () => {
    const scopeBytes = (e: Episode): string => {
      const bytes = packEpisode(e);
      return Buffer.from(bytes)
        .subarray(...scopeRange(bytes))
        .toString('hex');
    };
    fc.assert(
      fc.property(event, event, (one, other) => {
        const same = JSON.stringify(one.scope) === JSON.stringify(other.scope);
        expect(scopeBytes(one) === scopeBytes(other)).toBe(same);
        expect(scopeBytes({ ...other, scope: one.scope })).toBe(scopeBytes(one));
      }),
    );
  });
});
