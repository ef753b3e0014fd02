import { expect, test } from 'vitest';
import { describeNoOverride } from '../../../shared/override/replay/describe.ts';
import { reasonsBySlice } from '../../../shared/override/replay/no-override-reasons.ts';
import { scopeHash } from '../../../shared/pattern/scope.ts';
import { core, replayEvents, spread } from '../../support/replay-events.ts';

test('The reason of a step that loses beyond chance states that every step loses', () => {
  expect(describeNoOverride({ gain: -24, margin: 17, errors: -3, required: 3.6 })).toBe(
    'every step loses, the least of them −24 ± 17',
  );
  expect(describeNoOverride({ gain: -16, margin: 17, errors: -2, required: 3.6 })).toBe(
    'interval includes 0: −16 ± 17',
  );
});

test('The reasons of a slice are joined into one text: the shared reason, or each lever with its own', () => {
  const scope = { timeframe: '15m' };
  const events = [
    ...core(60, { scope }),
    ...spread(12, { outcome: 'success', ts: 0.58, halo: 0.2, scope }),
    ...spread(10, { outcome: 'failure', ts: 0.58, halo: 0.2, scope }),
    ...core(30, { scope: { timeframe: '1h' } }),
  ];
  const result = replayEvents(events);
  const reasons = reasonsBySlice(result);
  expect(reasons.get(scopeHash(scope))).toBe(
    'tuning_ts_min: interval includes 0: +14 ± 17; tuning_halo: no event with an outcome stands near the gate; ' +
      'tuning_slope_min: ema60_slope does not vary',
  );
  expect(reasons.get(scopeHash({ timeframe: '1h' }))).toBe('30 of 33 events');
  expect(reasons.get(scopeHash({ a: '1', b: '2', c: '3' }))).toBeUndefined();
});
