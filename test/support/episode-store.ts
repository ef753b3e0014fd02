import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Item } from '../../shared/dynamodb/client.ts';
import { eventPartitions } from '../../shared/dynamodb/keys.ts';
import type { Episode } from '../../shared/episode/episode.ts';
import { readEpisode, readOutcomeReport } from '../../shared/episode/episode-schema.ts';
import type { ResolvedRow } from '../../shared/episode/episode-store.ts';
import type { OutcomeReport } from '../../shared/episode/outcome.ts';
import { formatHistory, parseHistory } from '../../shared/episode/outcome.ts';
import type { Sender } from '../../shared/episode/writer.ts';
import type { PatternOverview } from '../../shared/generation/ports.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { DAY, eventBody, NOW } from './episodes.ts';
import type { Stores } from './stores.ts';
import { openStores } from './stores.ts';

/** Returns the stored text of a history without the writers in it. */
export function withoutWriters(text: string): string {
  return formatHistory(parseHistory(text).map(({ writer, ...revision }) => revision));
}

/** Opens the stores once for a test file, and gives each test a pattern of its own. */
export function useEpisodeStore() {
  let stores: Stores;
  let pattern: PatternKey;
  let tests = 0;
  beforeAll(async () => {
    stores = await openStores();
  });
  afterAll(() => stores.close());
  beforeEach(() => {
    pattern = parsePatternKey(`pm.test_${tests++}.S1.entry`);
    stores.proxy.around = (_, forward) => forward();
    stores.clock.now = NOW;
  });

  const overview = async (): Promise<PatternOverview | undefined> =>
    (await stores.runtime.heads.overview()).find(row => row.pattern === pattern);

  async function resolved(from = 0, to = NOW + DAY): Promise<ResolvedRow[]> {
    const rows: ResolvedRow[] = [];
    for await (const page of stores.runtime.episodes.resolved(pattern, from, to)) rows.push(...page);
    return rows.sort((a, b) => (a.episodeId < b.episodeId ? -1 : 1));
  }

  /** Returns the stored items of the pattern's events. */
  async function stored(): Promise<Item[]> {
    const shards = eventPartitions(pattern).map(partition =>
      stores.db.query({
        TableName: 'events',
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :p',
        ExpressionAttributeValues: { ':p': partition },
      }),
    );
    return (await Promise.all(shards)).flat();
  }

  return {
    get stores() {
      return stores;
    },
    get pattern() {
      return pattern;
    },
    /** Returns the key of another pattern that only this test uses. */
    otherPattern: (family: string): PatternKey => parsePatternKey(`pm.${family}_${tests}.S1.entry`),
    event: (id: string, fields: object = {}): Episode =>
      readEpisode(eventBody(id, { pattern_key: pattern, ...fields }), NOW),
    report: (id: string, outcome: string, fields: object = {}): OutcomeReport =>
      readOutcomeReport({ pattern_key: pattern, episode_id: id, outcome, ...fields }, NOW),
    add: (...events: Episode[]) => stores.runtime.episodes.add(events),
    addBy: (sender: Sender, ...events: Episode[]) => stores.runtime.episodes.add(events, sender),
    resolve: (...reports: OutcomeReport[]) => stores.runtime.episodes.resolve(reports),
    resolveBy: (sender: Sender, ...reports: OutcomeReport[]) =>
      stores.runtime.episodes.resolve(reports, sender),
    counts: async () => (await overview())?.counts,
    conflicts: async () => (await overview())?.conflicts,
    resolved,
    stored,
    /** Returns the outcome history of each event that has one, without writers. */
    histories: async (): Promise<Record<string, string>> =>
      Object.fromEntries((await resolved()).map(row => [row.episodeId, withoutWriters(row.history)])),
  };
}
