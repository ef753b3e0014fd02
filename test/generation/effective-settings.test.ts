import { describe, expect, it } from 'vitest';
import { effectiveSettings, requirePolicy } from '../../shared/generation/effective-settings.ts';
import { faultOf } from '../support/fault-of.ts';

describe('settings in force', () => {
  const stage = {
    nMin: 33,
    lookbackDays: 90,
    policy: 'drift',
    challengers: ['drift', 'replay'],
    payoff: { win: 2, loss: 1 },
    payoffFallback: { win: 2, loss: 1 },
    jump: 1.5,
    onJump: 'warn',
    halt: 'advise',
    score: 'off',
    guard: 'protect',
    rollout: 'immediate',
    baseThresholds: { ts_min: 0.6 },
    maxOverrides: 20_000,
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
    [{ payoff: 'measured' as const }, {}, { payoff: 'measured', payoff_fallback: { win: 2, loss: 1 } }],
    [{ policy: 'drift' as const }, { policy: 'replay' }, { policy: 'replay', challengers: ['drift'] }],
    [{ policy: 'replay' as const }, {}, { policy: 'replay', challengers: ['drift'] }],
    [{}, {}, { policy: 'drift', challengers: ['replay'] }],
    [{}, {}, { guard: 'protect' }],
    [{ guard: 'notify' as const }, {}, { guard: 'notify' }],
    [{}, {}, { jump: 1.5, on_jump: 'warn', max_overrides: 20_000 }],
    [{ max_overrides: 5 }, {}, { max_overrides: 5 }],
    [{ jump: 3, on_jump: 'hold' as const }, {}, { jump: 3, on_jump: 'hold' }],
    [{}, {}, { halt: 'advise', base_thresholds: { ts_min: 0.6 } }],
    [{ halt: 'apply' as const, base_thresholds: {} }, {}, { halt: 'apply', base_thresholds: {} }],
    [{}, {}, { score: 'off' }],
    [{ score: 'advise' as const }, {}, { score: 'advise' }],
    [{ challengers: [] }, {}, { policy: 'drift', challengers: [] }],
  ])(
    'A setting comes from the run, else the pattern, else the stage: pattern %j, run %j',
    (pattern, run, expected) => {
      expect(effectiveSettings(stage, pattern, run)).toMatchObject(expected);
    },
  );

  it.each(['best', '', 'Drift', 'constructor', '__proto__'])(
    'A run with the policy %j fails with policy_not_available',
    policy => {
      const fault = faultOf(() => effectiveSettings(stage, {}, { policy }));
      expect([fault.code, fault.issues[0]?.path]).toEqual(['policy_not_available', 'policy']);
      expect(fault.message).toContain('drift');
      expect(() => requirePolicy(policy)).toThrow(fault.message);
    },
  );
});
