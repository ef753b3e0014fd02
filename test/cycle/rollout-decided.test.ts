import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MinedPattern } from '../../shared/cycle/cycle.ts';
import { openStep } from '../../shared/cycle/steps/open.ts';
import { publishStep } from '../../shared/cycle/steps/publish.ts';
import { tuneStep } from '../../shared/cycle/steps/tune.ts';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import { rollBack, setMode, setSettings } from '../../shared/generation/change-head.ts';
import type { Head } from '../../shared/generation/head.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { runCycle } from '../support/cycles.ts';
import { iso } from '../support/episodes.ts';
import { openRolloutMarket } from '../support/rollout-market.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

/* What becomes of the result of a run when its rollout is decided by the same run, or ended by an operator. */

const OPERATOR = { who: 'token:operator', why: 'a test' };

let stores: Stores;
beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());

const headOf = async (pattern: PatternKey): Promise<Head | undefined> => stores.runtime.heads.head(pattern);
const run = async (pattern: PatternKey) => {
  stores.clock.now += 1;
  return (await runCycle(stores.runtime, { pattern_key: pattern, publish: undefined, reason: undefined }))[0];
};

/** Opens a pattern with generation 1 in force, and generation 2 with other overrides as its candidate. */
async function triedSecond(name: string): Promise<PatternKey> {
  const { runtime } = stores;
  const pattern = parsePatternKey(`pm.${name}.S1.entry`);
  await openRolloutMarket(stores, pattern);
  await setSettings(runtime, pattern, { rollout: 'immediate' }, OPERATOR);
  expect(await run(pattern)).toMatchObject({ status: 'published', generation: 1 });
  await setSettings(runtime, pattern, { rollout: 'guarded', lookback_days: 10 }, OPERATOR);
  expect(await run(pattern)).toMatchObject({ status: 'held', reason_code: 'candidate_started' });
  return pattern;
}

/** Runs the steps of a pattern; between them its state gets the decision to promote the candidate. */
async function runThatPromotes(pattern: PatternKey) {
  const { runtime, clock } = stores;
  clock.now += 1;
  const execution = { name: `promotes ${pattern}`, started_at: iso(clock.now) };
  const { cycle } = await openStep(runtime, { execution, options: { pattern_key: pattern } });
  const mined: MinedPattern = await tuneStep(runtime, { cycle, pattern_key: pattern });
  const state = await runtime.guards.guard(pattern);
  if (!state?.rollout) throw new Error('the pattern has no rollout');
  const decision = { action: 'promote', at: iso(clock.now), share: 0.1, sentence: 'a gain' } as const;
  const rollout = { ...state.rollout, decision };
  expect(await runtime.guards.replaceGuard(pattern, { ...state, version: state.version + 1, rollout })).toBe(
    true,
  );
  return publishStep(runtime, { cycle, mined });
}

function neutralEvent(pattern: PatternKey) {
  const { now } = stores.clock;
  const scope = { chain: 'solana' };
  const factors = { ts_score: 0.4, ts_min: 0.6, halo_distance: 0.5, halo_max: 1 };
  const known = { outcome: 'neutral', resolved_at: iso(now) };
  const event = { pattern_key: pattern, episode_id: 'neutral', decision: 'skipped', scope, factors };
  return readEpisode({ ...event, timestamp: iso(now - 1000), ...known }, now);
}

it('A run that promotes a candidate does not replace it with the overrides that were in force before', async () => {
  const pattern = await triedSecond('replaced');
  await setSettings(stores.runtime, pattern, { lookback_days: 90 }, OPERATOR);
  const entry = await runThatPromotes(pattern);
  const head = await headOf(pattern);
  expect(head?.current?.generation).toBe(2);
  expect(entry).toMatchObject({ status: 'held', reason_code: 'candidate_started', generation: 2 });
  expect(head?.candidate?.generation.generation).toBe(3);
});

it('A run that promotes a candidate does not try equal overrides again', async () => {
  const pattern = await triedSecond('equal');
  // An event that neither won nor lost changes the lessons alone.
  await stores.runtime.episodes.add([neutralEvent(pattern)]);
  expect(await runThatPromotes(pattern)).toMatchObject({ status: 'published', generation: 3 });
  const head = await headOf(pattern);
  expect(head).not.toHaveProperty('candidate');
});

it('The overrides of a candidate that an operator rolled back are not tried again for 14 days', async () => {
  const { runtime } = stores;
  const pattern = await triedSecond('back');
  await rollBack(runtime, pattern, 1, OPERATOR);
  expect(await headOf(pattern)).toMatchObject({ mode: 'frozen', tried: [{ generation: 2 }] });
  await setMode(runtime, pattern, 'live', OPERATOR);
  expect(await run(pattern)).toMatchObject({ status: 'held', reason_code: 'candidate_tried_before' });
});

it('A run warns of rows that are missing in what is in force while a candidate is tried', async () => {
  const pattern = await triedSecond('damaged');
  const current = (await headOf(pattern))?.current;
  const pk = `${pattern}@${current?.overrides.id}`;
  const rows = await stores.db.query({
    TableName: 'overrides',
    KeyConditionExpression: 'pk = :p',
    ExpressionAttributeValues: { ':p': pk },
  });
  for (const { sk } of rows) await stores.db.delete({ TableName: 'overrides', Key: { pk, sk } });
  const entry = await run(pattern);
  expect(entry).toMatchObject({ status: 'held', reason_code: 'candidate_pinned', generation: 1 });
  expect(entry?.warnings.map(({ code }) => code)).toContain('generation_damaged');
});

it('The entry of a change that ends a rollout names the generation that was tried', async () => {
  const { runtime } = stores;
  const off = await triedSecond('off');
  // The list of changes has no order within a millisecond.
  stores.clock.now += 1;
  await setMode(runtime, off, 'off', OPERATOR);
  const back = await triedSecond('rolledback');
  stores.clock.now += 1;
  await rollBack(runtime, back, 1, OPERATOR);
  const whys = [off, back].map(async pattern => (await runtime.changes.audits(pattern))[0]?.why);
  expect(await Promise.all(whys)).toEqual([
    'mode off: a test; the rollout of generation 2 ends',
    'generation 1: a test; the rollout of generation 2 ends',
  ]);
});
