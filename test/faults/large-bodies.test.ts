import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Listening } from '../../local/http-server.ts';
import { listen } from '../../local/http-server.ts';
import { MAX_EVENT_BYTES } from '../../shared/episode/episode-schema.ts';
import { problemSchema } from '../../shared/http/schemas/problem.ts';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { eventBody, NOW, S1 } from '../support/episodes.ts';
import { inMs, measurement, timed } from '../support/measurements.ts';
import { bytesInUse, MIB } from '../support/memory.ts';

/* These tests send large and deep bodies over HTTP, repeatedly. */

const ROUNDS = 20;
/** Maximum growth that counts as noise of the garbage collector. One body of the largest kind has 10 MiB. */
const MAX_GROWTH_BYTES = 8 * MIB;

const filled = (bytes: number): string => `{"x":"${'a'.repeat(bytes - 8)}"}`;
const nested = (open: string, close: string): string => open.repeat(10_000) + close.repeat(10_000);
const inEvent = (place: string, deep: string): string =>
  JSON.stringify(eventBody('deep', { [place]: '?' })).replace('"?"', () => deep);
const eventsBody = (n: number): string =>
  JSON.stringify({ events: Array.from({ length: n }, (_, i) => eventBody(`n${i}`)) });
/** Returns factors of at least `length` characters. */
const largeFactors = (length: number): object =>
  Object.fromEntries(Array.from({ length: Math.ceil(length / 1000) }, (_, i) => [`f${i}`, 'x'.repeat(1000)]));

const REJECTED: readonly (readonly [name: string, path: string, body: string, status: number])[] = [
  ['1 MiB + 1', '/v1/events', filled(MIB + 1), 413],
  ['10 MiB', '/v1/events', filled(10 * MIB), 413],
  ['10 MiB to outcomes', '/v1/outcomes', filled(10 * MIB), 413],
  ['10 MiB to a look-up', '/v1/overrides/lookup', filled(10 * MIB), 413],
  ['lists 10,000 deep', '/v1/events', nested('[', ']'), 400],
  ['objects 10,000 deep', '/v1/events', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 400],
  ['a scope 10,000 deep', '/v1/events', inEvent('scope', `{"d":${nested('[', ']')}}`), 400],
  ['a factor 10,000 deep', '/v1/events', inEvent('factors', `{"dx":${nested('[', ']')}}`), 400],
  [
    'a look-up 10,000 deep',
    '/v1/overrides/lookup',
    `{"pattern_key":"${S1}","scope":{"a":${nested('[', ']')}}}`,
    400,
  ],
  ['501 events', '/v1/events', eventsBody(501), 413],
  [
    'an event over its limit',
    '/v1/events',
    JSON.stringify(eventBody('over', { factors: largeFactors(MAX_EVENT_BYTES) })),
    400,
  ],
];

let api: Api;
let server: Listening;
beforeAll(async () => {
  api = await openApi({ now: () => NOW });
  server = await listen(api.service.app, 0);
});
afterAll(async () => {
  await server.close();
  await api.close();
});

const post = (path: string, body: string) =>
  fetch(`http://127.0.0.1:${server.port}${path}`, { method: 'POST', body });

it('[V2] a body that is too large or too deep gets 413 or 400, and memory does not grow', async () => {
  const round = async (): Promise<number> => {
    let slowest = 0;
    for (const [name, path, body, status] of REJECTED) {
      const { value: response, ms } = await timed(() => post(path, body));
      expect([name, response.status]).toEqual([name, status]);
      expect(problemSchema.parse(await response.json()).status).toBe(status);
      slowest = Math.max(slowest, ms);
    }
    return slowest;
  };
  // The smallest of ten readings excludes memory that connections and the collector keep for a moment.
  const settledBytes = async () => {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 10; i++) {
      await new Promise(resolve => setTimeout(resolve, 50));
      least = Math.min(least, bytesInUse());
    }
    return least;
  };
  for (let i = 0; i < 3; i++) await round();
  const before = await settledBytes();
  let slowest = 0;
  for (let i = 0; i < ROUNDS; i++) slowest = Math.max(slowest, await round());
  const growthBytes = (await settledBytes()) - before;
  expect(growthBytes).toBeLessThan(MAX_GROWTH_BYTES);
  const requests = REJECTED.length * ROUNDS;
  measurement(
    8,
    `${requests} bodies too large or too deep: all 413 or 400, the slowest in ${inMs(slowest)}, in use afterwards: ${(growthBytes / MIB).toFixed(1)} MiB more`,
  );
});

it('an event just under the size limit is accepted, stored and read by a run', async () => {
  const event = eventBody('near', { outcome: 'success', factors: largeFactors(MAX_EVENT_BYTES - 3000) });
  expect(JSON.stringify(event).length).toBeGreaterThan(MAX_EVENT_BYTES * 0.95);
  const response = await post('/v1/events', JSON.stringify(event));
  expect([response.status, await response.json()]).toMatchObject([200, { accepted: 1 }]);
  expect((await api.cycle({ n_min: 2 })).patterns).toMatchObject([
    { status: 'too_few_events', events_read: 1 },
  ]);
});
