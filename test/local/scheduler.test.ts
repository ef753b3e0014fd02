import { afterEach, describe, expect, it, vi } from 'vitest';
import { CycleScheduler } from '../../local/scheduler.ts';
import { events, openApi } from '../support/api.ts';
import { iso, NOW } from '../support/episodes.ts';

it('a local run takes its times from the clock of the service', async () => {
  const api = await openApi({ now: () => NOW });
  await api.postEvents(events(1, 'a'));
  expect(await api.cycle()).toMatchObject({ as_of: iso(NOW), started_at: iso(NOW), finished_at: iso(NOW) });
  await api.close();
});

describe('the first run', () => {
  afterEach(() => vi.useRealTimers());

  /** Starts the schedule of a service whose last run and patterns are given. */
  async function schedule(last: object | undefined, patterns: string[], periodMs = 3_600_000) {
    vi.useFakeTimers();
    const started: number[] = [];
    const runtime = {
      now: Date.now,
      cycles: { list: async () => (last ? [last] : []) },
      heads: { patterns: async () => patterns },
      log: { error: () => undefined },
    };
    const starter = {
      start: async () => {
        started.push(Date.now());
        return {};
      },
    };
    const begin = Date.now();
    const scheduler = new CycleScheduler(runtime as never, starter as never, periodMs);
    const firstMs = await scheduler.start();
    /** Returns the minutes after which runs started. */
    const minutesAfter = async (minutes: number) => {
      await vi.advanceTimersByTimeAsync(minutes * 60_000);
      return started.map(at => Math.round((at - begin) / 60_000));
    };
    return { firstMs, minutesAfter, stop: () => scheduler.stop() };
  }

  it('A service without any run starts one a minute after its start, then one a period', async () => {
    const { firstMs, minutesAfter, stop } = await schedule(undefined, ['pm.uptrend.S1.entry']);
    expect(firstMs).toBe(60_000);
    expect(await minutesAfter(62)).toEqual([1, 61]);
    stop();
  });

  it('A service without any event starts its first run once one has arrived', async () => {
    const patterns: string[] = [];
    const { minutesAfter, stop } = await schedule(undefined, patterns);
    expect(await minutesAfter(10)).toEqual([]);
    patterns.push('pm.uptrend.S1.entry');
    expect(await minutesAfter(2)).toEqual([11]);
    stop();
  });

  it('A service that has had a run keeps its period', async () => {
    const last = { status: 'succeeded', started_at: new Date(Date.now() - 20 * 60_000).toISOString() };
    const { minutesAfter, stop } = await schedule(last, ['pm.uptrend.S1.entry']);
    expect(await minutesAfter(41)).toEqual([40]);
    stop();
  });

  it('A period below a minute is kept for the first run', async () => {
    const { firstMs, stop } = await schedule(undefined, [], 10_000);
    expect(firstMs).toBe(10_000);
    stop();
  });
});
