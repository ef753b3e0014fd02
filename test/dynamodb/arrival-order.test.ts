import { afterAll, beforeAll, expect, it } from 'vitest';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { DAY, eventBody, iso, NOW } from '../support/episodes.ts';
import { measurement, whole } from '../support/measurements.ts';
import { randomOf, shuffled } from '../support/random.ts';

/*
 * These tests send events, outcomes, corrections and repeats in random orders, several requests at once. Each order has
 * its own pattern. Its generation must equal, byte for byte, that of the pattern that received all messages in order.
 */

const ORDERS = 100;
const EVENTS = 10;
/** Number of outcomes that all arrive before the first event. */
const PARKED = 1000;
const AS_OF = iso(NOW - DAY * 1.5);

let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => NOW, environment: { N_MIN: '4' } });
});
afterAll(() => api.close());

type Message = { readonly kind: 'event' | 'outcome'; readonly body: Record<string, unknown> };

/** Returns all messages about the events of a pattern, in the order in which they happened. */
function messages(pattern: string): Message[] {
  const random = randomOf(7);
  const pick = <T>(...options: readonly [T, ...T[]]): T =>
    options[Math.floor(random() * options.length)] ?? options[0];
  const outcome = () => pick('success', 'failure', 'neutral', 'missed', 'correct_skip');
  return Array.from({ length: EVENTS }, (_, i): Message[] => {
    const episode_id = `e${i}`;
    const identity = { pattern_key: pattern, episode_id };
    const fields = {
      pattern_key: pattern,
      decision: pick('acted', 'skipped', 'skipped'),
      scope: { chain: pick('solana', 'base'), bucket: pick('nano', 'micro', null), rank: pick(1, 2) },
      timestamp: iso(NOW - Math.ceil(4 + random() * 16) * DAY),
    };
    const event: Message = { kind: 'event', body: eventBody(episode_id, fields) };
    const resolved_at = iso(NOW - Math.ceil(random() * 30) * (DAY / 10));
    const first: Message = { kind: 'outcome', body: { ...identity, outcome: outcome(), resolved_at } };
    const corrections = Array.from({ length: Math.floor(random() * 4) }, (): Message => {
      // Some corrections are later than the run's as_of.
      const at = iso(NOW - DAY - Math.floor(random() * 10) * (DAY / 8));
      return {
        kind: 'outcome',
        body: { ...identity, outcome: outcome(), resolved_at: at, correction: true },
      };
    });
    return [event, ...(i % 8 === 0 ? [] : [first]), ...corrections];
  }).flat();
}

async function send(kind: Message['kind'], bodies: readonly object[]): Promise<void> {
  if (bodies.length === 0) return;
  const answer = kind === 'event' ? await api.postEvents(bodies) : await api.postOutcomes(bodies);
  expect(answer.rejected).toEqual([]);
}

const bodiesOf = (all: readonly Message[], kind: Message['kind']): object[] =>
  all.filter(message => message.kind === kind).map(message => message.body);

/** Sends messages in requests of random size, three at once. */
async function sendInParts(all: readonly Message[], random: () => number): Promise<void> {
  const requests: (() => Promise<void>)[] = [];
  for (let i = 0; i < all.length; ) {
    const part = all.slice(i, i + 1 + Math.floor(random() * 25));
    i += part.length;
    requests.push(async () => {
      await Promise.all([send('outcome', bodiesOf(part, 'outcome')), send('event', bodiesOf(part, 'event'))]);
    });
  }
  const sender = async (): Promise<void> => {
    for (let next = requests.shift(); next; next = requests.shift()) await next();
  };
  await Promise.all([sender(), sender(), sender()]);
}

it(`[O1] ${ORDERS} random orders of events, outcomes, corrections and repeats give the same generation, byte for byte`, async () => {
  const patterns = Array.from({ length: ORDERS + 1 }, (_, i) => `pm.order_${i}.S1.entry`);
  for (const [i, pattern] of patterns.entries()) {
    const all = messages(pattern);
    const random = randomOf(i);
    const repeats = all.filter(() => random() < 0.4);
    if (i === 0) {
      await send('event', bodiesOf(all, 'event'));
      await send('outcome', bodiesOf(all, 'outcome'));
    } else await sendInParts(shuffled([...all, ...repeats], random), random);
  }
  const cycle = await api.cycle({ as_of: AS_OF });
  expect(cycle.status).toBe('succeeded');

  const hashes = await Promise.all(
    patterns.map(async pattern => {
      const head = await api.service.runtime.heads.head(parsePatternKey(pattern));
      return head?.current?.hash;
    }),
  );
  expect(hashes[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(new Set(hashes).size).toBe(1);

  const status = await api.status();
  expect(status.parked_outcomes).toBe(0);
  const [expectedCounts] = status.patterns.map(row => row.events);
  expect(expectedCounts?.total).toBe(EVENTS);
  expect(expectedCounts?.with_outcome).toBeGreaterThan(EVENTS / 2);
  for (const row of status.patterns) expect(row.events).toEqual(expectedCounts);
  measurement(
    3,
    `${ORDERS} random orders of ${messages('').length} messages and their repeats: 1 generation hash, 0 lost, 0 left parked`,
  );
});

it(`${PARKED} outcomes that arrive before their events are parked, counted and applied, and give the same generation`, async () => {
  const parkingApi = await openApi({ now: () => NOW, environment: { N_MIN: '4' } });
  const [inOrder, outcomesFirst] = ['pm.in_order.S1.entry', 'pm.outcomes_first.S1.entry'] as const;
  const numbers = Array.from({ length: PARKED }, (_, i) => i);
  const eventsOf = (pattern_key: string) =>
    numbers.map(i => {
      const decision = i % 3 === 0 ? 'acted' : 'skipped';
      return eventBody(`e${i}`, { pattern_key, decision, scope: { chain: `c${i % 3}`, rank: i % 5 } });
    });
  const outcomesOf = (pattern_key: string) =>
    numbers.map(i => {
      const outcome = i % 4 === 0 ? 'failure' : 'success';
      return { pattern_key, episode_id: `e${i}`, outcome, resolved_at: iso(NOW - DAY / 2) };
    });
  const postInParts = async (all: readonly object[], post: (part: readonly object[]) => Promise<object>) => {
    const answers = [];
    for (let i = 0; i < all.length; i += 500) answers.push(await post(all.slice(i, i + 500)));
    return answers;
  };
  const nothingElse = { unchanged: 0, rejected: [] };
  await postInParts(eventsOf(inOrder), parkingApi.postEvents);
  await postInParts(outcomesOf(inOrder), parkingApi.postOutcomes);
  const random = randomOf(3);
  expect(await postInParts(shuffled(outcomesOf(outcomesFirst), random), parkingApi.postOutcomes)).toEqual([
    { resolved: 0, parked: 500, ...nothingElse },
    { resolved: 0, parked: 500, ...nothingElse },
  ]);
  expect(await parkingApi.status()).toMatchObject({ parked_outcomes: PARKED });
  expect(await postInParts(shuffled(eventsOf(outcomesFirst), random), parkingApi.postEvents)).toEqual([
    { accepted: 500, ...nothingElse },
    { accepted: 500, ...nothingElse },
  ]);
  const status = await parkingApi.status();
  expect(status.parked_outcomes).toBe(0);
  for (const row of status.patterns)
    expect(row.events).toEqual({ total: PARKED, with_outcome: PARKED, pending: 0 });
  expect((await parkingApi.cycle({ as_of: AS_OF })).patterns).toMatchObject([
    { status: 'published', events_read: PARKED },
    { status: 'published', events_read: PARKED },
  ]);
  const hashes = await Promise.all(
    [inOrder, outcomesFirst].map(
      async key => (await parkingApi.service.runtime.heads.head(parsePatternKey(key)))?.current?.hash,
    ),
  );
  expect(hashes[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(hashes[1]).toBe(hashes[0]);
  await parkingApi.close();
  measurement(
    3,
    `${whole(PARKED)} outcomes before their events: all parked and counted, 0 lost, the same generation hash`,
  );
});
