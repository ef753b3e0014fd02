import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEpisode, readOutcomeReport } from '../../shared/episode/episode-schema.ts';
import { setMode, setSettings } from '../../shared/generation/change-head.ts';
import { setServiceMode } from '../../shared/generation/change-service-mode.ts';
import type { GuardTest } from '../../shared/guard/guard-test.ts';
import type { FlipCounts } from '../../shared/guard/wealth.ts';
import { betOf, LINES, Wealth } from '../../shared/guard/wealth.ts';
import type { EventType, NotificationEvent } from '../../shared/notification/notification-event.ts';
import { EVENT_TYPES } from '../../shared/notification/notification-event.ts';
import { pollNotifications } from '../../shared/notification/poll.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { runCycle } from '../support/cycles.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

/*
 * The test plays 60 days through the real steps of a run, with an opportunity each hour. Drift learns from a market in which
 * skipped opportunities paid, and lowers `ts_min` by half. From then on every one that only the lower threshold takes loses.
 * Runs are hourly until the stop and after the resumption, else every twelve hours. All 1,440 of them take some minutes:
 * `PM_TUNING_EVERY_HOUR=1 npm test -- test/cycle/guard.test.ts`.
 */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse('2025-03-01T00:00:00Z');
/** Time from the stop to the resumption by an operator. */
const RESUMED_AFTER = 20 * DAY;
const EVERY_HOUR = process.env.PM_TUNING_EVERY_HOUR === '1';
/** Time from the start, and from the resumption, in which runs are hourly in any case. */
const HOURLY = { start: 6 * DAY, resumption: 2 * DAY };
const NONE: FlipCounts = { success: 0, failure: 0, neutral: 0, unknown: 0 };
const OPERATOR = { who: 'token:operator', why: 'the market has turned' };

let stores: Stores;
beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());

const iso = (ms: number): string => new Date(ms).toISOString();
const FACTORS = { halo_distance: 0.5, halo_max: 1, ema60_slope: 0.2, slope_min: 0.1 };

function event(pattern: PatternKey, id: string, at: number, fields: object, factors: object) {
  const raw = {
    pattern_key: pattern,
    episode_id: id,
    timestamp: iso(at),
    scope: { chain: 'solana' },
    ...fields,
  };
  return readEpisode({ ...raw, factors: { ...FACTORS, ...factors } }, stores.clock.now);
}

/** Stores the past of a pattern: 300 opportunities below the threshold, all of which paid. */
async function addPast(pattern: PatternKey): Promise<void> {
  const past = Array.from({ length: 300 }, (_, i) => {
    const at = START - 30 * DAY + i * 2 * HOUR;
    const fields = { decision: 'skipped', outcome: 'success', resolved_at: iso(at + HOUR) };
    return event(pattern, `past ${i}`, at, fields, { ts_score: 0.4, ts_min: 0.6 });
  });
  await stores.runtime.episodes.add(past);
}

interface Sent {
  readonly id: string;
  readonly at: number;
  readonly knownAt: number;
}

/**
 * Sends an opportunity of each hour that only a lower threshold takes; it fails after two days. One event in twelve logs
 * the base threshold and no `applied`, so runs find what served it in the history of heads.
 */
async function addFlips(pattern: PatternKey, from: number, to: number, sent: Sent[]): Promise<void> {
  const head = await stores.runtime.heads.head(pattern);
  const isServed = head?.mode === 'live' && head.current !== undefined;
  const rows = head?.current ? await stores.runtime.overrides.read(pattern, head.current.overrides) : [];
  const multiplier = rows.find(row => row.action_category === 'tuning_ts_min')?.multiplier ?? 1;
  const events = Array.from({ length: (to - from) / HOUR }, (_, i) => {
    const at = from + i * HOUR + 60_000;
    const id = `flip ${at}`;
    if (isServed && 0.6 * multiplier <= 0.4) sent.push({ id, at, knownAt: at + 2 * DAY });
    const applied = isServed
      ? { generation: head.current?.generation, multipliers: { ts_min: multiplier } }
      : {};
    const factors =
      Math.floor(at / HOUR) % 12 !== 0
        ? { ts_score: 0.4, ts_min: isServed ? 0.6 * multiplier : 0.6, applied }
        : { ts_score: 0.4, ts_min: 0.6 };
    return event(pattern, id, at, { decision: isServed ? 'acted' : 'skipped' }, factors);
  });
  await stores.runtime.episodes.add(events);
}

async function addOutcomes(
  pattern: PatternKey,
  sent: readonly Sent[],
  from: number,
  to: number,
): Promise<void> {
  const due = sent.filter(({ knownAt }) => knownAt > from && knownAt <= to);
  await stores.runtime.episodes.resolve(
    due.map(({ id, knownAt }) =>
      readOutcomeReport(
        { pattern_key: pattern, episode_id: id, outcome: 'failure', resolved_at: iso(knownAt) },
        stores.clock.now,
      ),
    ),
  );
}

/** Computes the wealth of harm by the pure functions, from what was sent. */
function expectedHarm(sent: readonly Sent[], { since, block_hours }: GuardTest, now: number): number {
  const blocks = Map.groupBy(
    sent.filter(({ at }) => at >= since),
    ({ at }) => Math.floor(at / (block_hours * HOUR)),
  );
  const wealth = new Wealth('harm');
  for (const [, flips] of [...blocks].sort((a, b) => a[0] - b[0])) {
    const failure = flips.filter(({ knownAt }) => knownAt <= now).length;
    const loosened = { ...NONE, failure, unknown: flips.length - failure };
    wealth.add(betOf({ loosened, tightened: NONE }, { win: 2, loss: 1 }, 'harm'));
  }
  return wealth.highest;
}

const changesOfGuard = async (pattern: PatternKey) =>
  (await stores.runtime.changes.audits(pattern)).filter(({ who }) => who === 'system:guard');

describe('the guard in runs', () => {
  it('[L8] A harmful set is published, withdrawn, audited and notified once, and tested anew when an operator goes live', async () => {
    const pattern = parsePatternKey('pm.guarded.S1.entry');
    const { runtime, clock } = stores;
    clock.now = START;
    await addPast(pattern);
    // Without challengers, whose comparison would take most of the time of a run.
    await setSettings(runtime, pattern, { challengers: [] }, OPERATOR);
    await runCycle(runtime);
    expect((await runtime.heads.head(pattern))?.current?.generation).toBe(1);
    const sent: Sent[] = [];
    let stoppedAt: number | undefined;
    let resumedAt: number | undefined;
    const notified: NotificationEvent[] = [];
    const poll = () =>
      pollNotifications(
        runtime,
        new Set<EventType>(EVENT_TYPES),
        async events => void notified.push(...events),
      );
    await poll();
    while (clock.now < START + 60 * DAY) {
      const before = clock.now;
      const isHourly =
        resumedAt === undefined
          ? stoppedAt === undefined && before < START + HOURLY.start
          : before < resumedAt + HOURLY.resumption;
      clock.now += (EVERY_HOUR || isHourly ? 1 : 12) * HOUR;
      await addFlips(pattern, before, clock.now, sent);
      await addOutcomes(pattern, sent, before, clock.now);
      const wasLive = (await runtime.heads.head(pattern))?.mode === 'live';
      await runCycle(runtime);
      const state = await runtime.guards.guard(pattern);
      const mode = (await runtime.heads.head(pattern))?.mode;
      if (wasLive) {
        if (!state?.whole) throw new Error('the run stored no test');
        const expected = expectedHarm(sent, state.whole, clock.now);
        expect(state.results[0]?.log_wealth.harm).toBeCloseTo(expected, 10);
        expect(mode === 'off').toBe((state?.results[0]?.log_wealth.harm ?? 0) >= LINES.harm);
        if (mode === 'off') {
          expect(stoppedAt).toBeUndefined();
          stoppedAt = clock.now;
        }
      }
      if (stoppedAt !== undefined && resumedAt === undefined && clock.now >= stoppedAt + RESUMED_AFTER) {
        expect(mode).toBe('off');
        await setMode(runtime, pattern, 'live', OPERATOR);
        resumedAt = clock.now;
      }
      await poll();
    }
    expect(resumedAt).toBeDefined();
    const test = (await runtime.guards.guard(pattern))?.whole;
    expect(test?.since).toBeGreaterThan(START + 20 * DAY);
    const changes = await changesOfGuard(pattern);
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({
      what: 'mode',
      why: expect.stringMatching(
        /^mode off: what is in force for pm\.guarded\.S1\.entry is worse than the base/,
      ),
    });
    const ofGuard = notified.filter(({ type }) => type === 'guard.harmful');
    expect(ofGuard.map(({ sentence }) => sentence)).toEqual([
      expect.stringMatching(
        /^pm\.guarded\.S1\.entry was turned off by the guard: what is in force .* is worse than/,
      ),
    ]);
    expect(notified.filter(({ type }) => type === 'mode.changed')).toMatchObject([{ who: OPERATOR.who }]);
  }, 400_000);

  it('Events while the whole service was off are no flips, and the test goes on when it is live again', async () => {
    const pattern = parsePatternKey('pm.switched.S1.entry');
    const { runtime, clock } = stores;
    clock.now = START;
    await addPast(pattern);
    await runCycle(runtime, { pattern_key: pattern });
    const factors = { ts_score: 0.4, ts_min: 0.6 };
    const addEvent = async (name: string) => {
      clock.now += 2 * HOUR;
      await runtime.episodes.add([event(pattern, name, clock.now - HOUR, { decision: 'skipped' }, factors)]);
    };
    await addEvent('while live');
    await setServiceMode(runtime, 'off', OPERATOR);
    await addEvent('while off');
    await runCycle(runtime, { pattern_key: pattern });
    expect(await runtime.guards.guard(pattern)).toBeUndefined();
    await setServiceMode(runtime, 'live', OPERATOR);
    await addEvent('live again');
    await runCycle(runtime, { pattern_key: pattern });
    const state = await runtime.guards.guard(pattern);
    expect(state?.whole?.since).toBe(START);
    expect(state?.results[0]?.loosened).toEqual({ ...NONE, unknown: 2 });
  });

  it('A run as of tomorrow that publishes does not stop the guard until then', async () => {
    const pattern = parsePatternKey('pm.tomorrow.S1.entry');
    const { runtime, clock } = stores;
    clock.now = START;
    await addPast(pattern);
    await runCycle(runtime, { pattern_key: pattern });
    clock.now += HOUR;
    await runCycle(runtime, { pattern_key: pattern, as_of: iso(clock.now + 12 * HOUR) });
    const before = await runtime.guards.guard(pattern);
    expect(before?.as_of).toBe(iso(clock.now));
    clock.now += HOUR;
    await runCycle(runtime, { pattern_key: pattern });
    expect(await runtime.guards.guard(pattern)).toMatchObject({
      version: (before?.version ?? 0) + 1,
      as_of: iso(clock.now),
    });
  });
});
