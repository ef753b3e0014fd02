import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import { createApp } from '../../shared/http/app.ts';
import { adminRoutes } from '../../shared/http/routes/admin.ts';
import { lookupRoutes } from '../../shared/http/routes/lookup.ts';
import { lookupAnswerSchema } from '../../shared/http/schemas/lookup-answer.ts';
import { generationsAnswerSchema, headAnswerSchema } from '../../shared/http/schemas/patterns.ts';
import { runCycle } from '../support/cycles.ts';
import { connectionCut, randomFaults, retryThrottled } from '../support/dynamodb-proxy.ts';
import { eventBody, HOUR, iso, S1 } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';
import { randomOf } from '../support/random.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

/* These tests cover changes by an operator during a run, and clocks that change between runs. */

let stores: Stores;
beforeEach(async () => {
  stores = await openStores();
});
afterEach(() => stores.close());

let eventCount = 0;
/** Stores events that lead to a new generation. */
async function addMisses(n = 12): Promise<void> {
  const fields = { outcome: 'success', timestamp: iso(stores.clock.now) };
  const events = Array.from({ length: n }, () =>
    readEpisode(eventBody(`e${eventCount++}`, fields), stores.clock.now),
  );
  await stores.runtime.episodes.add(events);
}

/** Opens the API as another process would, with caches and a connection of its own. */
function openOperator() {
  const { proxy, runtime } = stores.another({ maxAttempts: 1 });
  const app = createApp(runtime.log);
  lookupRoutes(app, runtime);
  const starter = { start: () => Promise.reject(new Error('this test starts no run over HTTP')) };
  adminRoutes(app, { ...runtime, starter, cycleMaxAgeMinutes: 120 });
  const request = async (method: string, path: string, body?: object) => {
    const init = { method, ...(body && { body: JSON.stringify(body) }) };
    const response = await app.request(`http://localhost${path}`, init);
    expect([path, response.status]).toEqual([path, 200]);
    return response.json();
  };
  return { proxy, request };
}

const CHANGES = [
  ['off', 'PUT', 'mode', { mode: 'off', reason: 'halt' }, 'mode', 'mode off: halt'],
  ['shadow', 'PUT', 'mode', { mode: 'shadow', reason: 'look' }, 'mode', 'mode shadow: look'],
  ['frozen', 'PUT', 'mode', { mode: 'frozen', reason: 'hold' }, 'mode', 'mode frozen: hold'],
  ['frozen', 'POST', 'rollback', { generation: 1, reason: 'back' }, 'rollback', 'generation 1: back'],
] as const;

describe.each(CHANGES)('mode %s by %s %s during a run', (mode, method, path, body, what, why) => {
  it(`[O6] A change to ${mode} by ${method} ${path} at any request of a run with 30 % of calls throttled is in force from its acknowledgement on and is audited`, async () => {
    await addMisses();
    await runCycle(stores.runtime);
    await addMisses();
    await runCycle(stores.runtime);
    const operator = openOperator();
    const lookUp = async () =>
      lookupAnswerSchema.parse(
        await operator.request('POST', '/v1/overrides/lookup', {
          pattern_key: S1,
          scope: { chain: 'solana' },
        }),
      );
    let changes = 0;
    let lookUps = 0;
    for (let changeAt = 1; ; changeAt++) {
      operator.proxy.around = (_, forward) => forward();
      await operator.request('PUT', `/v1/patterns/${S1}/mode`, { mode: 'live', reason: 'again' });
      await addMisses();
      const random = randomOf(changeAt);
      operator.proxy.around = retryThrottled(randomFaults({ throttled: 0.3 }, random));
      const run = stores.another();
      const answers: Awaited<ReturnType<typeof lookUp>>[] = [];
      let requests = 0;
      let acknowledged: { mode: string; generation: number } | undefined;
      const throttled = randomFaults({ throttled: 0.3 }, random);
      run.proxy.around = retryThrottled(async (request, forward) => {
        if (++requests === changeAt) {
          stores.clock.now += 1000;
          acknowledged = headAnswerSchema.parse(
            await operator.request(method, `/v1/patterns/${S1}/${path}`, body),
          );
        }
        if (acknowledged) answers.push(await lookUp());
        return throttled(request, forward);
      });
      await runCycle(run.runtime);
      operator.proxy.around = (_, forward) => forward();
      if (!acknowledged) break;
      changes++;
      lookUps += answers.length + 1;
      for (const answer of answers) expect(answer.mode).toBe(mode);
      const answer = await lookUp();
      const servesOverrides = mode === 'frozen';
      expect(answer.mode, `request ${changeAt}`).toBe(mode);
      if (servesOverrides) expect(answer.generation, `request ${changeAt}`).toBe(acknowledged.generation);
      if (path === 'rollback') expect(answer.generation).toBe(1);
      expect(answer.overrides.length > 0).toBe(servesOverrides);
      const { changes: audited } = generationsAnswerSchema.parse(
        await operator.request('GET', `/v1/patterns/${S1}/generations`),
      );
      expect(audited[0]).toEqual({ who: 'local', at: iso(stores.clock.now), what, why });
    }
    // A run makes requests for its opening, the head, eight shards, lessons, near slices, overrides, the archive, the
    // head again and its records.
    expect(changes).toBeGreaterThan(20);
    const change = `${method} ${path} ${mode} at each of ${changes} requests of a run`;
    measurement(
      15,
      `${change}, 30 % of calls throttled: ${lookUps} look-ups afterwards, 0 that contradict it; audited`,
    );
  });
});

it('[I3] a head whose write was applied but whose response was lost counts as published in the record of its run', async () => {
  await addMisses();
  let lost = false;
  stores.proxy.around = async (request, forward) => {
    const answer = await forward();
    if (lost || !JSON.stringify(request.body.Item ?? '').includes('"head"')) return answer;
    lost = true;
    throw connectionCut();
  };
  expect(await runCycle(stores.runtime)).toMatchObject([
    { status: 'published', generation: 1, published: true },
  ]);
  expect(lost).toBe(true);
});

describe('the clock between two runs', () => {
  const generations = async () => {
    const head = await stores.runtime.heads.head(S1);
    const archived = await stores.runtime.heads.archived(S1);
    return [head?.current, ...archived].map(g => g?.generation);
  };

  it('[O5] a clock that moves back an hour between two runs neither repeats a generation number nor loses an event', async () => {
    await addMisses();
    expect(await runCycle(stores.runtime)).toMatchObject([
      { status: 'published', generation: 1, events_read: 12 },
    ]);
    stores.clock.now -= HOUR;
    await addMisses();
    // The `as_of` of this run lies an hour earlier, before the first twelve events.
    expect(await runCycle(stores.runtime)).toMatchObject([{ status: 'unchanged', events_read: 12 }]);
    await addMisses(13);
    expect(await runCycle(stores.runtime)).toMatchObject([
      { status: 'published', generation: 2, events_read: 25 },
    ]);
    stores.clock.now += HOUR;
    expect(await runCycle(stores.runtime)).toMatchObject([
      { status: 'published', generation: 3, events_read: 37 },
    ]);
    expect(await generations()).toEqual([3, 2, 1]);
    measurement(
      14,
      'the clock an hour back between two cycles: generations 1, 2, 3, all 37 events counted in the end',
    );
  });

  it('[F4] the run after a missed one reads the events that the missed run would have read', async () => {
    await addMisses();
    await runCycle(stores.runtime);
    stores.clock.now += HOUR;
    await addMisses();
    stores.clock.now += HOUR;
    await addMisses();
    expect(await runCycle(stores.runtime)).toMatchObject([
      { status: 'published', generation: 2, events_read: 36 },
    ]);
    measurement(14, 'an hour missed: all 36 events counted by the next cycle');
  });

  it('[I4] the second run changes nothing when a schedule fires twice', async () => {
    await addMisses();
    await runCycle(stores.runtime);
    expect(await runCycle(stores.runtime)).toMatchObject([
      { status: 'unchanged', generation: 1, published: false },
    ]);
    expect(await generations()).toEqual([1]);
    measurement(14, 'a schedule fired twice: 1 generation');
  });
});
