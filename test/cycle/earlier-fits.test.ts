import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import { setSettings } from '../../shared/generation/change-head.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { CountingMemory } from '../support/counting-memory.ts';
import { runCycle } from '../support/cycles.ts';
import { DAY, eventBody, HOUR, iso, NOW, S1 } from '../support/episodes.ts';
import { OPERATOR } from '../support/pattern-runs.ts';
import { randomOf } from '../support/random.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

const EVENTS = 1500;
/** Events of the window of 90 days. */
const WINDOW = EVENTS / 4;

let stores: Stores;
beforeAll(async () => {
  stores = await openStores();
  await addYear();
  await setSettings(stores.runtime, S1, { policy: 'model', challengers: ['replay'], n_min: 33 }, OPERATOR);
});
afterAll(() => stores.close());

/** Each test has a day of its own, hours after the last write. */
beforeEach(() => {
  stores.clock.now += DAY;
});

/** Stores events of a year. Those just under `ts_min` succeed as often as those above it, so the threshold is too tight. */
async function addYear(): Promise<void> {
  const random = randomOf(11);
  const events = Array.from({ length: EVENTS }, (_, i) => {
    const ts = 0.3 + 0.6 * random();
    const time = NOW - 3 * HOUR - Math.floor((i * 360 * DAY) / EVENTS);
    const scope = { chain: random() < 0.5 ? 'solana' : 'base' };
    const factors = { ts_score: ts, ts_min: 0.6, halo_distance: random(), halo_max: 1 };
    return readEpisode(
      eventBody(`e${i}`, {
        decision: ts >= 0.6 ? 'acted' : 'skipped',
        scope,
        factors: { ...factors, ema60_slope: 0.01, slope_min: 0 },
        timestamp: iso(time),
        outcome: random() < (ts >= 0.45 ? 0.65 : 0.1) ? 'success' : 'failure',
        resolved_at: iso(time + HOUR),
      }),
      NOW,
    );
  });
  await stores.runtime.episodes.add(events);
}

/** Runs as the schedule does, and returns how many events it read, and what the model published. */
async function run(
  runtime: Runtime = stores.runtime,
  options: object = { publish: undefined, reason: undefined },
) {
  let read = 0;
  const episodes = new Proxy(runtime.episodes, {
    get: (target, name) => {
      if (name !== 'resolved') return Reflect.get(target, name).bind(target);
      return async function* resolved(...args: Parameters<typeof target.resolved>) {
        for await (const page of target.resolved(...args)) {
          read += page.length;
          yield page;
        }
      };
    },
  });
  const [result] = await runCycle({ ...runtime, episodes }, options);
  const current = (await runtime.heads.head(S1))?.current;
  const overrides = current ? await runtime.overrides.read(S1, current.overrides) : [];
  return { read, overrides, evidence: await runtime.heads.evidence(S1), status: result?.status };
}

describe('the model of a year', () => {
  it('a trial reads the year and stores no model', async () => {
    const [result] = await runCycle(stores.runtime, { pattern_key: S1, publish: false, reason: undefined });
    expect(result).toMatchObject({ status: 'computed', overrides: expect.any(Number) });
    expect(result?.overrides).toBeGreaterThan(0);
    const stored = await stores.db.get({ TableName: 'control', Key: { pk: `pattern#${S1}`, sk: 'model' } });
    expect(stored).toBeUndefined();
  });

  it('[L10] the runs of a day read the year once, and a window of 90 days otherwise', async () => {
    const first = await run();
    expect(first).toMatchObject({ status: 'published' });
    expect(first.overrides.map(o => [o.action_category, o.evidence?.window_days])).toContainEqual([
      'tuning_ts_min',
      365,
    ]);
    expect(first.read).toBeGreaterThan(EVENTS);
    stores.clock.now += HOUR;
    const second = await run(stores.another().runtime);
    expect(second.read).toBeLessThan(WINDOW + 10);
    expect(second.overrides).toEqual(first.overrides);
    const model = (evidence: typeof first.evidence) => evidence?.policies.find(p => p.policy === 'model');
    expect(model(first.evidence)?.folds.map(fold => fold.learned)).toEqual(
      model(second.evidence)?.folds.map(fold => fold.learned),
    );
    expect(model(second.evidence)?.folds[0]?.learned).toBeGreaterThan(0.8 * EVENTS);
    stores.clock.now += DAY;
    expect((await run()).read).toBeGreaterThan(EVENTS);
  });

  it('[L10] an old outcome that is corrected gives another model in the next run', async () => {
    await run();
    const quiet = await run();
    expect(quiet.read).toBeLessThan(WINDOW + 10);
    const correction = { outcome: 'neutral', resolvedAt: NOW - 100 * DAY, correction: true } as const;
    const reports = Array.from({ length: 200 }, (_, i) => ({
      pattern: S1,
      episodeId: `e${500 + i}`,
      window: undefined,
      revision: correction,
      factors: {},
    }));
    await stores.runtime.episodes.resolve(reports);
    const corrected = await run();
    expect(corrected.read).toBeGreaterThan(EVENTS);
    expect(corrected.overrides).not.toEqual(quiet.overrides);
  });

  it('[L10] runs as of two moments of a day have the model of its midnight', async () => {
    const midnight = Math.floor(stores.clock.now / DAY) * DAY;
    const reports = Array.from({ length: 100 }, (_, i) => ({
      pattern: S1,
      episodeId: `e${800 + i}`,
      window: undefined,
      revision: { outcome: 'neutral', resolvedAt: midnight + 6 * HOUR, correction: true } as const,
      factors: {},
    }));
    stores.clock.now = midnight + 7 * HOUR;
    await stores.runtime.episodes.resolve(reports);
    stores.clock.now += 2 * DAY;
    const asOf = (hours: number) => run(stores.runtime, { as_of: iso(midnight + hours * HOUR) });
    const before = await asOf(5);
    expect(before.overrides.length).toBeGreaterThan(0);
    const takenOver = await asOf(20);
    await stores.db.delete({ TableName: 'control', Key: { pk: `pattern#${S1}`, sk: 'model' } });
    const computed = await asOf(20);
    expect(takenOver.overrides).toEqual(computed.overrides);
    expect(takenOver.evidence).toEqual(computed.evidence);
  });

  it('[L10] a window of two days does not tell whether the model of the day still holds', async () => {
    const options = { publish: true, reason: 'a test', lookback_days: 2 };
    await run(stores.runtime, options);
    stores.clock.now += HOUR;
    // Outcomes of the days before it may have come without a mark.
    expect((await run(stores.runtime, options)).read).toBeGreaterThan(0.9 * EVENTS);
  });
});

describe('past weeks', () => {
  it('[L10] another process takes them over, and has the same evidence', async () => {
    const first = await run();
    const other = stores.another().runtime;
    const folds = new CountingMemory();
    stores.clock.now += HOUR;
    const second = await run({ ...other, folds });
    expect(folds.computed).toBe(0);
    const replay = (evidence: typeof first.evidence) => evidence?.policies.find(p => p.policy === 'replay');
    expect(replay(second.evidence)?.folds.map(fold => fold.overrides)).toEqual(
      replay(first.evidence)?.folds.map(fold => fold.overrides),
    );
    stores.clock.now += DAY;
    await run({ ...other, folds });
    expect(folds.computed).toBe(4);
  });

  it('stored fits that are damaged are computed anew', async () => {
    const first = await run();
    for (const sk of ['model', 'folds#replay']) {
      const item = await stores.db.get({ TableName: 'control', Key: { pk: `pattern#${S1}`, sk } });
      await stores.db.put({ TableName: 'control', Item: { ...item, z: Buffer.from('broken') } });
    }
    const second = await run(stores.another().runtime);
    expect(second.overrides).toEqual(first.overrides);
    expect(second.evidence).toEqual(first.evidence);
  });
});
