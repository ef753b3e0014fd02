import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Random } from '../../../bench/policy/random.ts';
import { readEpisode } from '../../../shared/episode/episode-schema.ts';
import { packEpisode } from '../../../shared/episode/packed-episode.ts';
import { replay } from '../../../shared/override/policies/replay.ts';
import { reasonsBySlice } from '../../../shared/override/replay/no-override-reasons.ts';
import { REPLAY_SETTINGS } from '../../../shared/override/replay/settings.ts';
import { S1 } from '../../support/episodes.ts';
import { factorColumns } from '../../support/factor-columns.ts';
import { randomEvents, replayEvents, spread } from '../../support/replay-events.ts';
import { unpackEpisode } from '../../support/unpack-episode.ts';

test.each([
  ['a fair coin at 1:1', 0.5, { win: 1, loss: 1 }],
  ['outcomes that break even at 2:1', 1 / 3, { win: 2, loss: 1 }],
])(
  'A pattern of %s gets at most one override in ten runs on average',
  (_, success, payoff) => {
    let overrides = 0;
    for (let seed = 1; seed <= 100; seed++)
      overrides += replayEvents(randomEvents(new Random(seed, 5), 4000, success), {
        ...REPLAY_SETTINGS,
        payoff,
      }).overrides.length;
    expect(overrides / 100).toBeLessThanOrEqual(0.1);
  },
  60_000,
);

test('A pattern that loses at its base gates is reported as losing', () => {
  const losing = [
    ...spread(20, { outcome: 'success', ts: 0.61, halo: 0.2 }),
    ...spread(120, { outcome: 'failure', ts: 0.61, halo: 0.2 }),
    ...spread(60, { outcome: 'failure', ts: 0.1, halo: 0.2 }),
  ];
  const result = replayEvents(losing);
  expect(result.base).toMatchObject({ winners: 20, losers: 120, gain: -80, loses: true });
  expect(result.base.summary).toMatch(/this pattern loses at its base gates$/);
  expect(result.overrides[0]?.reason).toMatch(
    /this pattern loses at these payoffs, the override trades less$/,
  );
});

test('The PM data set gives no override, and every slice has a reason', () => {
  const file = new URL('../../data/pm-episode-events.jsonl', import.meta.url);
  const events = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map(line => readEpisode(JSON.parse(line), Date.UTC(2026, 0, 1)))
    .filter(e => e.pattern === S1)
    .flatMap(e =>
      e.outcome
        ? [
            {
              episode: unpackEpisode(packEpisode(e)),
              outcome: e.outcome.outcome,
              time: e.timestamp,
              resolvedAt: e.outcome.resolvedAt,
            },
          ]
        : [],
    );
  const result = replay(S1, factorColumns(events), Date.UTC(2025, 0, 20));
  expect(result.overrides).toEqual([]);
  expect(result.disabled).toEqual([
    {
      action_category: 'tuning_sr_boost',
      reason: '104 of 104 events log no number sr_min: log it in factors, on at least 50 % of the events',
      reason_code: 'threshold_missing',
    },
  ]);
  expect(result.withheld).toBeUndefined();
  // Ten slices of at most two dimensions, four levers each, and nine just under N_MIN.
  expect(result.noOverrideReasons.filter(s => s.reason_code === 'within_chance')).toHaveLength(30);
  expect(result.noOverrideReasons.filter(s => s.reason_code === 'too_few_events')).toHaveLength(9);
  expect(result.noOverrideReasons).toHaveLength(49);
  expect(reasonsBySlice(result).size).toBe(19);
});
