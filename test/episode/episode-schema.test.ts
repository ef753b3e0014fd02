import { describe, expect, it } from 'vitest';
import { episodeBody } from '../../shared/episode/episode.ts';
import { MAX_EVENT_BYTES, readEpisode, readOutcomeReport } from '../../shared/episode/episode-schema.ts';
import { DAY, episode, eventBody, HOUR, iso, MINUTE, NOW, S1 } from '../support/episodes.ts';
import { faultOf } from '../support/fault-of.ts';

const fromJson = (text: string): unknown => JSON.parse(text);

describe('times', () => {
  it.each([
    ['2025-01-20T00:00:00Z', '2025-01-20T00:00:00.000Z'],
    ['2025-01-20T00:00:00.5Z', '2025-01-20T00:00:00.500Z'],
    ['2025-01-20T00:00:00.123456789Z', '2025-01-20T00:00:00.123Z'],
    ['2025-01-20T02:00:00+02:00', '2025-01-20T00:00:00.000Z'],
    ['2025-01-19T19:00:00-05:00', '2025-01-20T00:00:00.000Z'],
    ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00.000Z'],
    ['2000-01-01T00:00:00Z', '2000-01-01T00:00:00.000Z'],
  ])('The timestamp %s is read as %s', (text, read) => {
    expect(iso(readEpisode(eventBody('e', { timestamp: text }), NOW).timestamp)).toBe(read);
  });

  it.each<[string, number]>([
    ['five minutes after its receipt', NOW + 5 * MINUTE],
    ['five minutes before its receipt', NOW - 5 * MINUTE],
    ['a day after its receipt', NOW + DAY],
    ['at the first moment of 2000', Date.parse('2000-01-01T00:00:00Z')],
  ])('A timestamp %s is accepted', (_, ms) => {
    expect(readEpisode(eventBody('e', { timestamp: iso(ms) }), NOW).timestamp).toBe(ms);
  });

  it.each<[string, string]>([
    ['of 1970', '1970-01-01T00:00:00Z'],
    ['of seconds that were read as milliseconds', '1970-01-21T02:09:36Z'],
    ['at the last moment of 1999', '1999-12-31T23:59:59.999Z'],
    ['of 2100', '2100-01-01T00:00:00Z'],
    ['a day and a millisecond after its receipt', iso(NOW + DAY + 1)],
    ['of the year 9999', '9999-12-31T23:59:59Z'],
  ])('A timestamp %s is rejected as timestamp_out_of_range', (_, timestamp) => {
    const fault = faultOf(() => readEpisode(eventBody('e', { timestamp }), NOW));
    expect([fault.code, fault.issues[0]?.path]).toEqual(['timestamp_out_of_range', 'timestamp']);
    const resolvedFault = faultOf(() =>
      readEpisode(eventBody('e', { outcome: 'success', resolved_at: timestamp }), NOW),
    );
    expect([resolvedFault.code, resolvedFault.issues[0]?.path]).toEqual([
      'timestamp_out_of_range',
      'resolved_at',
    ]);
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
  ])('The timestamp %j is rejected as invalid_event', timestamp => {
    const fault = faultOf(() => readEpisode(eventBody('e', { timestamp }), NOW));
    expect([fault.code, fault.issues[0]?.path]).toEqual(['invalid_event', 'timestamp']);
  });
});

describe('an outcome inside an event', () => {
  it('An outcome inside an event without resolved_at is known at the time of the event', () => {
    expect(episode('e', { outcome: 'success' }).outcome).toEqual({
      outcome: 'success',
      resolvedAt: NOW - DAY,
      correction: false,
      assumed: 'derived',
    });
  });

  it('An outcome inside an event with resolved_at is known at the time resolved_at', () => {
    const at = NOW - HOUR;
    expect(episode('e', { outcome: 'failure', resolved_at: iso(at) }).outcome?.resolvedAt).toBe(at);
  });

  it('An event with resolved_at and without an outcome has no outcome', () => {
    expect(episode('e', { resolved_at: iso(NOW) }).outcome).toBeUndefined();
  });
});

describe('an invalid event', () => {
  it.each<[string, unknown, string]>([
    ['null', null, ''],
    ['a list instead of an object', [], ''],
    ['a text instead of an object', 'event', ''],
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
    [
      'a factor that is an object of an unknown form',
      eventBody('e', { factors: { dx: { value: 1 } } }),
      'factors.dx',
    ],
    ['a factor that is a list of numbers', eventBody('e', { factors: { dx: [1, 2] } }), 'factors.dx'],
    [
      'a factor with min and median but without max',
      eventBody('e', { factors: { dx: { min: 1, median: 2 } } }),
      'factors.dx',
    ],
    [
      'a factor named __proto__',
      eventBody('e', { factors: fromJson('{"__proto__":1}') }),
      'factors.__proto__',
    ],
    ['a factor without a name', eventBody('e', { factors: { '': 1 } }), 'factors.'],
    ['a factor of 1025 characters', eventBody('e', { factors: { note: 'x'.repeat(1025) } }), 'factors.note'],
    [
      '257 factors',
      eventBody('e', { factors: Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`f${i}`, i])) }),
      'factors',
    ],
  ])(
    'An invalid event is rejected as invalid_event, with the path of the invalid field: %s',
    (_, raw, path) => {
      const fault = faultOf(() => readEpisode(raw, NOW));
      expect([fault.code, fault.issues[0]?.path]).toEqual(['invalid_event', path]);
    },
  );

  it('An invalid pattern key and an invalid scope have their own codes', () => {
    expect(faultOf(() => episode('e', { pattern_key: 'pm' })).code).toBe('invalid_pattern_key');
    expect(faultOf(() => episode('e', { scope: undefined })).code).toBe('invalid_scope');
    expect(faultOf(() => episode('e', { scope: { '#pk': 1 } })).code).toBe('invalid_scope');
  });

  it('The fault of an event names every invalid field, at most 20', () => {
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

  it('An event keeps factors with unknown names', () => {
    const factors = { own_number: 1, own_text: 'x', own_list: ['a'], own_null: null, toString: 2 };
    expect(episode('e', { factors }).factors).toEqual(factors);
  });

  it(`An event of more than ${MAX_EVENT_BYTES} bytes is rejected as event_too_large`, () => {
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

  it('A reported outcome without resolved_at is known at its receipt', () => {
    expect(readOutcomeReport(report(), NOW).revision).toEqual({
      outcome: 'success',
      resolvedAt: NOW,
      correction: false,
      assumed: 'derived',
    });
  });

  it.each([
    ['success', 'success'],
    ['failure', 'failure'],
    ['neutral', 'neutral'],
    ['missed', 'success'],
    ['correct_skip', 'failure'],
  ])('The outcome %s is read as %s', (name, outcome) => {
    expect(readOutcomeReport(report({ outcome: name }), NOW).revision.outcome).toBe(outcome);
    expect(episode('e', { outcome: name }).outcome?.outcome).toBe(outcome);
  });

  it.each<[string, object, string]>([
    ['an unknown outcome', { outcome: 'dodge' }, 'outcome'],
    ['the outcome pending', { outcome: 'pending' }, 'outcome'],
    ['an outcome with a capital letter', { outcome: 'Success' }, 'outcome'],
    ['the outcome constructor', { outcome: 'constructor' }, 'outcome'],
    ['no outcome', { outcome: null }, 'outcome'],
    ['no id', { episode_id: undefined }, 'episode_id'],
    ['a text as correction', { correction: 'true' }, 'correction'],
    ['an invalid time', { resolved_at: 'soon' }, 'resolved_at'],
  ])('An invalid outcome report is rejected as invalid_outcome: %s', (_, fields, path) => {
    const fault = faultOf(() => readOutcomeReport(report(fields), NOW));
    expect([fault.code, fault.issues[0]?.path]).toEqual(['invalid_outcome', path]);
  });

  it('An outcome with resolved_at in the year 2100 is rejected as timestamp_out_of_range', () => {
    expect(faultOf(() => readOutcomeReport(report({ resolved_at: '2100-01-01T00:00:00Z' }), NOW)).code).toBe(
      'timestamp_out_of_range',
    );
  });
});

describe('windows, returns and assumed times', () => {
  it('A window of 1 to 64 characters is part of the body, and a longer or empty one is rejected', () => {
    expect(episode('e', { window: 'w'.repeat(64) }).window).toBe('w'.repeat(64));
    expect(JSON.parse(episodeBody(episode('e', { window: 'w1' })))).toMatchObject({ window: 'w1' });
    for (const window of ['', 'w'.repeat(65), 'a\u001fb', 1])
      expect(faultOf(() => episode('e', { window })).issues[0]?.path).toBe('window');
  });

  it('An event without window has the body that earlier versions stored', () => {
    expect(episodeBody(episode('e'))).toBe(episodeBody(episode('e', { window: null })));
    expect(episodeBody(episode('e'))).not.toContain('window');
  });

  it('A return needs an outcome and is a finite number', () => {
    expect(episode('e', { outcome: 'success', return: -0 }).outcome?.return).toBe(0);
    expect(faultOf(() => episode('e', { return: 1 })).message).toBe('return must come with an outcome');
    const fault = faultOf(() => episode('e', { outcome: 'success', return: Number.POSITIVE_INFINITY }));
    expect([fault.code, fault.issues[0]?.path]).toEqual(['invalid_event', 'return']);
  });

  it('A time that is sent as assumed is kept as assumed', () => {
    const sent = { outcome: 'success', resolved_at: iso(NOW), resolved_at_assumed: true };
    expect(episode('e', sent).outcome).toMatchObject({ resolvedAt: NOW, assumed: 'sent' });
    const known = { ...sent, resolved_at_assumed: false };
    expect(episode('e', known).outcome).not.toHaveProperty('assumed');
  });

  it('A resolved_at before the event is outcome_before_event, and one at its timestamp is read', () => {
    const at = (ms: number) => ({ outcome: 'success', resolved_at: iso(ms) });
    expect(episode('e', at(NOW - DAY)).outcome?.resolvedAt).toBe(NOW - DAY);
    const fault = faultOf(() => episode('e', at(NOW - DAY - 1)));
    expect([fault.code, fault.issues[0]?.path]).toEqual(['outcome_before_event', 'resolved_at']);
  });

  it('A resolved_at up to 5 minutes after receipt is read, and a later one is rejected', () => {
    const at = (ms: number) => ({ outcome: 'success', resolved_at: iso(ms) });
    const latest = NOW + 5 * 60_000;
    expect(episode('e', at(latest)).outcome?.resolvedAt).toBe(latest);
    expect(faultOf(() => episode('e', at(latest + 1))).code).toBe('timestamp_out_of_range');
    const report = { pattern_key: S1, episode_id: 'e', ...at(latest + 1) };
    expect(faultOf(() => readOutcomeReport(report, NOW)).code).toBe('timestamp_out_of_range');
  });

  it('An outcome takes the factors of an event, without absent ones and without applied', () => {
    const read = (factors: object) =>
      readOutcomeReport({ pattern_key: S1, episode_id: 'e', outcome: 'success', factors }, NOW).factors;
    expect(read({ dx_count: 2, own: null })).toEqual({ dx_count: 2 });
    expect(faultOf(() => read({ dx_count: 'two' })).code).toBe('invalid_outcome');
    expect(faultOf(() => read({ applied: {} })).issues[0]?.path).toBe('factors.applied');
  });
});
