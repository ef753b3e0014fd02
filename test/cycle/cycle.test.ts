import { describe, expect, it } from 'vitest';
import { cycleId, cycleStatus } from '../../shared/cycle/cycle.ts';
import { iso, NOW } from '../support/episodes.ts';

describe('the status of a run', () => {
  it.each([
    [[], 'succeeded'],
    [['published', 'unchanged', 'too_few_events', 'frozen', 'yielded'], 'succeeded'],
    [['failed'], 'failed'],
    [['failed', 'failed'], 'failed'],
    [['failed', 'published'], 'partial'],
    [['too_few_events', 'failed', 'yielded'], 'partial'],
  ] as const)('The status of a run whose patterns are %j is %s', (statuses, status) => {
    expect(cycleStatus(statuses.map(s => ({ status: s })))).toBe(status);
  });
});

describe('the id of a run', () => {
  it('Ids of runs sort by their start, whatever the names of their executions', () => {
    const times = [0, 1, 999, 1000, 59_000, 3_600_000, 86_400_000, 400 * 86_400_000].map(ms => iso(NOW + ms));
    const ids = times.map((time, i) => cycleId(time, `name ${9 - i}`));
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('The same start and name give the same id of a run, however the time is written', () => {
    expect(cycleId('2025-01-20T12:00:00Z', 'a')).toBe(cycleId('2025-01-20T13:00:00.000+01:00', 'a'));
    expect(cycleId('2025-01-20T12:00:00Z', 'a')).not.toBe(cycleId('2025-01-20T12:00:00Z', 'b'));
  });

  it('The id of a run has no character that needs escaping in a path or in the name of an execution', () => {
    expect(cycleId(iso(NOW), 'any name / at all?')).toMatch(/^[0-9TZ]{18,20}-[0-9a-f]{8}$/);
  });
});
