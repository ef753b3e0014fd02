import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyHash, episodeBody } from '../../shared/episode/episode.ts';
import { MAX_EVENT_BYTES, readEpisode, readOutcomeReport } from '../../shared/episode/episode-schema.ts';
import { DAY, episode, eventBody, HOUR, iso, MINUTE, NOW, S1 } from '../support/episodes.ts';
import { faultOf } from '../support/fault-of.ts';

const identity = (raw: unknown): string => bodyHash(episodeBody(readEpisode(raw, NOW)));
const fromJson = (text: string): unknown => JSON.parse(text);

describe('two spellings of one content are one event', () => {
  const base = eventBody('e1', { scope: { b: 2, a: true }, factors: { dx: 2, ts_ok: true }, trade_id: 't1' });

  it.each<[string, object]>([
    ['names in another order', Object.fromEntries(Object.entries(base).reverse())],
    ['scope in another order', { ...base, scope: { a: true, b: 2 } }],
    ['factors in another order', { ...base, factors: { ts_ok: true, dx: 2 } }],
    ['scope values as text', { ...base, scope: { a: 'true', b: '2' } }],
    ['absent dimensions', { ...base, scope: { ...(base.scope as object), c: null, d: '' } }],
    ['the pattern in another form', { ...base, pattern_key: 'module=pm|pattern_key=uptrend.s1.entry' }],
    ['the time with an offset', { ...base, timestamp: '2025-01-19T14:30:00+02:30' }],
    ['the time with fractions', { ...base, timestamp: '2025-01-19T12:00:00.000Z' }],
    ['an unknown field', { ...base, note: 'x' }],
    ['an outcome', { ...base, outcome: 'success' }],
    ['an empty outcome', { ...base, outcome: null, resolved_at: null }],
  ])('%s', (_, other) => {
    expect(identity(other)).toBe(identity(base));
  });

  it('2 and 2.0 are one number', () => {
    const text = JSON.stringify(base);
    expect(identity(fromJson(text.replace('"dx":2', '"dx":2.0')))).toBe(identity(base));
  });

  it('0 and -0 are one number', () => {
    const zero = { ...base, factors: { dx: 0 } };
    expect(identity({ ...base, factors: { dx: -0 } })).toBe(identity(zero));
  });

  it('nested names in another order', () => {
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
    ['a factor more', { factors: { dx: 2, ts_ok: true, own: 1 } }],
    ['a factor as text', { factors: { dx: '2', ts_ok: true } }],
    ['another time', { timestamp: iso(NOW - DAY + 1) }],
    ['another trade', { trade_id: 't2' }],
    ['no trade', { trade_id: null }],
    ['a list in another order', { factors: { dx: 2, ts_ok: true, blocked_by: ['ts', 'halo'] } }],
  ])('%s is another event', (_, change) => {
    expect(identity({ ...base, ...change })).not.toBe(identity(base));
  });

  it('whatever the factors, the order of their names does not matter', () => {
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
          const there = { ...base, factors: Object.fromEntries(pairs) };
          const back = { ...base, factors: Object.fromEntries(pairs.toReversed()) };
          expect(identity(back)).toBe(identity(there));
        },
      ),
    );
  });
});

describe('times', () => {
  it.each([
    ['2025-01-20T00:00:00Z', '2025-01-20T00:00:00.000Z'],
    ['2025-01-20T00:00:00.5Z', '2025-01-20T00:00:00.500Z'],
    ['2025-01-20T00:00:00.123456789Z', '2025-01-20T00:00:00.123Z'],
    ['2025-01-20T02:00:00+02:00', '2025-01-20T00:00:00.000Z'],
    ['2025-01-19T19:00:00-05:00', '2025-01-20T00:00:00.000Z'],
    ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00.000Z'],
    ['2000-01-01T00:00:00Z', '2000-01-01T00:00:00.000Z'],
  ])('%s is read as %s', (text, read) => {
    expect(iso(readEpisode(eventBody('e', { timestamp: text }), NOW).timestamp)).toBe(read);
  });

  it.each<[string, number]>([
    ['five minutes ahead of its receipt', NOW + 5 * MINUTE],
    ['five minutes before it', NOW - 5 * MINUTE],
    ['a day ahead', NOW + DAY],
    ['the first moment of 2000', Date.parse('2000-01-01T00:00:00Z')],
  ])('%s is taken', (_, ms) => {
    expect(readEpisode(eventBody('e', { timestamp: iso(ms) }), NOW).timestamp).toBe(ms);
  });

  it.each<[string, string]>([
    ['1970', '1970-01-01T00:00:00Z'],
    ['seconds taken for milliseconds', '1970-01-21T02:09:36Z'],
    ['the last moment of 1999', '1999-12-31T23:59:59.999Z'],
    ['2100', '2100-01-01T00:00:00Z'],
    ['a day and a millisecond ahead', iso(NOW + DAY + 1)],
    ['the year 9999', '9999-12-31T23:59:59Z'],
  ])('%s is timestamp_out_of_range', (_, timestamp) => {
    const fault = faultOf(() => readEpisode(eventBody('e', { timestamp }), NOW));
    expect([fault.code, fault.issues[0]?.path]).toEqual(['timestamp_out_of_range', 'timestamp']);
    const resolved = faultOf(() =>
      readEpisode(eventBody('e', { outcome: 'success', resolved_at: timestamp }), NOW),
    );
    expect([resolved.code, resolved.issues[0]?.path]).toEqual(['timestamp_out_of_range', 'resolved_at']);
  });

  it.each([
    ['yesterday'],
    [''],
    ['2025-01-20'],
    ['2025-01-20 00:00:00Z'],
    ['2025-01-20T00:00:00'],
    ['2025-13-01T00:00:00Z'],
    ['2025-02-29T00:00:00Z'],
    ['2025-01-20T24:00:00Z'],
    ['2025-01-20T00:60:00Z'],
    ['20250120T000000Z'],
    ['2025-01-20T00:00:00+25:00'],
    [' 2025-01-20T00:00:00Z'],
    [1737331200],
    [1737331200000],
    [null],
    [undefined],
    [{}],
    [['2025-01-20T00:00:00Z']],
  ])('%j is no time', timestamp => {
    const fault = faultOf(() => readEpisode(eventBody('e', { timestamp }), NOW));
    expect([fault.code, fault.issues[0]?.path]).toEqual(['invalid_event', 'timestamp']);
  });
});

describe('an outcome inside an event', () => {
  it('without resolved_at is known at the time of the event', () => {
    expect(episode('e', { outcome: 'success' }).outcome).toEqual({
      outcome: 'success',
      resolvedAt: NOW - DAY,
      correction: false,
    });
  });

  it('with resolved_at at that time', () => {
    const at = NOW - HOUR;
    expect(episode('e', { outcome: 'failure', resolved_at: iso(at) }).outcome?.resolvedAt).toBe(at);
  });

  it('resolved_at without an outcome is no outcome', () => {
    expect(episode('e', { resolved_at: iso(NOW) }).outcome).toBeUndefined();
  });
});

describe('what does not fit is invalid_event and names the place', () => {
  it.each<[string, unknown, string]>([
    ['no body', null, ''],
    ['a list', [], ''],
    ['a text', 'event', ''],
    ['an unknown decision', eventBody('e', { decision: 'hesitated' }), 'decision'],
    ['no decision', eventBody('e', { decision: undefined }), 'decision'],
    ['an unknown outcome', eventBody('e', { outcome: 'won' }), 'outcome'],
    ['an empty id', eventBody(''), 'episode_id'],
    ['an id of 257 characters', eventBody('x'.repeat(257)), 'episode_id'],
    ['an id with NUL', eventBody('a\u0000b'), 'episode_id'],
    ['an id of two lines', eventBody('a\nb'), 'episode_id'],
    ['an id with a lone surrogate', eventBody('a\ud800'), 'episode_id'],
    ['a number as id', eventBody('e', { episode_id: 7 }), 'episode_id'],
    ['a number as pattern', eventBody('e', { pattern_key: 7 }), 'pattern_key'],
    ['factors that are a list', eventBody('e', { factors: [] }), 'factors'],
    ['factors that are null', eventBody('e', { factors: null }), 'factors'],
    ['an object of no known form', eventBody('e', { factors: { dx: { value: 1 } } }), 'factors.dx'],
    ['a list of numbers', eventBody('e', { factors: { dx: [1, 2] } }), 'factors.dx'],
    ['a measure that lacks max', eventBody('e', { factors: { dx: { min: 1, median: 2 } } }), 'factors.dx'],
    [
      'a factor named __proto__',
      eventBody('e', { factors: fromJson('{"__proto__":1}') }),
      'factors.__proto__',
    ],
    ['a factor without a name', eventBody('e', { factors: { '': 1 } }), 'factors.'],
    ['a text of 1025', eventBody('e', { factors: { note: 'x'.repeat(1025) } }), 'factors.note'],
    [
      '257 factors',
      eventBody('e', { factors: Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`f${i}`, i])) }),
      'factors',
    ],
  ])('%s', (_, raw, path) => {
    const fault = faultOf(() => readEpisode(raw, NOW));
    expect([fault.code, fault.issues[0]?.path]).toEqual(['invalid_event', path]);
  });

  it('a pattern and a scope have their own codes', () => {
    expect(faultOf(() => episode('e', { pattern_key: 'pm' })).code).toBe('invalid_pattern_key');
    expect(faultOf(() => episode('e', { scope: undefined })).code).toBe('invalid_scope');
    expect(faultOf(() => episode('e', { scope: { '#pk': 1 } })).code).toBe('invalid_scope');
  });

  it('every wrong place is named, at most 20', () => {
    const fault = faultOf(() => readEpisode({ scope: {}, timestamp: 'x', decision: 1 }, NOW));
    expect(fault.issues.map(issue => issue.path)).toEqual([
      'pattern_key',
      'episode_id',
      'decision',
      'timestamp',
    ]);
    const factors = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, [1]]));
    expect(faultOf(() => episode('e', { factors })).issues).toHaveLength(20);
  });

  it('unknown factors are kept', () => {
    const factors = { own_number: 1, own_text: 'x', own_list: ['a'], own_null: null, toString: 2 };
    expect(episode('e', { factors }).factors).toEqual(factors);
  });

  it(`an event of more than ${MAX_EVENT_BYTES} bytes is event_too_large`, () => {
    const factors = (n: number) =>
      Object.fromEntries(Array.from({ length: n }, (_, i) => [`f${i}`, 'x'.repeat(1024)]));
    expect(episode('e', { factors: factors(60) }).id).toBe('e');
    expect(faultOf(() => episode('e', { factors: factors(65) })).code).toBe('event_too_large');
  });
});

describe('an outcome report', () => {
  const report = (fields: object = {}) => ({
    pattern_key: S1,
    episode_id: 'e',
    outcome: 'success',
    ...fields,
  });

  it('without resolved_at is known at its receipt', () => {
    expect(readOutcomeReport(report(), NOW).revision).toEqual({
      outcome: 'success',
      resolvedAt: NOW,
      correction: false,
    });
  });

  it.each([
    ['success', 'success'],
    ['failure', 'failure'],
    ['neutral', 'neutral'],
    ['missed', 'success'],
    ['correct_skip', 'failure'],
  ])('%s is read as %s', (name, outcome) => {
    expect(readOutcomeReport(report({ outcome: name }), NOW).revision.outcome).toBe(outcome);
    expect(episode('e', { outcome: name }).outcome?.outcome).toBe(outcome);
  });

  it.each<[string, object, string]>([
    ['an unknown outcome', { outcome: 'dodge' }, 'outcome'],
    ['pending', { outcome: 'pending' }, 'outcome'],
    ['a capital', { outcome: 'Success' }, 'outcome'],
    ['constructor', { outcome: 'constructor' }, 'outcome'],
    ['no outcome', { outcome: null }, 'outcome'],
    ['no id', { episode_id: undefined }, 'episode_id'],
    ['a text as correction', { correction: 'true' }, 'correction'],
    ['a time that is none', { resolved_at: 'soon' }, 'resolved_at'],
  ])('%s is invalid_outcome', (_, fields, path) => {
    const fault = faultOf(() => readOutcomeReport(report(fields), NOW));
    expect([fault.code, fault.issues[0]?.path]).toEqual(['invalid_outcome', path]);
  });

  it('of the year 2100 is timestamp_out_of_range', () => {
    expect(faultOf(() => readOutcomeReport(report({ resolved_at: '2100-01-01T00:00:00Z' }), NOW)).code).toBe(
      'timestamp_out_of_range',
    );
  });
});
