import { expect, test } from 'vitest';
import { core, movesOf, replayEvents, spread } from '../../support/replay-events.ts';

const losersNearHalo = spread(40, { outcome: 'failure', halo: 0.95, flags: { ts_ok: true } });

test('A lever is disabled when too few events carry its factor, and its gate stays as it was logged', () => {
  const events = [
    ...core(29),
    ...spread(31, { outcome: 'success', halo: 0.2, flags: { ts_ok: true } }),
    ...spread(20, { outcome: 'success', halo: 0.97, flags: { ts_ok: false } }),
    ...spread(20, { outcome: 'failure', halo: 1.8, flags: { ts_ok: true } }),
    ...losersNearHalo,
  ];
  const result = replayEvents(events);
  expect(result.disabled).toContainEqual({
    action_category: 'tuning_ts_min',
    reason:
      '111 of 140 events log no number ts_score, and 111 of 140 events log no number ts_min: log both in factors, on at least 50 % of the events',
    reason_code: 'factor_missing',
  });
  // The 20 winners at halo 0.97 fail the logged TS gate, so closing the halo does not lose them.
  expect(movesOf(result)).toEqual([['tuning_halo', {}, 0.9048]]);
  expect(result.overrides[0]?.evidence).toMatchObject({ winners: 0, losers: -40 });
});

test('An event without a factor and without the logged state of its gate is left out of the fit but counts in n', () => {
  const withoutGateState = spread(100, { outcome: 'success', halo: 0.97 });
  const result = replayEvents([
    ...core(60),
    ...spread(45, { outcome: 'failure', ts: 0.3, halo: 0.2 }),
    ...withoutGateState,
  ]);
  expect(result.overrides).toEqual([]);
  expect(result.noOverrideReasons[0]).toMatchObject({ n: 205 });
  expect(result.base).toMatchObject({ winners: 60, losers: 0 });
});

test('A lever is disabled when only acted events carry its factor', () => {
  const result = replayEvents([
    ...core(80),
    ...spread(40, { outcome: 'failure', halo: 0.5, blockedBy: ['ts'] }),
  ]);
  expect(result.disabled).toContainEqual({
    action_category: 'tuning_ts_min',
    reason: 'all 80 events that log ts_score and ts_min were acted: log both for skipped events too',
    reason_code: 'only_acted_events',
  });
});

test('A pattern without any factor gets no override, and every lever is disabled with a reason', () => {
  const result = replayEvents(spread(100, { outcome: 'success', slope: undefined, blockedBy: ['ts'] }));
  expect(result.overrides).toEqual([]);
  expect(result.disabled.map(o => o.reason_code)).toEqual([
    'factor_missing',
    'factor_missing',
    'factor_missing',
    'optional_gate_not_logged',
  ]);
});

test('An event that was blocked by a gate without a lever is let in by no lever', () => {
  const blocked = spread(80, { outcome: 'success', ts: 0.58, halo: 0.2, blockedBy: ['edx'] });
  expect(replayEvents([...core(), ...blocked]).overrides).toEqual([]);
});
