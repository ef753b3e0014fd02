import { expect, test } from 'vitest';
import { reasonsBySlice } from '../../../shared/override/replay/no-override-reasons.ts';
import { scopeHash } from '../../../shared/pattern/scope-hash.ts';
import { core, replayEvents, spread } from '../../support/replay-events.ts';

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
  expect(reasons.get(scopeHash(scope))).toEqual({
    code: 'within_chance',
    text:
      'tuning_ts_min: the best step, ts_min × 0.96, changes utility by +14 ± 17 at 2:1 in 90 days: within chance; ' +
      'tuning_halo: halo_max blocked none of the 90 winners and losers that pass the other gates, and none of this slice is near it; ' +
      'tuning_slope_min: ema60_slope is 0.003 on all 112 events that log it: only a factor that varies can be tested',
  });
  expect(reasons.get(scopeHash({ timeframe: '1h' }))?.text).toBe(
    '30 of 33 needed events in the last 90 days',
  );
  expect(reasons.get(scopeHash({ a: '1', b: '2', c: '3' }))).toBeUndefined();
});
