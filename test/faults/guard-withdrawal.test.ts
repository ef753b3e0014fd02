import { afterEach, beforeEach, expect, it } from 'vitest';
import { setMode, setSettings } from '../../shared/generation/change-head.ts';
import { createApp } from '../../shared/http/app.ts';
import { lookupRoutes } from '../../shared/http/routes/lookup.ts';
import type { LookupAnswer } from '../../shared/http/schemas/lookup-answer.ts';
import { lookupAnswerSchema } from '../../shared/http/schemas/lookup-answer.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { contenders } from '../support/contenders.ts';
import { runCycle } from '../support/cycles.ts';
import { crashAt } from '../support/dynamodb-proxy.ts';
import { addHarmfulPattern } from '../support/harmful-pattern.ts';
import { measurement } from '../support/measurements.ts';
import { randomOf } from '../support/random.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

/*
 * The guard withdraws what is in force, while processes crash and others write. Readers look up meanwhile: a warm one that
 * keeps its cache, and a cold one that reads everything anew.
 */

const OPERATOR = { who: 'token:operator', why: 'a test' };

let stores: Stores;
beforeEach(async () => {
  stores = await openStores();
});
afterEach(() => stores.close());

function readerOf(runtime: Runtime, pattern: PatternKey) {
  const app = createApp(runtime.log);
  lookupRoutes(app, runtime);
  const body = JSON.stringify({
    pattern_key: pattern,
    scope: { chain: 'solana' },
    thresholds: { ts_min: 0.6 },
  });
  return async (): Promise<LookupAnswer> =>
    lookupAnswerSchema.parse(
      await (await app.request('http://localhost/v1/overrides/lookup', { method: 'POST', body })).json(),
    );
}

const decisions = async (pattern: PatternKey) =>
  (await stores.runtime.changes.audits(pattern)).filter(({ who }) => who === 'system:guard');

/** Returns what a look-up serves: the mode, and the threshold that the bot uses. */
const served = ({ mode, thresholds }: LookupAnswer): string => `${mode} ${thresholds?.ts_min?.toFixed(4)}`;

it('[L8] A crash at any write of a withdrawal leaves readers with one generation, and the next run withdraws once', async () => {
  let crashes = 0;
  // A crash after a write leaves the same data as one before the next write.
  for (let write = 1; ; write++) {
    const pattern = parsePatternKey(`pm.crashed.S1.w${write}`);
    await addHarmfulPattern(stores, pattern);
    const warm = readerOf(stores.another().runtime, pattern);
    const cold = () => readerOf(stores.another().runtime, pattern)();
    const before = served(await warm());
    expect(before).toMatch(/^live 0\.3/);
    const seen = new Set<string>();
    const look = async () => {
      for (const answer of await Promise.all([warm(), cold()])) seen.add(served(answer));
    };
    const crashing = stores.another({ maxAttempts: 1 });
    const { around, crashed } = crashAt(write, 'before');
    crashing.proxy.around = async (request, forward) => {
      if (!/^(Put|Update|BatchWrite|BatchExecute)/.test(request.operation)) return around(request, forward);
      try {
        return await around(request, forward);
      } finally {
        await look();
      }
    };
    await runCycle(crashing.runtime, { pattern_key: pattern }).catch(() => undefined);
    await look();
    stores.clock.now += 60_000;
    await runCycle(stores.runtime, { pattern_key: pattern });
    expect(served(await cold())).toBe('off 0.6000');
    for (const answer of seen) expect([before, 'off 0.6000'], `write ${write}`).toContain(answer);
    expect(await decisions(pattern), `write ${write}`).toHaveLength(1);
    if (!crashed()) break;
    crashes++;
  }
  expect(crashes).toBeGreaterThan(12);
  measurement(
    5,
    `${crashes} crashes of a run that withdraws: 0 mixed answers, each withdrawn and audited once`,
  );
}, 120_000);

it('[L8] Two runs and an operator at once make one decision, which is audited once', async () => {
  const actions: readonly ((runtime: Runtime, pattern: PatternKey) => Promise<unknown>)[] = [
    (runtime, pattern) => setMode(runtime, pattern, 'frozen', OPERATOR),
    (runtime, pattern) => setMode(runtime, pattern, 'live', OPERATOR),
    (runtime, pattern) => setSettings(runtime, pattern, { n_min: 12 }, OPERATOR),
    (runtime, pattern) => setMode(runtime, pattern, 'off', OPERATOR),
  ];
  const random = randomOf(7);
  for (let round = 0; round < 8; round++) {
    const pattern = parsePatternKey(`pm.contested.S1.r${round}`);
    await addHarmfulPattern(stores, pattern);
    const [first, second, third] = contenders(stores, random);
    await Promise.all([
      runCycle(first, { pattern_key: pattern }),
      runCycle(second, { pattern_key: pattern }),
      actions[round % actions.length]?.(third, pattern),
    ]);
    stores.clock.now += 60_000;
    await runCycle(stores.runtime, { pattern_key: pattern });
    const head = await stores.runtime.heads.head(pattern);
    const audits = await stores.runtime.changes.audits(pattern);
    expect(
      audits.filter(({ who }) => who === OPERATOR.who),
      `round ${round}`,
    ).toHaveLength(1);
    expect(head?.mode).toBe('off');
    // An operator who turned the pattern off first leaves the guard nothing to decide.
    const isFirst = round % actions.length === 3;
    const counts = isFirst ? [0, 1] : [1];
    expect(counts, `round ${round}`).toContain((await decisions(pattern)).length);
  }
});
