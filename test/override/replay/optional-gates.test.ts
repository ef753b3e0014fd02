import { expect, test } from 'vitest';
import type { Outcome } from '../../../shared/episode/outcome.ts';
import type { NumericFactor } from '../../../shared/episode/packed-episode.ts';
import { S3 } from '../../support/episodes.ts';
import type { KnownEvent } from '../../support/factor-columns.ts';
import type { Draft } from '../../support/replay-events.ts';
import {
  core,
  event,
  INDEPENDENT_EVENTS,
  inside,
  movesOf,
  replayEvents,
  spread,
} from '../../support/replay-events.ts';

const sr = (draft: Draft, boost: number): KnownEvent => withNumbers(draft, { sr_boost: boost, sr_min: 1 });
const withNumbers = (draft: Draft, more: Partial<Record<NumericFactor, number>>): KnownEvent => {
  const base = event(draft);
  const numbers = new Map([...base.episode.numbers, ...(Object.entries(more) as [NumericFactor, number][])]);
  const passes = (more.sr_boost ?? 1) >= (more.sr_min ?? 1) && (more.edx ?? 0) <= (more.edx_max ?? 1);
  const decision = base.episode.decision === 'acted' && passes ? 'acted' : 'skipped';
  return { ...base, episode: { ...base.episode, numbers, decision } };
};
const repeat = (count: number, make: (daysAgo: number) => KnownEvent): KnownEvent[] =>
  Array.from({ length: count }, (_, i) => make(40 + (i * 7) / 24));

test('Winners just under sr_min give an override that multiplies the SR boost by more than 1', () => {
  const events = [
    ...repeat(60, daysAgo => sr({ outcome: 'success', ...inside, daysAgo }, 3)),
    // ln(0.97) = -0.03: the first step, 0.04, lets them in.
    ...repeat(40, daysAgo => sr({ outcome: 'success', ...inside, daysAgo }, 0.97)),
  ];
  const result = replayEvents(events);
  expect(movesOf(result)).toEqual([['tuning_sr_boost', {}, 1.0408]]);
  expect(result.overrides[0]?.reason).toMatch(/^sr_boost × 1\.04 on everything: .* 40 more winners/);
});

test('Winners just over edx_max give an override that multiplies the EDX suppression by less than 1', () => {
  const edx = (value: number) => (daysAgo: number) =>
    withNumbers({ outcome: 'success', ...inside, dx: 30, daysAgo }, { edx: value, edx_max: 1 });
  const result = replayEvents([...repeat(60, edx(0.2)), ...repeat(40, edx(1.03))], INDEPENDENT_EVENTS, S3);
  expect(movesOf(result)).toEqual([['tuning_edx_supp', {}, 0.9608]]);
});

test('An optional gate whose factor no event carries is passed by every event', () => {
  const winners = spread(40, { outcome: 'success', ts: 0.58, halo: 0.2 });
  const result = replayEvents([...core(), ...winners]);
  expect(result.disabled).toEqual([
    {
      action_category: 'tuning_sr_boost',
      reason:
        'no event logs sr_boost, whose gate only some patterns have: if this one has it, log sr_boost and sr_min in factors',
      reason_code: 'optional_gate_not_logged',
    },
  ]);
  expect(movesOf(result)).toEqual([['tuning_ts_min', {}, 0.9608]]);
});

test('A factor without its threshold disables its lever, and the reason names the threshold', () => {
  const boosted = (outcome: Outcome, ts: number) => (daysAgo: number) =>
    withNumbers({ outcome, ts, halo: 0.2, daysAgo }, { sr_boost: 1.1 });
  const result = replayEvents([
    ...repeat(60, boosted('success', 1.5)),
    ...repeat(40, boosted('failure', 0.2)),
  ]);
  expect(result.base).toMatchObject({ winners: 60, losers: 0 });
  expect(result.disabled).toEqual([
    {
      action_category: 'tuning_sr_boost',
      reason: '100 of 100 events log no number sr_min: log it in factors, on at least 50 % of the events',
      reason_code: 'threshold_missing',
    },
  ]);
});

test('An event that an optional gate blocked is let in by no other lever', () => {
  const blocked = spread(80, { outcome: 'success', ts: 0.58, halo: 0.2, blockedBy: ['sr'] });
  expect(replayEvents([...core(), ...blocked]).overrides).toEqual([]);
});
