import { afterAll, beforeAll, expect, it } from 'vitest';
import { setSettings } from '../../shared/generation/change-head.ts';
import { verdictOf } from '../../shared/guard/verdict.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { runCycle } from '../support/cycles.ts';
import { openRolloutMarket } from '../support/rollout-market.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

const OPERATOR = { who: 'token:operator', why: 'a test' };

let stores: Stores;
beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());

it('A challenger is tested against what is in force on events after its overrides were computed, and moves nothing', async () => {
  const pattern = parsePatternKey('pm.challenged.S1.entry');
  const { runtime } = stores;
  const market = await openRolloutMarket(stores, pattern);
  await setSettings(
    runtime,
    pattern,
    { rollout: 'immediate', challengers: ['replay'], guard: 'notify' },
    OPERATOR,
  );
  await runCycle(runtime);
  const sets: (number | undefined)[] = [];
  for (let day = 0; day < 16; day++) {
    // Drift is in force from the first run on, so the first test begins with the second.
    await market.pass(24, { outcome: () => 'failure' });
    await runCycle(runtime);
    sets.push((await runtime.guards.guard(pattern))?.challengers?.[0]?.sets.length);
  }
  expect(sets).toEqual([...Array(7).fill(1), ...Array(7).fill(2), ...Array(2).fill(3)]);
  const state = await runtime.guards.guard(pattern);
  const [challenger] = state?.challengers ?? [];
  if (!state || !challenger) throw new Error('the run stored no test');
  // Replay takes nothing below the base threshold. Each event that drift took since would have been a dodge.
  const sinceFirstDay = (state.results[0]?.loosened.failure ?? 0) - 24;
  expect(sinceFirstDay).toBeGreaterThan(100);
  expect(challenger).toMatchObject({
    policy: 'replay',
    result: { loosened: { failure: 0 }, tightened: { success: 0, failure: sinceFirstDay, unknown: 0 } },
  });
  expect(verdictOf(challenger.result)).toBe('gaining');
  const head = await runtime.heads.head(pattern);
  expect(head).toMatchObject({ mode: 'live', current: { policy: 'drift' } });
});
