import { afterAll, beforeAll, expect, it } from 'vitest';
import { setMode, setSettings, steerRollout } from '../../shared/generation/change-head.ts';
import type { Head } from '../../shared/generation/head.ts';
import { candidateSentence } from '../../shared/guard/rollout/candidate-sentence.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { runCycle } from '../support/cycles.ts';
import { randomOf } from '../support/random.ts';
import { openRolloutMarket } from '../support/rollout-market.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

const DAY = 86_400_000;
const OPERATOR = { who: 'token:operator', why: 'a test' };

let stores: Stores;
beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());

const headOf = async (pattern: PatternKey) => {
  const head = await stores.runtime.heads.head(pattern);
  if (!head) throw new Error('the pattern has no head');
  return head;
};
/** Runs as the schedule does: an order of an operator would put the result in force at once. */
const run = async (pattern: PatternKey) => {
  // The list of changes has no order within a millisecond.
  stores.clock.now += 1;
  return (await runCycle(stores.runtime, { pattern_key: pattern, publish: undefined, reason: undefined }))[0];
};
const rolloutsOf = async (pattern: PatternKey) =>
  (await stores.runtime.changes.audits(pattern))
    .filter(({ what }) => what === 'rollout')
    .map(({ rollout }) => rollout)
    .reverse();

const promotionOf = async (pattern: PatternKey) =>
  (await stores.runtime.changes.audits(pattern)).find(({ rollout }) => rollout === 'promoted');

async function tried(name: string, options?: Parameters<typeof openRolloutMarket>[2]) {
  const pattern = parsePatternKey(`pm.${name}.S1.entry`);
  const market = await openRolloutMarket(stores, pattern, options);
  const first = await run(pattern);
  stores.clock.now += 1;
  return { pattern, market, first };
}

it('A new result is tried on a tenth of the episodes, and 48 hourly runs do not change it', async () => {
  const { pattern, market, first } = await tried('pinned');
  expect(first).toMatchObject({
    status: 'held',
    reason_code: 'candidate_started',
    generation: 0,
    published: false,
  });
  const { candidate, current, latest } = await headOf(pattern);
  expect({ current, latest, share: candidate?.share }).toEqual({ current: undefined, latest: 1, share: 0.1 });
  expect(candidate?.salt).toBe(`${pattern}:${candidate?.generation.hash}`);
  const statuses = new Set<string>();
  for (let hour = 0; hour < 48; hour++) {
    await market.pass(1, { outcome: () => (hour % 2 === 0 ? 'success' : 'failure') });
    const entry = await run(pattern);
    statuses.add(`${entry?.status} ${entry?.reason_code}`);
  }
  expect((await headOf(pattern)).candidate).toEqual(candidate);
  expect([...statuses]).toEqual(['held candidate_pinned']);
  expect(await rolloutsOf(pattern)).toEqual(['started']);
}, 60_000);

/** Passes days with a run each, until something holds or the days are over. */
async function passDays(
  { pattern, market }: Awaited<ReturnType<typeof tried>>,
  days: number,
  behaviour: Parameters<Awaited<ReturnType<typeof openRolloutMarket>>['pass']>[1],
  until: (head: Head) => boolean = () => false,
): Promise<Head> {
  for (let day = 0; day < days; day++) {
    await market.pass(24, behaviour);
    await run(pattern);
    if (until(await headOf(pattern))) break;
  }
  return headOf(pattern);
}

function outcomes(rate: number, seed = 3) {
  const random = randomOf(seed);
  return () => (random() < rate ? 'success' : 'failure');
}

it('A proven gain puts a candidate in force, and a result with equal overrides needs no trial', async () => {
  const opened = await tried('gaining');
  const head = await passDays(opened, 14, { outcome: outcomes(0.7) }, ({ current }) => current !== undefined);
  expect(head.current).toMatchObject({ generation: 2, published_at: head.last_change.at });
  expect(await rolloutsOf(opened.pattern)).toEqual(['started', 'promoted']);
  const promotion = await promotionOf(opened.pattern);
  expect(promotion).toMatchObject({ who: 'system:guard', what: 'rollout', generation: 1 });
  expect(promotion?.why).toMatch(
    /^promoted generation 1: generation 1 of pm\.gaining\.S1\.entry is better than what is/,
  );
  expect(head).not.toHaveProperty('candidate');
});

it('A candidate that neither harms nor gains goes to 10, 50 and 100 %, and is in force after 14 days', async () => {
  const opened = await tried('inconclusive');
  const started = stores.clock.now;
  const shares: (number | undefined)[] = [];
  const head = await passDays(opened, 16, { outcome: outcomes(0.4) }, ({ current, candidate }) => {
    if (!current) shares.push(candidate?.share);
    return current !== undefined;
  });
  expect(shares).toEqual([...Array(2).fill(0.1), ...Array(3).fill(0.5), ...Array(8).fill(1)]);
  expect(Math.floor((stores.clock.now - started) / DAY)).toBe(14);
  expect(head.current?.generation).toBe(2);
  const promotion = await promotionOf(opened.pattern);
  expect(promotion?.why).toMatch(
    /^promoted generation 1: no harm in 14 days, and no proven gain: neither harm/,
  );
});

it('A harmful candidate is rolled back, and was in force for no episode of control', async () => {
  const opened = await tried('harmful');
  const head = await passDays(opened, 14, { outcome: outcomes(0.1, 4) }, ({ candidate }) => !candidate);
  expect(head).toMatchObject({ latest: 1, tried: [{ generation: 1 }] });
  expect(head.current).toBeUndefined();
  expect(await rolloutsOf(opened.pattern)).toEqual(['started', 'stepped', 'rolled_back']);
  expect((await stores.runtime.guards.guard(opened.pattern))?.rollout?.arms.differing).toBe(0);
});

it('Content that was not promoted is not tried again for 14 days', async () => {
  const { pattern } = await tried('again');
  const { candidate } = await headOf(pattern);
  await steerRollout(stores.runtime, pattern, 'end', OPERATOR);
  const ended = stores.clock.now;
  await expect(steerRollout(stores.runtime, pattern, 'promote', OPERATOR)).rejects.toMatchObject({
    code: 'no_rollout',
  });
  for (const days of [0, 13]) {
    stores.clock.now = ended + days * DAY;
    expect(await run(pattern)).toMatchObject({ status: 'held', reason_code: 'candidate_tried_before' });
  }
  stores.clock.now = ended + 14 * DAY;
  expect(await run(pattern)).toMatchObject({ status: 'held', reason_code: 'candidate_started' });
  const again = await headOf(pattern);
  expect(again.candidate).toMatchObject({ moves: candidate?.moves, generation: { generation: 2 } });
  expect(await rolloutsOf(pattern)).toEqual(['started', 'ended', 'started']);
});

it('A bot that sends no episode ids holds the rollout, and one that does lets it go on', async () => {
  const opened = await tried('careless');
  const careless = { outcome: outcomes(0.4), bot: 'careless', perHour: 5 } as const;
  const held = await passDays(opened, 4, careless, ({ candidate }) => candidate?.held !== undefined);
  expect(held.candidate).toMatchObject({ share: 0.1, held: { code: 'arms_off' } });
  expect(held.candidate?.held?.text).toMatch(
    /^the candidate served 0 of \d+ events, 10 % expected: send the episode_id/,
  );
  const [entry] = await stores.runtime.cycles.list(1);
  expect(entry?.warnings.map(({ code }) => code)).toContain('rollout_held');
  const free = await passDays(
    opened,
    9,
    { outcome: outcomes(0.4), perHour: 5 },
    ({ candidate }) => !candidate?.held,
  );
  expect(free.candidate?.held).toBeUndefined();
  expect((await rolloutsOf(opened.pattern)).slice(0, 3)).toEqual(['started', 'held', 'resumed']);
}, 60_000);

it('A candidate whose episodes fail only when they are traded is held: virtual outcomes differ', async () => {
  const opened = await tried('slippage');
  const random = randomOf(5);
  const outcome = (isActed: boolean) => (random() < (isActed ? 0.12 : 0.36) ? 'success' : 'failure');
  const head = await passDays(
    opened,
    14,
    { outcome, perHour: 2 },
    ({ candidate }) => candidate?.held !== undefined,
  );
  expect(head.candidate?.held?.code).toBe('virtual_outcomes_differ');
  expect(head.candidate?.held?.text).toMatch(
    /succeed less often when they are traded: \d+ of \d+ \(\d+ %\) taken/,
  );
  const [entry] = await stores.runtime.cycles.list(1);
  expect(entry?.warnings.map(({ code }) => code)).toContain('virtual_outcomes_differ');
}, 60_000);

it('A rollout ends where nothing is served, where an operator orders a publication, and with the setting', async () => {
  const { runtime } = stores;
  const { pattern } = await tried('ended');
  await setMode(runtime, pattern, 'frozen', OPERATOR);
  expect((await headOf(pattern)).candidate).toBeDefined();
  await setMode(runtime, pattern, 'off', OPERATOR);
  expect((await headOf(pattern)).candidate).toBeUndefined();
  // In mode off nothing is served, so a result needs no trial.
  expect(await run(pattern)).toMatchObject({ status: 'published', generation: 2 });
  const ordered = await tried('ordered');
  const [entry] = await runCycle(runtime, { pattern_key: ordered.pattern });
  expect(entry).toMatchObject({ status: 'published', generation: 2 });
  expect(await headOf(ordered.pattern)).not.toHaveProperty('candidate');
  const [change] = await runtime.changes.audits(ordered.pattern);
  expect(change?.why).toMatch(/; the rollout of generation 1 ends$/);
  const unset = await tried('unset');
  await setSettings(runtime, unset.pattern, { rollout: 'immediate' }, OPERATOR);
  expect(await run(unset.pattern)).toMatchObject({ status: 'published', generation: 2 });
  expect(await rolloutsOf(unset.pattern)).toEqual(['started', 'ended']);
});

it('An operator holds a candidate until a promotion, and harm still rolls it back', async () => {
  const { runtime } = stores;
  const held = await tried('held');
  await steerRollout(runtime, held.pattern, 'hold', OPERATOR);
  const later = await passDays(held, 4, { outcome: outcomes(0.9) });
  expect(later.candidate).toMatchObject({ share: 0.1, held: { code: 'operator', text: 'a test' } });
  await steerRollout(runtime, held.pattern, 'promote', OPERATOR);
  expect(await headOf(held.pattern)).toMatchObject({ current: { generation: 1 } });
  expect(await rolloutsOf(held.pattern)).toEqual(['started', 'held', 'promoted']);
  const harmful = await tried('heldharm');
  await steerRollout(runtime, harmful.pattern, 'hold', OPERATOR);
  const head = await passDays(harmful, 14, { outcome: outcomes(0.1, 4) }, ({ candidate }) => !candidate);
  expect(head.tried).toHaveLength(1);
});

it('A pattern that logs no factors compares the outcomes of both arms, and says that it takes long', async () => {
  const opened = await tried('arms', { logsFactors: false });
  await passDays(opened, 4, { outcome: outcomes(0.1), perHour: 3 });
  const state = (await stores.runtime.guards.guard(opened.pattern))?.rollout;
  const { candidate } = await headOf(opened.pattern);
  if (!state || !candidate) throw new Error('the pattern has no rollout');
  expect(state).toMatchObject({ kind: 'arms', result: { loosened: { failure: 0 } } });
  // Only the candidate acts, and it loses.
  expect(state.result.log_wealth.harm).toBeGreaterThan(0);
  expect(candidateSentence(opened.pattern, candidate, state)).toMatch(
    /^generation 1 of pm\.arms\.S1\.entry is compared by its arms: the pattern logs no factors, .* takes long/,
  );
});
