import { describe, expect, it } from 'vitest';
import type { CycleSummary, PatternRun } from '../../shared/cycle/cycle.ts';
import type { HealthFacts } from '../../shared/cycle/health.ts';
import { healthReasons, lastCycle } from '../../shared/cycle/health.ts';
import type { PatternOverview } from '../../shared/generation/ports.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { DAY_MS } from '../../shared/time.ts';
import { cycleSummary } from '../support/cycle-summary.ts';

const NOW = Date.parse('2026-11-27T12:00:00Z');
const MINUTE_MS = 60_000;
const iso = (ms: number): string => new Date(ms).toISOString();

function cycle(finishedAt: number | undefined, more: Partial<CycleSummary> = {}): CycleSummary {
  const { finished_at: _, ...unfinished } = cycleSummary({
    status: finishedAt === undefined ? 'running' : 'succeeded',
    as_of: iso(finishedAt ?? NOW),
    started_at: iso((finishedAt ?? NOW) - MINUTE_MS),
  });
  return { ...unfinished, ...(finishedAt !== undefined && { finished_at: iso(finishedAt) }), ...more };
}

const overview = (counts: Partial<PatternOverview['counts']> = {}, key = 'pm.uptrend.S1.entry') => ({
  pattern: parsePatternKey(key),
  since: NOW - DAY_MS,
  head: undefined,
  counts: { total: 40, withOutcome: 40, parked: 0, ...counts },
  conflicts: { events: 0, outcomes: 0 },
});

const fresh = cycle(NOW - MINUTE_MS);
const healthy: HealthFacts = {
  overview: [overview()],
  retired: [],
  recent: [fresh],
  lastWritten: fresh,
  failedRuns: [],
  emptyWindows: [],
  refusedWrites: [],
  degradedLookups: [],
  cycleMaxAgeMinutes: 120,
  now: NOW,
};
const reasons = (facts: Partial<HealthFacts>) => healthReasons({ ...healthy, ...facts });
const codes = (facts: Partial<HealthFacts>) => reasons(facts).map(({ code }) => code);

it('A service whose last run is fresh and succeeded is healthy', () => {
  expect(reasons({})).toEqual([]);
});

it('A store that refuses writes is a reason that names the tables and needs no restart', () => {
  expect(reasons({ refusedWrites: ['pm-tuning-events'] })).toMatchObject([
    { code: 'store_refuses_writes', detail: expect.stringMatching(/pm-tuning-events.*no restart is needed/) },
  ]);
});

describe('the last run', () => {
  it.each([
    [120 * MINUTE_MS, []],
    [120 * MINUTE_MS + MINUTE_MS, ['no_recent_cycle']],
  ])('A last run that finished %i ms ago gives the reasons %j', (age, expected) => {
    expect(codes({ lastWritten: cycle(NOW - age) })).toEqual(expected);
  });

  it.each([
    ['A run of one pattern', { settings: { pattern_key: 'pm.uptrend.S1.entry' } }],
    ['A trial', { trial: true }],
  ])('%s is not the last run, however fresh it is', (_, more) => {
    const facts = { recent: [cycle(NOW, more)], lastWritten: undefined, now: NOW };
    expect(lastCycle(facts)).toBeUndefined();
    expect(codes(facts)).toEqual(['no_recent_cycle']);
  });

  it('A run from the future is named and is not the last run; the newest one of the past is', () => {
    const ahead = cycle(NOW + 370 * DAY_MS, { cycle_id: 'ahead' });
    const past = cycle(NOW - 30 * DAY_MS, { cycle_id: 'past' });
    const facts = { recent: [past], lastWritten: ahead };
    expect(lastCycle({ ...healthy, ...facts })).toBe(past);
    expect(codes(facts)).toEqual(['run_from_the_future', 'no_recent_cycle']);
    expect(reasons(facts)[0]?.detail).toMatch(/run ahead .*correct the clock, then start a run/);
  });

  it('The run that was written last counts, also when an older one has a later time', () => {
    const later = cycle(NOW - MINUTE_MS, { cycle_id: 'later' });
    const written = cycle(NOW - 60 * MINUTE_MS, { cycle_id: 'written', status: 'failed' });
    const facts = { recent: [later, written], lastWritten: written };
    expect(lastCycle({ ...healthy, ...facts })).toBe(written);
    expect(codes(facts)).toEqual(['cycle_failed']);
  });

  it('A difference of clocks under five minutes is not the future', () => {
    expect(codes({ lastWritten: cycle(NOW + 4 * MINUTE_MS) })).toEqual([]);
    expect(codes({ lastWritten: cycle(NOW + 6 * MINUTE_MS) })).toContain('run_from_the_future');
  });

  it('A run that started over an hour ago and has not finished is stuck', () => {
    const running = (age: number) => cycle(undefined, { started_at: iso(NOW - age) });
    expect(codes({ recent: [running(61 * MINUTE_MS), fresh] })).toEqual(['cycle_stuck']);
    expect(codes({ recent: [running(59 * MINUTE_MS), fresh] })).toEqual([]);
  });

  it('A service without a run is healthy until the limit after its first event, and without events always', () => {
    const none = { recent: [], lastWritten: undefined };
    expect(codes(none)).toEqual(['no_recent_cycle']);
    expect(codes({ ...none, overview: [{ ...overview(), since: NOW - 120 * MINUTE_MS }] })).toEqual([]);
    expect(codes({ ...none, overview: [] })).toEqual([]);
  });
});

describe('outcomes that wait', () => {
  const before = Date.parse(fresh.started_at) - 1;
  it.each([
    ['that are all there are', { withOutcome: 0, parked: 1, waiting: { count: 1, since: before } }, true],
    ['ten in a row', { parked: 10, waiting: { count: 10, since: before } }, true],
    ['nine in a row', { parked: 9, waiting: { count: 9, since: before } }, false],
    ['that came after the last run', { parked: 40, waiting: { count: 40, since: before + 1 } }, false],
    ['after which another found its event', { parked: 40 }, false],
    ['that are no longer parked', { parked: 0, waiting: { count: 40, since: before } }, false],
  ])('Outcomes %s, as %j, are a reason: %s', (_, counts, isReason) => {
    expect(codes({ overview: [overview(counts)] })).toEqual(isReason ? ['outcomes_wait'] : []);
  });

  it('The reason names at most five patterns and what to compare', () => {
    const counts = { withOutcome: 0, parked: 3, waiting: { count: 3, since: before } };
    const patterns = [1, 2, 3, 4, 5, 6, 7].map(i => overview(counts, `pm.uptrend.S${i}.entry`));
    const [reason] = reasons({ overview: patterns });
    expect(reason?.detail).toMatch(/3 of pm\.uptrend\.S5\.entry, and 2 more\. Compare their episode_id/);
    expect(reason?.detail).not.toContain('S6');
  });
});

describe('a window without events', () => {
  const window = (stored: number, newest: number, pattern = 'pm.uptrend.S1.entry') => ({
    ...{ pattern, stored, newest, nMin: 33, lookbackDays: 90 },
  });
  const old = NOW - 100 * DAY_MS;

  it('The reason says of when the newest event is', () => {
    expect(reasons({ emptyWindows: [window(40, old)] })).toMatchObject([
      {
        code: 'window_empty',
        detail: expect.stringContaining('newest is of 2026-08-19, the window has 90 days'),
      },
    ]);
    expect(reasons({ emptyWindows: [window(40, NOW + DAY_MS)] })[0]?.detail).toContain(
      'all lie in the future',
    );
  });

  it('A pattern with fewer events than a lesson needs counts only when no window holds an event', () => {
    const other = overview({}, 'pm.uptrend.S2.entry');
    expect(codes({ overview: [overview(), other], emptyWindows: [window(5, old)] })).toEqual([]);
    expect(codes({ overview: [overview(), other], emptyWindows: [window(33, old)] })).toEqual([
      'window_empty',
    ]);
    expect(codes({ overview: [overview()], emptyWindows: [window(5, old)] })).toEqual(['window_empty']);
  });
});

it('Degraded look-ups are a reason with their numbers', () => {
  const degradedLookups = [{ pattern: 'pm.uptrend.S1.entry', count: 7 }];
  expect(reasons({ degradedLookups })).toMatchObject([
    { code: 'lookups_degraded', detail: expect.stringContaining('7 of pm.uptrend.S1.entry') },
  ]);
});

it('A run that did not succeed is a reason with the patterns that failed', () => {
  const failed = cycle(NOW, { status: 'partial' });
  const run = { pattern_key: 'pm.uptrend.S1.entry', reason: 'failed: damaged_event' };
  const failedRuns: PatternRun[] = [
    {
      ...run,
      status: 'failed',
      events_read: 0,
      lessons: 0,
      overrides: 0,
      generation: 0,
      published: false,
      would_publish: false,
      warnings: [],
    },
  ];
  expect(reasons({ lastWritten: failed, failedRuns })).toMatchObject([
    {
      code: 'cycle_failed',
      detail: expect.stringMatching(/partial: pm\.uptrend\.S1\.entry failed: damaged_event/),
    },
  ]);
});
