import { describe, expect, it } from 'vitest';
import { cycleId, cycleStatus } from '../../shared/cycle/cycle.ts';
import { effectiveSettings, requirePolicy } from '../../shared/generation/effective-settings.ts';
import { iso, NOW } from '../support/episodes.ts';
import { faultOf } from '../support/fault-of.ts';

describe('the status of a run', () => {
  it.each([
    [[], 'succeeded'],
    [['published', 'unchanged', 'too_few_events', 'frozen', 'yielded'], 'succeeded'],
    [['failed'], 'failed'],
    [['failed', 'failed'], 'failed'],
    [['failed', 'published'], 'partial'],
    [['too_few_events', 'failed', 'yielded'], 'partial'],
  ] as const)('of %j is %s', (statuses, status) => {
    expect(cycleStatus(statuses.map(s => ({ status: s })))).toBe(status);
  });
});

describe('settings: the run says first, then the pattern, then the stage', () => {
  const stage = {
    nMin: 33,
    lookbackDays: 90,
    policy: 'drift',
    challengers: ['drift', 'replay'],
    payoff: { win: 2, loss: 1 },
  } as const;

  it.each([
    [{}, {}, { n_min: 33, lookback_days: 90, policy: 'drift', payoff: { win: 2, loss: 1 } }],
    [{ n_min: 10 }, {}, { n_min: 10, lookback_days: 90 }],
    [{ n_min: 10, lookback_days: 7 }, { n_min: 5 }, { n_min: 5, lookback_days: 7 }],
    [
      { payoff: { win: 1, loss: 3 } },
      { lookback_days: 1 },
      { payoff: { win: 1, loss: 3 }, lookback_days: 1, n_min: 33 },
    ],
    [{ policy: 'drift' as const }, { policy: 'replay' }, { policy: 'replay', challengers: ['drift'] }],
    [{ policy: 'replay' as const }, {}, { policy: 'replay', challengers: ['drift'] }],
    [{}, {}, { policy: 'drift', challengers: ['replay'] }],
    [{ challengers: [] }, {}, { policy: 'drift', challengers: [] }],
  ])('%j and %j', (pattern, run, expected) => {
    expect(effectiveSettings(stage, pattern, run)).toMatchObject(expected);
  });

  it.each(['best', '', 'Drift', 'constructor', '__proto__'])('a policy %j is not available', policy => {
    const fault = faultOf(() => effectiveSettings(stage, {}, { policy }));
    expect([fault.code, fault.issues[0]?.path]).toEqual(['policy_not_available', 'policy']);
    expect(fault.message).toContain('drift');
    expect(() => requirePolicy(policy)).toThrow(fault.message);
  });
});

describe('the id of a run', () => {
  it('sorts by the time of its start, whatever its name', () => {
    const times = [0, 1, 999, 1000, 59_000, 3_600_000, 86_400_000, 400 * 86_400_000].map(ms => iso(NOW + ms));
    const ids = times.map((time, i) => cycleId(time, `name ${9 - i}`));
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is the same for the same start and name, however the time is written', () => {
    expect(cycleId('2025-01-20T12:00:00Z', 'a')).toBe(cycleId('2025-01-20T13:00:00.000+01:00', 'a'));
    expect(cycleId('2025-01-20T12:00:00Z', 'a')).not.toBe(cycleId('2025-01-20T12:00:00Z', 'b'));
  });

  it('holds nothing that needs escaping in a path or in the name of an execution', () => {
    expect(cycleId(iso(NOW), 'any name / at all?')).toMatch(/^[0-9TZ]{18,20}-[0-9a-f]{8}$/);
  });
});
