import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import { createApp } from '../../shared/http/app.ts';
import { lookupRoutes } from '../../shared/http/routes/lookup.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { runCycle } from '../support/cycles.ts';
import type { Death } from '../support/dynamodb-proxy.ts';
import { dyingAt } from '../support/dynamodb-proxy.ts';
import { eventBody, S1 } from '../support/episodes.ts';
import { measurement, whole } from '../support/measurements.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

/*
 * A process dies at each of its writes in turn, while readers of two kinds look up without a pause: one that lives on
 * with its cache, and one that is new each time and reads the whole set from the store.
 */

const LOOK_UPS = 10_000;
const LOOK_UPS_PER_REQUEST = 12;
/** At least, around each death; there are 21, and a run of each kind that ends by itself. */
const LOOK_UPS_PER_DEATH = Math.ceil(LOOK_UPS / 24);
/** Slices: 2 to the power of it; several parts of lessons and of overrides. */
const DIMENSIONS = 9;
const scope = Object.fromEntries(Array.from({ length: DIMENSIONS }, (_, i) => [`d${i}`, 'x']));
/** Matches eight of them. */
const asked = { d0: 'x', d4: 'x', d8: 'x' };

let stores: Stores;
beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());

let sent = 0;
/** Makes another generation due. */
async function addMisses(): Promise<void> {
  const events = Array.from({ length: 12 }, () =>
    readEpisode(eventBody(`e${sent++}`, { outcome: 'success', scope }), stores.clock.now),
  );
  await stores.runtime.episodes.add(events);
}

/** The whole answer as text. */
function readerOf(runtime: Runtime): () => Promise<string> {
  const app = createApp(runtime.log);
  lookupRoutes(app, runtime);
  const body = JSON.stringify({ pattern_key: S1, scope: asked, thresholds: { ts_min: 0.6 } });
  return async () =>
    (await app.request('http://localhost/v1/overrides/lookup', { method: 'POST', body })).text();
}

/** Looks up until told to stop; each answer that differs is kept. @param pauseMs lets others have the processor */
function reading(ask: () => Promise<string>, pauseMs = 0) {
  const answers = new Set<string>();
  let asked = 0;
  let stopped = false;
  const look = async () => {
    answers.add(await ask());
    asked++;
  };
  const done = (async () => {
    for (; !stopped; await new Promise(resolve => setTimeout(resolve, pauseMs))) await look();
  })();
  return {
    answers,
    look,
    asked: () => asked,
    stop: async () => {
      stopped = true;
      await done;
      return asked;
    },
  };
}

const DEATHS: readonly Death[] = ['before', 'half', 'after'];

it(`[D3] dying at every write of a cycle, over ${LOOK_UPS} look-ups: each answer is wholly old or wholly new`, async () => {
  await addMisses();
  await runCycle(stores.runtime);
  const warm = readerOf(stores.another().runtime);
  const cold = () => readerOf(stores.another().runtime)();
  let lookUps = 0;
  const deaths: Record<Death, number> = { before: 0, half: 0, after: 0 };
  for (const death of DEATHS) {
    for (let k = 1; ; k++) {
      const before = await warm();
      await addMisses();
      const readers = [reading(warm), reading(cold, 10)];
      const victim = stores.another({ maxAttempts: 1 });
      const { around, died } = dyingAt(k, death);
      const look = async (times: number) => {
        for (let i = 0; i < times; i++) await readers[0]?.look();
      };
      // While the store works on each of its requests, and until long after its death, somebody looks up.
      victim.wire.around = async (request, forward) => {
        const [answer] = await Promise.allSettled([around(request, forward), look(LOOK_UPS_PER_REQUEST)]);
        if (answer.status === 'rejected') throw answer.reason;
        return answer.value;
      };
      await runCycle(victim.runtime).catch(() => undefined);
      await look(LOOK_UPS_PER_DEATH - (readers[0]?.asked() ?? 0));
      const between = new Set(readers.flatMap(r => [...r.answers]));
      const [run] = await runCycle(stores.runtime);
      const after = await warm();
      for (const reader of readers) lookUps += await reader.stop();
      expect(JSON.parse(after).generation).toBe(JSON.parse(before).generation + 1);
      expect(run).toMatchObject({ generation: JSON.parse(after).generation, events_read: sent });
      for (const reader of readers)
        for (const answer of reader.answers) expect([before, after], `${death} ${k}`).toContain(answer);
      expect(between.size).toBeLessThanOrEqual(2);
      if (!died()) break;
      deaths[death]++;
    }
  }
  // Opening, lessons, near slices, overrides, archive, head, two records: each of them was a place to die.
  expect(deaths).toEqual({ before: 7, half: 7, after: 7 });
  expect(lookUps).toBeGreaterThanOrEqual(LOOK_UPS);
  const died = deaths.before + deaths.half + deaths.after;
  measurement(
    5,
    `${died} deaths (each of 7 writes: before it, half done, before its answer), ${whole(lookUps)} look-ups meanwhile: 0 mixed answers, 0 cycles that did not converge`,
  );
}, 180_000);

it('[D5] what a dead process leaves behind expires', async () => {
  const victim = stores.another();
  let rows = 0;
  for (const TableName of ['lessons', 'overrides']) {
    const { Items = [] } = await victim.client.send(new ScanCommand({ TableName }));
    expect(Items.length).toBeGreaterThan(0);
    for (const item of Items) expect(Number(item.expires_at) * 1000).toBeGreaterThan(stores.clock.now);
    rows += Items.length;
  }
  measurement(5, `${rows} rows of lessons and overrides are left, in force or not: 0 without an expiry`);
});
