import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyHash, episodeBody } from '../../shared/episode/episode.ts';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import { DAY, eventBody, iso, NOW } from '../support/episodes.ts';

const identity = (raw: unknown): string => bodyHash(episodeBody(readEpisode(raw, NOW)));
const fromJson = (text: string): unknown => JSON.parse(text);

describe('the identity of an event', () => {
  const base = eventBody('e1', { scope: { b: 2, a: true }, factors: { dx: 2, ts_ok: true }, trade_id: 't1' });

  it.each<[string, object]>([
    ['its names in another order', Object.fromEntries(Object.entries(base).reverse())],
    ['its scope in another order', { ...base, scope: { a: true, b: 2 } }],
    ['its factors in another order', { ...base, factors: { ts_ok: true, dx: 2 } }],
    ['its scope values as text', { ...base, scope: { a: 'true', b: '2' } }],
    ['absent dimensions', { ...base, scope: { ...(base.scope as object), c: null, d: '' } }],
    ['the pattern in another form', { ...base, pattern_key: 'module=pm|pattern_key=uptrend.s1.entry' }],
    ['the time with an offset', { ...base, timestamp: '2025-01-19T14:30:00+02:30' }],
    ['the time with fractions', { ...base, timestamp: '2025-01-19T12:00:00.000Z' }],
    ['an outcome', { ...base, outcome: 'success' }],
    ['an empty outcome', { ...base, outcome: null, resolved_at: null }],
  ])('An event has the same identity with %s', (_, other) => {
    expect(identity(other)).toBe(identity(base));
  });

  it('A factor of 2 and one of 2.0 give an event the same identity', () => {
    const text = JSON.stringify(base);
    expect(identity(fromJson(text.replace('"dx":2', '"dx":2.0')))).toBe(identity(base));
  });

  it('A factor of 0 and one of -0 give an event the same identity', () => {
    const zero = { ...base, factors: { dx: 0 } };
    expect(identity({ ...base, factors: { dx: -0 } })).toBe(identity(zero));
  });

  it('The order of names inside a factor does not change the identity of an event', () => {
    const one = {
      ...base,
      factors: { ts_score: { min: 1, median: 2, max: 3 }, applied: { generation: 1, a: { x: 1, y: 2 } } },
    };
    const other = {
      ...base,
      factors: { applied: { a: { y: 2, x: 1 }, generation: 1 }, ts_score: { max: 3, median: 2, min: 1 } },
    };
    expect(identity(other)).toBe(identity(one));
  });

  it.each<[string, object]>([
    ['another decision', { decision: 'acted' }],
    ['another scope value', { scope: { a: true, b: 3 } }],
    ['another factor', { factors: { dx: 2.5, ts_ok: true } }],
    ['one more factor', { factors: { dx: 2, ts_ok: true, own: 1 } }],
    ['a factor of another type', { factors: { dx: 2, ts_ok: null } }],
    ['another time', { timestamp: iso(NOW - DAY + 1) }],
    ['another trade', { trade_id: 't2' }],
    ['no trade', { trade_id: null }],
    ['one more factor that is a list', { factors: { dx: 2, ts_ok: true, blocked_by: ['ts', 'halo'] } }],
  ])('An event has another identity with %s', (_, change) => {
    expect(identity({ ...base, ...change })).not.toBe(identity(base));
  });

  it('The order of factors does not change the identity of an event, whatever the factors', () => {
    const factor = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.string(),
      fc.array(fc.string(), { maxLength: 3 }),
      fc.constant(null),
    );
    const factors = fc.uniqueArray(fc.tuple(fc.string({ minLength: 1, maxLength: 8 }), factor), {
      selector: ([name]) => name,
      maxLength: 12,
    });
    fc.assert(
      fc.property(
        factors.filter(all => all.every(([name]) => name !== '__proto__' && name !== 'applied')),
        pairs => {
          const forward = { ...base, factors: Object.fromEntries(pairs) };
          const backward = { ...base, factors: Object.fromEntries(pairs.toReversed()) };
          expect(identity(backward)).toBe(identity(forward));
        },
      ),
    );
  });
});
