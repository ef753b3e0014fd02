import { describe, expect, it } from 'vitest';
import type { CountSample } from '../../shared/warning/outcomes-missing.ts';
import { outcomeLag, outcomesMissing, withSample } from '../../shared/warning/outcomes-missing.ts';
import { DAY, HOUR, NOW } from '../support/episodes.ts';
import { factorColumns } from '../support/factor-columns.ts';
import { event } from '../support/replay-events.ts';

/**
 * Simulates ten events a day for eight days, with a sample every six hours.
 * @param outcomes number of outcomes after a number of days
 */
function simulate(outcomes: (days: number) => number, perDay = 10) {
  let samples: readonly CountSample[] = [];
  let current: CountSample = { at: 0, total: 0, withOutcome: 0 };
  for (let hours = 0; hours <= 8 * 24; hours++) {
    const days = hours / 24;
    current = {
      at: NOW + hours * HOUR,
      total: Math.floor(days * perDay),
      withOutcome: Math.floor(outcomes(days)),
    };
    samples = withSample(samples, current);
  }
  return outcomesMissing(samples, current, DAY);
}

describe('outcomes that stop', () => {
  it('Outcomes that stopped three days ago are reported with counts and since when', () => {
    const [warning] = simulate(days => 10 * Math.min(4, Math.max(0, days - 1)));
    expect(warning?.code).toBe('outcomes_missing');
    expect(warning?.message).toMatch(
      /^at least \d+ of the \d+ events that came from 2025-01-\d\dT.* to 2025-01-27T12:00:00.000Z have no outcome: /,
    );
  });

  it('A pattern whose outcomes never came is reported once its events are older than the lag', () => {
    expect(simulate(() => 0)).toHaveLength(1);
    expect(simulate(days => 2 * days)).toHaveLength(1);
  });

  it('Outcomes that come a day after their events, or for two events in three, are not reported', () => {
    expect(simulate(days => 10 * Math.max(0, days - 0.9))).toEqual([]);
    expect(simulate(days => (2 / 3) * 10 * Math.max(0, days - 0.5))).toEqual([]);
  });

  it('Fewer than 20 events are not reported', () => {
    expect(simulate(() => 0, 2)).toEqual([]);
  });

  it('A first sample is no evidence', () => {
    const current = { at: NOW, total: 1000, withOutcome: 0 };
    expect(outcomesMissing([], current, DAY)).toEqual([]);
    expect(outcomesMissing([current], { ...current, at: NOW + 5 * DAY }, DAY)).toEqual([]);
  });

  it('Outcomes that come again end the warning', () => {
    expect(simulate(days => (days < 7.5 ? 10 * Math.min(3, days) : 10 * (days - 0.1)))).toEqual([]);
  });
});

describe('samples of the counters', () => {
  it('A sample is kept every six hours, and 64 at most', () => {
    const at = (hours: number): CountSample => ({ at: NOW + hours * HOUR, total: hours, withOutcome: 0 });
    const first = withSample([], at(0));
    expect(withSample(first, at(5))).toBe(first);
    expect(withSample(first, at(6))).toHaveLength(2);
    let samples = first;
    for (let hours = 1; hours < 1000; hours++) samples = withSample(samples, at(hours));
    expect(samples).toHaveLength(64);
    expect(samples.at(-1)?.total).toBe(996);
  });
});

describe('the time after which an outcome is late', () => {
  const columns = (days: readonly number[]) =>
    factorColumns(days.map(d => event({ outcome: 'success', daysAgo: 40, resolvedDaysAgo: 40 - d })));

  it('An outcome is late after the 90 % quantile of the known times, at least a day', () => {
    expect(outcomeLag(columns([1, 2, 3, 4, 5, 6, 7, 8, 9, 30]))).toBe(9 * DAY);
    expect(outcomeLag(columns([0, 0, 0]))).toBe(DAY);
  });

  it('While no time is known, an outcome is late after a week', () => {
    expect(outcomeLag(columns([]))).toBe(7 * DAY);
  });
});
