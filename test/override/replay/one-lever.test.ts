import { expect, test } from 'vitest';
import { overrideSchema } from '../../../shared/override/override.ts';
import { S3 } from '../../support/episodes.ts';
import {
  core,
  INDEPENDENT_EVENTS,
  inside,
  movesOf,
  replayEvents,
  spread,
} from '../../support/replay-events.ts';

// ln(0.58 / 0.6) = -0.034: the first step, 0.04, flips them.
const nearMisses = [
  ...spread(30, { outcome: 'success', ts: 0.58, halo: 0.2 }),
  ...spread(10, { outcome: 'failure', ts: 0.58, halo: 0.2 }),
];

test('Thirty winners and ten losers just under ts_min open the gate by the smallest step that takes them', () => {
  const result = replayEvents([...core(), ...nearMisses]);
  expect(movesOf(result)).toEqual([['tuning_ts_min', {}, 0.9608]]);
  const [override] = result.overrides;
  // G = 2·30 − 10; V = max(4·30 + 10, 2·40) = 130; lower bound 50 − 2·sqrt(130 + 2·20).
  expect(override?.evidence).toMatchObject({ winners: 30, losers: 10, gain: 50, window_days: 90 });
  expect(override?.evidence.lower_bound).toBeCloseTo(50 - 2 * Math.sqrt(170), 9);
  expect(override?.reason).toContain(
    'ts_min × 0.96 on everything: in the last 90 days 30 more winners and 10 more losers would have been taken, +50 at 2:1, +24 after allowing for chance; in the next 28 days ',
  );
  expect(override && overrideSchema.parse(override)).toMatchObject({ action_category: 'tuning_ts_min' });
});

test('Twelve winners and ten losers just under ts_min give no override, because the interval includes 0', () => {
  const few = [
    ...spread(12, { outcome: 'success', ts: 0.58, halo: 0.2 }),
    ...spread(10, { outcome: 'failure', ts: 0.58, halo: 0.2 }),
  ];
  const result = replayEvents([...core(), ...few]);
  expect(result.overrides).toEqual([]);
  // G = 14, 2·sqrt(4·12 + 10 + 40) = 19.8
  expect(result.noOverrideReasons).toContainEqual(
    expect.objectContaining({
      action_category: 'tuning_ts_min',
      scope_subset: {},
      reason: 'the best step, ts_min × 0.96, changes utility by +14 ± 20 at 2:1 in 90 days: within chance',
    }),
  );
});

test('Losers just inside the halo give an override that closes it', () => {
  // ln(0.95) = -0.051: closing by 0.1 leaves them out.
  const losers = spread(40, { outcome: 'failure', ts: 1.5, halo: 0.95 });
  const result = replayEvents([
    ...core(),
    ...losers,
    ...spread(40, { outcome: 'failure', ts: 0.2, halo: 0.2 }),
  ]);
  expect(movesOf(result)).toEqual([['tuning_halo', {}, 0.9048]]);
  expect(result.overrides[0]?.evidence).toMatchObject({ winners: 0, losers: -40, gain: 40 });
});

test('An override of the slope is a delta in the unit of the factor, one step of its standard deviation', () => {
  const slopes = [
    ...core(60, { slope: 0.003 }),
    ...spread(40, { outcome: 'success', ...inside, slope: -0.0001 }),
    ...spread(20, { outcome: 'failure', ...inside, slope: -0.02 }),
  ];
  const values = [...Array(60).fill(0.003), ...Array(40).fill(-0.0001), ...Array(20).fill(-0.02)];
  const mean = values.reduce((s, v) => s + v, 0) / 120;
  const sd = Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / 119);
  const [override] = replayEvents(slopes).overrides;
  expect(override?.action_category).toBe('tuning_slope_min');
  expect(override?.delta).toBeCloseTo(-sd / 6, 9);
  expect(override?.reason).toContain('slope_min − 0.0014 on everything');
});

test('Winners just under dx_min open the DX gate of a pattern in S3', () => {
  const dx = [...core(60, { dx: 30 }), ...spread(40, { outcome: 'success', ...inside, dx: 9.8 })];
  expect(movesOf(replayEvents(dx, INDEPENDENT_EVENTS, S3))).toEqual([['tuning_dx_min', {}, 0.9608]]);
});

test('An event that fails two gates is flipped by neither lever', () => {
  const both = spread(80, { outcome: 'success', ts: 0.58, halo: 1.05 });
  expect(replayEvents([...core(), ...both]).overrides).toEqual([]);
});

test('Events with a neutral outcome count in n and gain nothing', () => {
  const neutral = spread(120, { outcome: 'neutral', ts: 0.58, halo: 0.2 });
  const result = replayEvents([...core(), ...neutral]);
  expect(result.overrides).toEqual([]);
  expect(result.noOverrideReasons[0]).toMatchObject({
    n: 180,
    reason:
      'ts_min blocked none of the 60 winners and losers that pass the other gates, and none of this slice is near it',
  });
});

test('One override moves a threshold by at most exp(0.7), however many steps it takes', () => {
  // With winners at every distance, replay takes the step 0.43 and then 0.25, the largest that the limit of 0.7 leaves.
  const all = Array.from({ length: 12 }, (_, i) =>
    spread(30, { outcome: 'success', ts: 0.6 * Math.exp(-0.02 - i * 0.08), halo: 0.2 }),
  ).flat();
  const [override] = replayEvents([...core(), ...all]).overrides;
  expect(override?.multiplier).toBeGreaterThanOrEqual(Math.exp(-0.7));
  expect(override?.multiplier).toBeLessThan(Math.exp(-0.64));
});
