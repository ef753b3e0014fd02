import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  EVENT_SHARDS,
  eventPartition,
  eventPartitions,
  eventTimeOf,
  eventTimeSort,
  eventTimeSpan,
} from '../../shared/dynamodb/keys.ts';
import { readEpisode, readOutcomeReport } from '../../shared/episode/episode-schema.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { DAY, eventBody, iso, NOW, S1, S2 } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

const id = fc.string({ minLength: 1, maxLength: 24 });
const time = fc.integer({ min: 0, max: 9_999_999_999_999 });

describe('keys of events', () => {
  it('[R3] the key of an event always gives the same partition, which is one of those that a run reads', () => {
    fc.assert(
      fc.property(id, fc.constantFrom(S1, S2), (episodeId, pattern) => {
        expect(eventPartitions(pattern)).toContain(eventPartition(pattern, episodeId));
        expect(eventPartitions(pattern)).toHaveLength(EVENT_SHARDS);
        expect(eventPartition(pattern, episodeId)).toBe(eventPartition(pattern, episodeId));
        expect(eventPartitions(pattern === S1 ? S2 : S1)).not.toContain(eventPartition(pattern, episodeId));
      }),
    );
  });

  it('[R3] sort keys of events are in the order of their times, and a key is within a span exactly when its time is', () => {
    fc.assert(
      fc.property(time, time, time, id, id, (from, to, at, a, b) => {
        if (from < to) expect(eventTimeSort(from, a) < eventTimeSort(to, b)).toBe(true);
        expect(eventTimeOf(eventTimeSort(at, a))).toBe(at);
        const [first, last] = eventTimeSpan(from, to);
        const key = eventTimeSort(at, a);
        expect(first <= key && key <= last).toBe(from <= at && at <= to);
      }),
    );
  });
});

let stores: Stores;
beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());

/** Generates an event or an outcome. Small numbers make messages about one episode meet. */
const message = fc.oneof(
  fc.record({ kind: fc.constant('event' as const), episode: fc.nat(4) }),
  fc.record({
    kind: fc.constant('outcome' as const),
    episode: fc.nat(4),
    // The initial outcome of an episode is always the same; otherwise the result would depend on which arrives first.
    correction: fc.constant(false),
    outcome: fc.constant('failure' as const),
    at: fc.constant(0),
  }),
  fc.record({
    kind: fc.constant('outcome' as const),
    episode: fc.nat(4),
    correction: fc.constant(true),
    outcome: fc.constantFrom('success' as const, 'failure' as const, 'neutral' as const),
    at: fc.integer({ min: 1, max: 5 }),
  }),
);

const RUNS = 40;
let patterns = 0;

it('[R5] the same messages in two random orders of arrival store the same events with the same outcomes', async () => {
  const { episodes } = stores.runtime;
  const historiesAfter = async (
    messages: readonly (typeof message extends fc.Arbitrary<infer M> ? M : never)[],
  ) => {
    const pattern = parsePatternKey(`pm.order_${patterns++}.S1.entry`);
    for (const received of messages) {
      const identity = { pattern_key: pattern, episode_id: `e${received.episode}` };
      if (received.kind === 'event') {
        await episodes.add([
          readEpisode(eventBody('', { ...identity, timestamp: iso(NOW - received.episode) }), NOW),
        ]);
        continue;
      }
      const { outcome, correction, at } = received;
      const report = { ...identity, outcome, correction, resolved_at: iso(NOW - DAY + at) };
      await episodes.resolve([readOutcomeReport(report, NOW)]);
    }
    const rows: string[] = [];
    for await (const page of episodes.resolved(pattern, 0, NOW))
      rows.push(...page.map(row => `${row.episodeId} ${row.time} ${row.history}`));
    return rows.sort();
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(message, { minLength: 2, maxLength: 14 }),
      fc.infiniteStream(fc.nat()),
      async (all, ranks) => {
        const inOrder = await historiesAfter(all);
        const repeated = [...all, ...all.slice(0, 3)];
        const shuffled = repeated
          .map(each => ({ each, rank: ranks.next().value }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ each }) => each);
        expect(await historiesAfter(shuffled)).toEqual(inOrder);
      },
    ),
    { numRuns: RUNS },
  );
  measurement(
    'properties',
    `ingest order: ${RUNS} random histories, each in two orders: the same events and outcomes`,
  );
});
