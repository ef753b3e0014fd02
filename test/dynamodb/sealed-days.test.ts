import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TTL_ATTRIBUTE } from '../../shared/dynamodb/keys.ts';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import type { ResolvedRow } from '../../shared/episode/episode-store.ts';
import type { OutcomeReport } from '../../shared/episode/outcome.ts';
import { SealedEvents } from '../../shared/episode/sealed-days.ts';
import { DAY, eventBody, HOUR, iso, NOW, S1 } from '../support/episodes.ts';
import { randomOf } from '../support/random.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

let stores: Stores;
beforeEach(async () => {
  stores = await openStores();
});
afterEach(() => stores.close());

/** More than the least number of events of a day that is sealed. */
const PER_DAY = 60;
const WINDOW = 20 * DAY;
const now = (): number => stores.clock.now;

/** Stores events of one day, as they come in that day; the outcome is known an hour later. */
async function addDay(day: number, sent = NOW): Promise<void> {
  stores.clock.now = sent;
  const bodies = Array.from({ length: PER_DAY }, (_, i) => {
    const timestamp = day + i * 1000;
    return eventBody(`e-${day}-${i}`, {
      scope: { chain: i % 2 === 0 ? 'solana' : 'base' },
      timestamp: iso(timestamp),
      outcome: i % 3 === 0 ? 'success' : 'failure',
      resolved_at: iso(timestamp + HOUR),
    });
  });
  await stores.runtime.episodes.add(bodies.map(body => readEpisode(body, now())));
}

interface ReadWindow {
  readonly rows: readonly string[];
  /** Events that came from the store, and not from a seal. */
  readonly fromStore: number;
  readonly differences: readonly string[];
}

const text = ({ time, packed, history }: ResolvedRow): string =>
  `${time} ${Buffer.from(packed).toString('hex')} ${history}`;

/** Reads the window as a run does, in another process. */
async function readWindow(seals = true, idsFrom?: number): Promise<ReadWindow> {
  const { runtime } = stores.another();
  let fromStore = 0;
  const counted = {
    async *resolved(...args: Parameters<typeof runtime.episodes.resolved>) {
      for await (const page of runtime.episodes.resolved(...args)) {
        fromStore += page.length;
        yield page;
      }
    },
  };
  const settings = { now, retentionDays: 400 };
  const events = new SealedEvents(counted, runtime.sealedDays, settings, idsFrom);
  const rows: string[] = [];
  for await (const page of events.resolved(S1, now() - WINDOW, now())) rows.push(...page.map(text));
  if (seals) await events.seal(S1);
  return { rows: rows.sort(), fromStore, differences: events.differed() };
}

/** Returns the rows of the window as the store has them. */
async function storedRows(): Promise<string[]> {
  const rows: string[] = [];
  for await (const page of stores.runtime.episodes.resolved(S1, now() - WINDOW, now()))
    rows.push(...page.map(text));
  return rows.sort();
}

const correction = (day: number, at: number): OutcomeReport => ({
  pattern: S1,
  episodeId: `e-${day}-0`,
  window: undefined,
  revision: { outcome: 'neutral', resolvedAt: at, correction: true },
  factors: {},
});

describe('sealed days', () => {
  const START = NOW - 12 * HOUR;

  it('[D10] a run reads days that change no more from their seals, and the same events', async () => {
    for (let day = 8; day > 0; day--) await addDay(START - day * DAY, START - day * DAY + 2 * HOUR);
    stores.clock.now = NOW;
    const first = await readWindow();
    expect(first).toMatchObject({ fromStore: 8 * PER_DAY, differences: [] });
    const second = await readWindow();
    // The last three days are read from the events, and one day a run is compared with its seal.
    expect(second.fromStore).toBe(4 * PER_DAY);
    expect(second.rows).toEqual(first.rows);
    expect(second.rows).toEqual(await storedRows());
  });

  it('[D10] an outcome, a correction and an event of a sealed day are in the next run', async () => {
    const day = START - 8 * DAY;
    await addDay(day, day + 2 * HOUR);
    stores.clock.now = NOW;
    await readWindow();
    expect((await readWindow(false)).fromStore).toBe(PER_DAY);
    stores.clock.now = NOW + HOUR;
    await readWindow();
    await stores.runtime.episodes.resolve([correction(day, NOW)]);
    const corrected = await readWindow();
    expect(corrected.rows).toEqual(await storedRows());
    expect(corrected).toMatchObject({ fromStore: PER_DAY, differences: [] });
    // Later than the time in which a process marks a day once.
    stores.clock.now = NOW + 4 * HOUR;
    const late = { timestamp: iso(day + 5000), outcome: 'success', resolved_at: iso(day + HOUR) };
    await stores.runtime.episodes.add([readEpisode(eventBody('late', late), now())]);
    expect((await readWindow()).rows).toEqual(await storedRows());
  });

  it('a day that changes is sealed again a day after its last change', async () => {
    const days = [START - 9 * DAY, START - 8 * DAY, START - 7 * DAY];
    for (const day of days) await addDay(day, NOW);
    for (const hours of [0, 12, 23]) {
      stores.clock.now = NOW + hours * HOUR;
      expect((await readWindow()).fromStore).toBe(3 * PER_DAY);
    }
    stores.clock.now = NOW + 24 * HOUR;
    await readWindow();
    expect((await readWindow()).fromStore).toBe(PER_DAY);
  });

  it('[D10] a day that is marked while a run reads it is not sealed', async () => {
    const day = START - 8 * DAY;
    await addDay(day, day + 2 * HOUR);
    stores.clock.now = NOW;
    const settings = { now, retentionDays: 400 };
    const { episodes, sealedDays } = stores.runtime;
    const events = new SealedEvents(episodes, sealedDays, settings);
    for await (const _ of events.resolved(S1, NOW - WINDOW, NOW));
    await episodes.resolve([correction(day, NOW)]);
    await events.seal(S1);
    const { seal } = (await sealedDays.states(S1, 0, 999_999)).get(Math.floor(day / DAY)) ?? {};
    expect(seal).toBeUndefined();
    expect((await readWindow()).rows).toEqual(await storedRows());
  });

  it('[D11] an outcome that comes while a run compares a sealed day is no difference', async () => {
    const day = START - 8 * DAY;
    await addDay(day, day + 2 * HOUR);
    stores.clock.now = NOW;
    await readWindow();
    const { episodes, sealedDays } = stores.runtime;
    const writing = {
      async *resolved(...args: Parameters<typeof episodes.resolved>) {
        await episodes.resolve([correction(day, NOW)]);
        yield* episodes.resolved(...args);
      },
    };
    const events = new SealedEvents(writing, sealedDays, { now, retentionDays: 400 });
    for await (const _ of events.resolved(S1, NOW - WINDOW, NOW));
    await events.seal(S1);
    expect(events.differed()).toEqual([]);
    const { seal } = (await sealedDays.states(S1, 0, 999_999)).get(Math.floor(day / DAY)) ?? {};
    expect(seal).toBeUndefined();
  });

  it('[D10] the mark of a day outlives the writer that relies on it, however old the day is', async () => {
    const day = START - 900 * DAY;
    await addDay(day);
    const [mark] = await stores.db.query({
      TableName: 'control',
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': `days#${S1}` },
    });
    expect(Number(mark?.[TTL_ATTRIBUTE])).toBeGreaterThan((NOW + DAY) / 1000);
  });

  it('[D11] a damaged part of a sealed day is reported, and the day is read from its events', async () => {
    for (const day of [9, 8, 7]) await addDay(START - day * DAY, START - day * DAY + 2 * HOUR);
    stores.clock.now = NOW;
    await readWindow();
    const items = await stores.db.query({
      TableName: 'control',
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': `sealed#${S1}` },
    });
    expect(items).toHaveLength(3);
    for (const item of items.slice(1))
      await stores.db.put({ TableName: 'control', Item: { ...item, z: Buffer.from('broken') } });
    const damaged = await readWindow();
    expect(damaged.differences).toHaveLength(2);
    expect(damaged.rows).toEqual(await storedRows());
    expect(await readWindow()).toMatchObject({ differences: [], fromStore: PER_DAY });
  });

  it('[D11] a change without a mark, as an earlier version writes, is found and reported within a week', async () => {
    for (const day of [9, 8, 7]) await addDay(START - day * DAY, START - day * DAY + 2 * HOUR);
    stores.clock.now = NOW;
    await readWindow();
    const [event] = await stores.db.query({
      TableName: 'events',
      IndexName: 'outcomes',
      KeyConditionExpression: 'rk = :p',
      ExpressionAttributeValues: { ':p': `${S1}#0` },
    });
    await stores.db.update({
      TableName: 'events',
      Key: { pk: event?.pk, sk: event?.sk },
      UpdateExpression: 'SET o = :o',
      ExpressionAttributeValues: { ':o': `n${NOW - DAY}` },
    });
    const differences: string[] = [];
    for (let hour = 1; hour <= 3; hour++) {
      stores.clock.now = NOW + hour * HOUR;
      differences.push(...(await readWindow()).differences);
    }
    expect(differences).toHaveLength(1);
    expect((await readWindow()).rows).toEqual(await storedRows());
  });

  it('events from the time of a candidate on keep their ids', async () => {
    for (const day of [9, 8]) await addDay(START - day * DAY, START - day * DAY + 2 * HOUR);
    stores.clock.now = NOW;
    await readWindow();
    expect((await readWindow(false, START - 20 * DAY)).fromStore).toBe(2 * PER_DAY);
  });

  it('a seal counts no more when the store forgets its events', async () => {
    const day = START - 8 * DAY;
    await addDay(day, day + 2 * HOUR);
    await addDay(day + DAY, day + DAY + 2 * HOUR);
    stores.clock.now = NOW;
    await readWindow();
    stores.clock.now = day + 400 * DAY;
    const events = new SealedEvents({ resolved: async function* () {} }, stores.runtime.sealedDays, {
      now,
      retentionDays: 400,
    });
    const rows: ResolvedRow[] = [];
    for await (const page of events.resolved(S1, day - DAY, day + 3 * DAY)) rows.push(...page);
    expect(rows).toEqual([]);
  });

  it('[D10] reading equals the store after random writes, runs and pauses', async () => {
    for (let seed = 1; seed <= 2; seed++) {
      await stores.close();
      stores = await openStores();
      const random = randomOf(seed);
      stores.clock.now = NOW;
      let n = 0;
      for (let step = 0; step < 40; step++) {
        const choice = random();
        const age = Math.floor(random() * 12) * DAY;
        const day = Math.floor((now() - age) / DAY) * DAY;
        const writer = random() < 0.5 ? stores.runtime : stores.another().runtime;
        if (choice < 0.3) {
          const bodies = Array.from({ length: 55 }, () => {
            const timestamp = Math.min(now(), day + Math.floor(random() * DAY));
            const outcome = random() < 0.8 ? { outcome: 'success', resolved_at: iso(timestamp) } : {};
            return eventBody(`s${n++}`, { timestamp: iso(timestamp), ...outcome });
          });
          await writer.episodes.add(bodies.map(body => readEpisode(body, now())));
        } else if (choice < 0.6) {
          const reports = Array.from({ length: 3 }, (_, i) => ({
            ...correction(0, now() + i),
            episodeId: `s${Math.floor(random() * Math.max(1, n))}`,
          }));
          await writer.episodes.resolve(reports);
        } else if (choice < 0.8) stores.clock.now += Math.floor(random() * 40) * HOUR;
        const { rows, differences } = await readWindow();
        expect(rows).toEqual(await storedRows());
        expect(differences).toEqual([]);
      }
    }
  });
});
