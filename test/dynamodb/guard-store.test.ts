import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Block } from '../../shared/guard/flips.ts';
import type { GuardState } from '../../shared/guard/guard-state.ts';
import { evaluateTest, startTest } from '../../shared/guard/guard-test.ts';
import { DAY, HOUR, iso, NOW, S1, S2 } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';
import { randomOf } from '../support/random.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

let stores: Stores;
beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());

/** Returns the state of a year, with hourly generations, two challengers and a rollout. */
function largeState(): GuardState {
  const random = randomOf(5);
  const since = NOW - 365 * DAY;
  const blocks = Array.from({ length: 4 * 365 }, (_, i): Block => {
    const none = { success: 0, failure: 0, neutral: 0, unknown: 0 };
    const success = Math.floor(random() * 20);
    const index = Math.floor(since / (6 * HOUR)) + i;
    return {
      index,
      last: since + i * 6 * HOUR,
      loosened: { ...none, success, failure: 20 },
      tightened: none,
    };
  });
  const { test, result } = evaluateTest(startTest(since, 6, { win: 2, loss: 1 }, 'drift'), blocks, NOW);
  const kept = { id: 'a'.repeat(32), rows: 9, chunks: 1, kept_until: iso(NOW) };
  const sets = Array.from({ length: 5 }, (_, i) => ({
    from: i,
    overrides: kept,
    resolution: 'blend' as const,
  }));
  const tested = { sets, test, result };
  return {
    version: 1,
    as_of: iso(NOW),
    served: Array.from({ length: 28 * 24 }, (_, i) => [NOW - i * HOUR, i]),
    whole: test,
    recent: test,
    results: [result, result],
    challengers: [
      { policy: 'drift', ...tested },
      { policy: 'replay', ...tested },
    ],
    rollout: {
      generation: 9,
      kind: 'paired',
      test,
      result,
      arms: { events: 9, logged: 9, candidate: 9, control: 0, other: 0, differing: 0 },
    },
  };
}

it('The state of a guard takes a fraction of an item, comes back as it was, and yields to another run', async () => {
  const state = largeState();
  const { guards } = stores.runtime;
  expect(await guards.guard(S1)).toBeUndefined();
  expect(await guards.replaceGuard(S1, state)).toBe(true);
  expect(await guards.guard(S1)).toEqual(state);
  expect(await guards.replaceGuard(S1, state)).toBe(false);
  const item = await stores.db.get({ TableName: 'control', Key: { pk: `pattern#${S1}`, sk: 'guard' } });
  const { z: stored } = item ?? {};
  const bytes = stored instanceof Uint8Array ? stored.byteLength : 0;
  const text = JSON.stringify(state).length;
  measurement('guard', `the state of a year with a rollout: ${text} bytes of JSON, ${bytes} stored`);
  expect(bytes).toBeGreaterThan(1000);
  expect(bytes).toBeLessThan(100_000);
});

it('A state that an earlier version stored as text is read', async () => {
  const state = { version: 3, as_of: iso(NOW), served: [], results: [] };
  const Item = { pk: `pattern#${S2}`, sk: 'guard', v: 3, state: JSON.stringify(state) };
  await stores.db.put({ TableName: 'control', Item });
  const { guards } = stores.runtime;
  expect(await guards.guard(S2)).toEqual(state);
  expect(await guards.replaceGuard(S2, { ...state, version: 4 })).toBe(true);
  expect((await guards.guard(S2))?.version).toBe(4);
});
