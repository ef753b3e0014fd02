import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import { createApp } from '../../shared/http/app.ts';
import { lookupRoutes } from '../../shared/http/routes/lookup.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { runCycle } from '../support/cycles.ts';
import type { CrashPoint } from '../support/dynamodb-proxy.ts';
import { crashAt } from '../support/dynamodb-proxy.ts';
import { eventBody, S1 } from '../support/episodes.ts';
import { measurement, whole } from '../support/measurements.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

/*
 * In these tests a process crashes at each of its writes in turn. Meanwhile two readers look up repeatedly: a warm one
 * that keeps its cache, and a cold one that reads the whole set from the store each time.
 */

/**
 * Writes of one run: its list of patterns, opening, lessons, overrides, evidence, archive, two items of the list of
 * changes, head, the record of the pattern, the closing, and the last cycle; the state of the guard; and the model of the
 * day. Near lessons, dimensions, daily results, samples of counters and overrides of past weeks are written only when they
 * change or are due, which they are not here.
 */
const WRITES = 14;
const LOOK_UPS = 10_000;
const LOOK_UPS_PER_REQUEST = 8;
/** Minimum number of look-ups around each crash. There are 42 crashes, and 3 runs without one. */
const LOOK_UPS_PER_CRASH = Math.ceil(LOOK_UPS / 45);
/** 2 to this power is the number of slices, enough for several chunks of lessons and of overrides. */
const DIMENSIONS = 9;
const scope = Object.fromEntries(Array.from({ length: DIMENSIONS }, (_, i) => [`d${i}`, 'x']));
/** A scope that matches eight slices. */
const LOOKED_UP_SCOPE = { d0: 'x', d4: 'x', d8: 'x' };

let stores: Stores;
beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());

let eventCount = 0;
/** Stores events that lead to a new generation. */
async function addMisses(): Promise<void> {
  const events = Array.from({ length: 12 }, () =>
    readEpisode(eventBody(`e${eventCount++}`, { outcome: 'success', scope }), stores.clock.now),
  );
  await stores.runtime.episodes.add(events);
}

/** Returns a function that looks up and returns the whole answer as text. */
function readerOf(runtime: Runtime): () => Promise<string> {
  const app = createApp(runtime.log);
  lookupRoutes(app, runtime);
  const body = JSON.stringify({ pattern_key: S1, scope: LOOKED_UP_SCOPE, thresholds: { ts_min: 0.6 } });
  return async () =>
    (await app.request('http://localhost/v1/overrides/lookup', { method: 'POST', body })).text();
}

/** Starts to look up repeatedly until `stop`, and collects the different answers. @param pauseMs pause between look-ups */
function startReader(lookUp: () => Promise<string>, pauseMs = 0) {
  const answers = new Set<string>();
  let count = 0;
  let stopped = false;
  const lookOnce = async () => {
    answers.add(await lookUp());
    count++;
  };
  const done = (async () => {
    for (; !stopped; await new Promise(resolve => setTimeout(resolve, pauseMs))) await lookOnce();
  })();
  return {
    answers,
    look: lookOnce,
    count: () => count,
    stop: async () => {
      stopped = true;
      await done;
      return count;
    },
  };
}

const CRASH_POINTS: readonly CrashPoint[] = ['before', 'half', 'after'];

it(`[D3] Every look-up during a run that crashes at any write gets the old generation or the new one`, async () => {
  await addMisses();
  await runCycle(stores.runtime);
  const warm = readerOf(stores.another().runtime);
  const cold = () => readerOf(stores.another().runtime)();
  let lookUps = 0;
  const crashes: Record<CrashPoint, number> = { before: 0, half: 0, after: 0 };
  for (const point of CRASH_POINTS) {
    for (let crashingWrite = 1; ; crashingWrite++) {
      const before = await warm();
      await addMisses();
      const readers = [startReader(warm), startReader(cold, 10)];
      const crashing = stores.another({ maxAttempts: 1 });
      const { around, crashed } = crashAt(crashingWrite, point);
      const lookUpTimes = async (times: number) => {
        for (let i = 0; i < times; i++) await readers[0]?.look();
      };
      // Look-ups run during each request of the crashing run, and long after the crash.
      crashing.proxy.around = async (request, forward) => {
        const [answer] = await Promise.allSettled([
          around(request, forward),
          lookUpTimes(LOOK_UPS_PER_REQUEST),
        ]);
        if (answer.status === 'rejected') throw answer.reason;
        return answer.value;
      };
      await runCycle(crashing.runtime).catch(() => undefined);
      await lookUpTimes(LOOK_UPS_PER_CRASH - (readers[0]?.count() ?? 0));
      const answersUntilRecovery = new Set(readers.flatMap(r => [...r.answers]));
      const [run] = await runCycle(stores.runtime);
      const after = await warm();
      for (const reader of readers) lookUps += await reader.stop();
      expect(JSON.parse(after).generation).toBe(JSON.parse(before).generation + 1);
      expect(run).toMatchObject({ generation: JSON.parse(after).generation, events_read: eventCount });
      for (const reader of readers)
        for (const answer of reader.answers)
          expect([before, after], `${point} ${crashingWrite}`).toContain(answer);
      expect(answersUntilRecovery.size).toBeLessThanOrEqual(2);
      if (!crashed()) break;
      crashes[point]++;
    }
  }
  expect(crashes).toEqual({ before: WRITES, half: WRITES, after: WRITES });
  expect(lookUps).toBeGreaterThanOrEqual(LOOK_UPS);
  const total = crashes.before + crashes.half + crashes.after;
  measurement(
    5,
    `${total} crashes (at each of ${WRITES} writes: before it, half done, before its response), ${whole(lookUps)} look-ups meanwhile: 0 mixed answers, 0 cycles that did not converge`,
  );
}, 400_000);

it('[D5] every row that a crashed process leaves behind expires', async () => {
  const crashing = stores.another();
  let rows = 0;
  for (const TableName of ['lessons', 'overrides']) {
    const { Items = [] } = await crashing.client.send(new ScanCommand({ TableName }));
    expect(Items.length).toBeGreaterThan(0);
    for (const item of Items) expect(Number(item.expires_at) * 1000).toBeGreaterThan(stores.clock.now);
    rows += Items.length;
  }
  measurement(5, `${rows} rows of lessons and overrides are left, in force or not: 0 without an expiry`);
});
