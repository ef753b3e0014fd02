import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { eventBody, iso, NOW, S1 } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';
import { fromJson, manyNames, requestProblem } from '../support/problems.ts';

/* The API returns the code and the place of each error in an event, and stores the valid events of the request. */

let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => NOW });
});
afterAll(() => api.close());

const problem = (method: string, path: string, body?: unknown) => requestProblem(api, method, path, body);

describe('a single invalid event', () => {
  it.each<[string, unknown, string, string | undefined]>([
    ['an empty body', '', 'invalid_event', 'pattern_key'],
    ['the body null', 'null', 'invalid_event', ''],
    ['a list as body', '[]', 'invalid_event', ''],
    ['an unknown decision', eventBody('e', { decision: 'hesitated' }), 'invalid_event', 'decision'],
    ['a text that is not a time', eventBody('e', { timestamp: 'yesterday' }), 'invalid_event', 'timestamp'],
    [
      'a day that does not exist',
      eventBody('e', { timestamp: '2025-02-30T00:00:00Z' }),
      'invalid_event',
      'timestamp',
    ],
    ['a number as timestamp', eventBody('e', { timestamp: 1737331200 }), 'invalid_event', 'timestamp'],
    [
      'a time in 1970',
      eventBody('e', { timestamp: '1970-01-01T00:00:00Z' }),
      'timestamp_out_of_range',
      'timestamp',
    ],
    [
      'a time in 2100',
      eventBody('e', { timestamp: '2100-01-01T00:00:00Z' }),
      'timestamp_out_of_range',
      'timestamp',
    ],
    ['an unknown outcome', eventBody('e', { outcome: 'won' }), 'invalid_event', 'outcome'],
    ['an invalid pattern key', eventBody('e', { pattern_key: 'pm' }), 'invalid_pattern_key', undefined],
    [
      'a pattern key of 10 kB',
      eventBody('e', { pattern_key: 'p'.repeat(10_000) }),
      'invalid_event',
      'pattern_key',
    ],
    ['65 dimensions', eventBody('e', { scope: manyNames(65) }), 'invalid_scope', 'scope'],
    ['a scope that is a list', eventBody('e', { scope: [] }), 'invalid_scope', 'scope'],
    [
      'a dimension __proto__',
      eventBody('e', { scope: fromJson('{"__proto__":1}') }),
      'invalid_scope',
      'scope.__proto__',
    ],
    ['a dimension #pk', eventBody('e', { scope: { '#pk': 1 } }), 'invalid_scope', 'scope.#pk'],
    ['a dimension with NUL', eventBody('e', { scope: { 'a\u0000': 1 } }), 'invalid_scope', 'scope.a\u0000'],
    [
      'a dimension of 10 kB',
      eventBody('e', { scope: { ['n'.repeat(10_000)]: 1 } }),
      'invalid_scope',
      `scope.${'n'.repeat(64)}`,
    ],
    [
      'a value of 129 characters',
      eventBody('e', { scope: { d: 'x'.repeat(129) } }),
      'invalid_scope',
      'scope.d',
    ],
    ['a nested value', eventBody('e', { scope: { d: {} } }), 'invalid_scope', 'scope.d'],
    ['an id of 10 kB', eventBody('x'.repeat(10_000)), 'invalid_event', 'episode_id'],
    ['an id with NUL', eventBody('a\u0000'), 'invalid_event', 'episode_id'],
    [
      'a factor __proto__',
      eventBody('e', { factors: fromJson('{"__proto__":{}}') }),
      'invalid_event',
      'factors.__proto__',
    ],
    [
      'a factor of 10 kB',
      eventBody('e', { factors: { ['f'.repeat(10_000)]: 1 } }),
      'invalid_event',
      `factors.${'f'.repeat(192)}`,
    ],
  ])(
    'An event with %s is rejected, and the problem names the place of the error',
    async (_, body, code, path) => {
      const rejection = await problem('POST', '/v1/events', body);
      expect(rejection).toMatchObject({
        status: 400,
        code,
        accepted: 0,
        unchanged: 0,
        rejected: [{ index: 0, code }],
      });
      expect(rejection.errors?.[0]?.path).toBe(path);
    },
  );

  it('An event of more than 64 KiB is rejected as event_too_large', async () => {
    const factors = Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`f${i}`, 'x'.repeat(1024)]));
    expect(await problem('POST', '/v1/events', eventBody('e', { factors }))).toMatchObject({
      code: 'event_too_large',
    });
  });

  it('[I2] An event with other content under a stored id is rejected as event_conflict and counted', async () => {
    await api.send('POST', '/v1/events', eventBody('taken'));
    const before = await api.status();
    expect(await problem('POST', '/v1/events', eventBody('taken', { decision: 'acted' }))).toMatchObject({
      status: 400,
      code: 'event_conflict',
      rejected: [{ index: 0, episode_id: 'taken', code: 'event_conflict' }],
    });
    const after = await api.status();
    expect(after.conflicts).toEqual({ ...before.conflicts, events: before.conflicts.events + 1 });
    expect(after.patterns.find(row => row.pattern_key === S1)?.conflicts.events).toBeGreaterThan(0);
    expect(after.events).toEqual(before.events);
    measurement(
      2,
      'status: conflicts.events counts it, in total and for its pattern; the events stay as they were',
    );
  });
});

describe('several events in one request', () => {
  it('A request with valid and invalid events gets 207: invalid ones are rejected with their index, the others are stored', async () => {
    const events = [
      eventBody('m0'),
      eventBody('m1', { decision: 1 }),
      eventBody('m2'),
      7,
      eventBody('m4', { scope: { '#': 1 } }),
    ];
    const response = await api.send('POST', '/v1/events', { events });
    expect(response.status).toBe(207);
    expect(await response.json()).toEqual({
      accepted: 2,
      unchanged: 0,
      rejected: [
        { index: 1, episode_id: 'm1', code: 'invalid_event', detail: expect.any(String) },
        { index: 3, code: 'invalid_event', detail: expect.any(String) },
        { index: 4, episode_id: 'm4', code: 'invalid_scope', detail: expect.any(String) },
      ],
    });
  });

  it('[V1] One invalid event among 100 does not affect the others, and a request of 100 invalid events is rejected as all_rejected', async () => {
    const good = Array.from({ length: 99 }, (_, i) => eventBody(`h${i}`));
    const response = await api.send('POST', '/v1/events', {
      events: [...good, { ...eventBody('h99'), decision: 'x' }],
    });
    expect([response.status, await response.json()]).toMatchObject([
      207,
      { accepted: 99, rejected: [{ index: 99 }] },
    ]);
    const bad = Array.from({ length: 100 }, (_, i) => eventBody(`b${i}`, { timestamp: 'x' }));
    const rejection = await problem('POST', '/v1/events', { events: bad });
    expect(rejection).toMatchObject({ status: 400, code: 'all_rejected', accepted: 0 });
    expect(rejection.rejected).toHaveLength(100);
    expect(rejection.errors?.[0]?.path).toBe('events.0.timestamp');
    measurement(
      7,
      '1 bad event in 100: 99 taken, 1 rejected with its place and reason (207); 100 of 100: 400',
    );
  });

  it('A request with an empty list of events gets 200', async () => {
    const response = await api.send('POST', '/v1/events', { events: [] });
    expect([response.status, await response.json()]).toEqual([
      200,
      { accepted: 0, unchanged: 0, rejected: [] },
    ]);
  });

  it('A request with 500 events is accepted, and one with 501 events or outcomes is rejected with 413 too_many_items', async () => {
    const events = (n: number) => Array.from({ length: n }, (_, i) => eventBody(`n${i}`));
    expect((await api.send('POST', '/v1/events', { events: events(500) })).status).toBe(200);
    expect(await problem('POST', '/v1/events', { events: events(501) })).toMatchObject({
      status: 413,
      code: 'too_many_items',
    });
    const outcomes = events(501).map(({ episode_id }) => ({
      pattern_key: S1,
      episode_id,
      outcome: 'success',
    }));
    expect(await problem('POST', '/v1/outcomes', { outcomes })).toMatchObject({
      status: 413,
      code: 'too_many_items',
    });
  });
});

it('An event up to five minutes before or after the clock is accepted', async () => {
  for (const ms of [NOW - 5 * 60_000, NOW + 5 * 60_000])
    expect((await api.send('POST', '/v1/events', eventBody(`at ${ms}`, { timestamp: iso(ms) }))).status).toBe(
      200,
    );
});
