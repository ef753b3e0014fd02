import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MAX_ITEM_BYTES } from '../../shared/dynamodb/item-size.ts';
import { MAX_ANSWER_BYTES } from '../../shared/http/answer-size.ts';
import type { NearLesson } from '../../shared/lesson/lesson.ts';
import { scopeHash } from '../../shared/pattern/scope-hash.ts';
import { openApi } from '../support/api.ts';
import { iso, NOW, S1 } from '../support/episodes.ts';
import { measurement, whole } from '../support/measurements.ts';
import { randomOf } from '../support/random.ts';
import { handedOnBytesOf, storedItemBytes } from '../support/sizes.ts';

/* Every stored item stays below the limit of DynamoDB, whatever valid input makes it. */

async function openSized() {
  let settings: DynamoDBClientConfig = {};
  const api = await openApi({
    now: () => NOW,
    changeClientSettings: base => {
      settings = base;
      return base;
    },
  });
  return { api, sizes: () => storedItemBytes(settings) };
}

const random = randomOf(7);
/** Returns 128 random characters: Han takes 3 bytes each in UTF-8, and compresses little. */
const longValue = (first = 0x4e00, last = 0x9fa5): string =>
  Array.from({ length: 128 }, () => String.fromCodePoint(first + Math.floor(random() * (last - first)))).join(
    '',
  );

it('[B1] A run over values of 128 Han characters mines the pattern, although 500 of its rows exceed an item', async () => {
  const { api, sizes } = await openSized();
  for (let i = 0; i < 16; i++) {
    const scope = Object.fromEntries(Array.from({ length: 8 }, (_, d) => [`d${d}`, longValue()]));
    const event = { pattern_key: S1, decision: 'skipped', outcome: 'failure', scope, timestamp: iso(NOW) };
    await api.postEvents([0, 1, 2].map(copy => ({ ...event, episode_id: `${i}-${copy}` })));
  }
  const cycle = await api.cycle({ n_min: 3 });
  expect(cycle.patterns).toMatchObject([{ status: 'published', lessons: 16 * 255 + 1 }]);
  const chunks = [...(await sizes())].filter(([key]) => key.startsWith('pm-tuning-lessons'));
  expect(chunks.length).toBeGreaterThan(Math.ceil((16 * 255 + 1) / 500));
  expect(Math.max(...chunks.map(([, bytes]) => bytes))).toBeLessThan(MAX_ITEM_BYTES);
  expect(await api.lessons(S1)).toHaveLength(16 * 255 + 1);
  await api.close();
});

it('[B1] A list of near lessons that exceeds an item is stored whole, and read in its order, page by page', async () => {
  const { api, sizes } = await openSized();
  const near = Array.from({ length: 100 }, (_, i): NearLesson => {
    const dimensions = Array.from({ length: 64 }, (_, d) => `${'a'.repeat(60)}${d}`).toSorted();
    const scope_subset = Object.fromEntries(dimensions.map(name => [name, longValue(0x1_0000, 0x1_ffff)]));
    const counts = { n_acted: 0, n_skipped: 30, n_wins: 0, n_fps: 0, n_misses: 1, n_dodges: 29, n_total: 30 };
    const stats = { ...counts, wr: 0, fpr: 0, mr: 1 / 30, dr: 29 / 30 };
    const fields = { scope_subset, scope_hash: scopeHash(scope_subset), n: 30, stats, lacks: 1 + (i % 3) };
    return { action_category: 'tuning', ...fields };
  });
  await api.service.runtime.heads.register([S1]);
  await api.service.runtime.heads.putNear(S1, near);
  const largest = Math.max(...(await sizes()).values());
  expect(largest).toBeLessThan(MAX_ITEM_BYTES);
  expect(largest).toBeGreaterThan(MAX_ITEM_BYTES / 4);
  const stored = await api.near(S1);
  expect(stored).toHaveLength(100);
  expect(stored.map(({ lacks }) => lacks)).toEqual(near.map(({ lacks }) => lacks).toSorted());
  expect(new Set(stored.map(row => row.scope_hash))).toEqual(new Set(near.map(row => row.scope_hash)));
  await api.close();
});

/** Texts that grow in JSON or in UTF-8, or that compress badly. */
const hostileText = (max: number) =>
  fc
    .array(fc.constantFrom('"', '\\', 'é', '試', '\u{1F600}', '\u{10FFFD}', '\u0001', 'x'), {
      minLength: 1,
      maxLength: max,
    })
    .map(characters => `v${characters.join('')}`);
const dimension = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{40,63}$/);
const hostileScope = fc
  .uniqueArray(fc.tuple(dimension, hostileText(127)), { selector: ([name]) => name, maxLength: 9 })
  .map(pairs => Object.fromEntries(pairs));
const hostilePattern = fc
  .tuple(fc.stringMatching(/^[a-z][a-z0-9_]{63}$/), fc.constantFrom('S1.entry', 'S2.entry', 'S3.dx'))
  .map(([family, rest]) => `pm.${family}.${rest}`);
const hostileWorld = fc.record({
  pattern: hostilePattern,
  scopes: fc.array(hostileScope, { minLength: 1, maxLength: 6 }),
  ids: hostileText(100).map(text => text.replaceAll('\u0001', '')),
  reason: hostileText(400),
  policy: fc.constantFrom('drift', 'replay'),
});

it('[B1] [B3] Random input at the limits of the contract makes no item and no answer above its limit', async () => {
  let largest = 0;
  await fc.assert(
    fc.asyncProperty(hostileWorld, async ({ pattern, scopes, ids, reason, policy }) => {
      const { api, sizes } = await openSized();
      for (const [s, scope] of scopes.entries()) {
        const fields = { scope, timestamp: iso(NOW), factors: { ts_score: 0.5, ts_min: 0.6, dx_count: 2 } };
        const events = Array.from({ length: 7 }, (_, i) => ({
          pattern_key: pattern,
          episode_id: `${s}-${i}-${ids}`,
          decision: i % 2 ? 'acted' : 'skipped',
          outcome: 'success',
          ...fields,
        }));
        await api.postEvents(events);
      }
      await api.postOutcomes([{ pattern_key: pattern, episode_id: `never ${ids}`, outcome: 'failure' }]);
      const settings = { n_min: 5, policy, reason };
      expect((await api.send('PUT', `/v1/patterns/${pattern}/settings`, settings)).status).toBe(200);
      const cycle = await api.cycle();
      expect(cycle.patterns.map(run => run.status)).not.toContain('failed');
      for (const [key, bytes] of await sizes()) {
        largest = Math.max(largest, bytes);
        if (bytes >= MAX_ITEM_BYTES) throw new Error(`${key} has ${bytes} bytes`);
      }
      for (const path of [
        `/v1/lessons?pattern_key=${pattern}&limit=1000`,
        `/v1/lessons?pattern_key=${pattern}&limit=1000&near=true`,
        `/v1/overrides?pattern_key=${pattern}&limit=1000`,
        `/v1/snapshots/${pattern}?form=compact`,
        `/v1/patterns/${pattern}/generations`,
        `/v1/patterns/${pattern}/evidence`,
        `/v1/cycles/${cycle.cycle_id}`,
        '/v1/status',
      ]) {
        const response = await api.send('GET', path);
        expect([path, response.status]).toEqual([path, 200]);
        expect(await handedOnBytesOf(response)).toBeLessThanOrEqual(MAX_ANSWER_BYTES);
      }
      await api.close();
    }),
    { numRuns: 12 },
  );
  expect(largest).toBeGreaterThan(5_000);
  measurement(
    'items',
    `largest item that hostile input made: ${whole(largest)} of ${whole(MAX_ITEM_BYTES)} bytes`,
  );
});
