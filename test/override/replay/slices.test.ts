import { expect, test } from 'vitest';
import { Random } from '../../../bench/policy/random.ts';
import { REPLAY_SETTINGS } from '../../../shared/override/replay/settings.ts';
import { measurement } from '../../support/measurements.ts';
import {
  core,
  INDEPENDENT_EVENTS,
  movesOf,
  randomEvents,
  replayEvents,
  spread,
} from '../../support/replay-events.ts';

const fifteen = { timeframe: '15m' };
const hourly = { timeframe: '1h' };
const mixed = [
  ...core(60, { scope: fifteen }),
  ...core(60, { scope: hourly }),
  ...spread(60, { outcome: 'success', ts: 0.58, halo: 0.2, scope: fifteen }),
  ...spread(60, { outcome: 'failure', ts: 0.58, halo: 0.2, scope: hourly }),
];

test('A gate that is too tight in one timeframe is opened in that timeframe only', () => {
  expect(movesOf(replayEvents(mixed))).toEqual([['tuning_ts_min', fifteen, 0.9608]]);
});

test('A slice whose events lie in a slice with an override gets the reason that it is covered', () => {
  const scoped = mixed.map((e, i) => ({
    ...e,
    episode: { ...e.episode, scope: { ...e.episode.scope, side: i % 2 ? 'a' : 'b' } },
  }));
  const result = replayEvents(scoped);
  expect(movesOf(result)).toEqual([['tuning_ts_min', fifteen, 0.9608]]);
  expect(result.noOverrideReasons).toContainEqual(
    expect.objectContaining({
      action_category: 'tuning_ts_min',
      scope_subset: { side: 'a', timeframe: '15m' },
      reason: 'covered by timeframe=15m, whose override holds here too',
    }),
  );
});

test('Replay chooses the first slice by name among slices with the same events', () => {
  const twins = mixed.map(e => ({
    ...e,
    episode: { ...e.episode, scope: { ...e.episode.scope, twin: e.episode.scope.timeframe ?? '' } },
  }));
  expect(movesOf(replayEvents(twins))).toEqual([['tuning_ts_min', fifteen, 0.9608]]);
});

test('The reason of a slice just under N_MIN is its number of events', () => {
  const result = replayEvents([...core(60), ...core(32, { scope: fifteen })]);
  expect(result.noOverrideReasons.at(-1)).toMatchObject({
    scope_subset: fifteen,
    reason: '32 of 33 needed events in the last 90 days',
  });
});

test('The same events in any order give the same result to the byte', () => {
  const random = new Random(11);
  const events = randomEvents(random, 3000, 0.55);
  const first = JSON.stringify(replayEvents(events, REPLAY_SETTINGS));
  expect(JSON.parse(first).overrides.length).toBeGreaterThan(0);
  for (let k = 0; k < 3; k++)
    expect(JSON.stringify(replayEvents(random.shuffled(events), REPLAY_SETTINGS))).toBe(first);
});

test('A level with too many record visits or slices is cut, and the result names the cut', () => {
  const events = [
    ...core(60, { scope: { a: '1', b: '1' } }),
    ...spread(40, { outcome: 'success', ts: 0.58, halo: 0.2, scope: { a: '1', b: '2' } }),
  ];
  expect(replayEvents(events).cut).toBeUndefined();
  const fewVisits = replayEvents(events, { ...INDEPENDENT_EVENTS, maxVisits: 399 });
  expect(fewVisits.cut).toEqual([
    'slices of 2 dimensions: 1 combination of 100 events are more than 399 record visits',
  ]);
  expect(fewVisits.noOverrideReasons.every(s => Object.keys(s.scope_subset).length <= 1)).toBe(true);
  const fewSlices = replayEvents(events, { ...INDEPENDENT_EVENTS, maxSlices: 4 });
  expect(fewSlices.cut).toEqual(['slices of 2 dimensions: more than 4 slices']);
});

const flags = (names: number, value: (flag: number) => string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: names }, (_, flag) => [`A${flag}`, value(flag)]));

test.each<[string, (event: number) => Record<string, string>]>([
  ['equal flags', () => flags(64, () => '1')],
  ['flags at random', event => flags(64, flag => String(((event * (flag + 3)) % 7) % 2))],
  ['an id', event => ({ A: String(event % 99), A1: '1' })],
  [
    'the scope of the victim and flags',
    event => ({ ...fifteen, side: 'a', ...flags(61, () => String(event % 2)) }),
  ],
])('[X13] A few events with %s leave the slices of two dimensions of many events', (_, scopeOf) => {
  const victim = Array.from({ length: 4 }, () => mixed)
    .flat()
    .map((e, i) => ({
      ...e,
      episode: { ...e.episode, scope: { ...e.episode.scope, side: i % 2 ? 'a' : 'b' } },
    }));
  const attacker = core(99).map((e, i) => ({ ...e, episode: { ...e.episode, scope: scopeOf(i) } }));
  const settings = { ...INDEPENDENT_EVENTS, maxSlices: 40 };
  const pairs = (events: Parameters<typeof replayEvents>[0]) => {
    const { overrides, noOverrideReasons } = replayEvents(events, settings);
    const scopes = [...overrides, ...noOverrideReasons].map(({ scope_subset }) =>
      JSON.stringify(scope_subset),
    );
    return new Set(
      scopes.filter(text => /timeframe.*side|side.*timeframe/.test(text) && !text.includes('"A')),
    );
  };
  const alone = pairs(victim);
  expect(alone.size).toBe(4);
  const attacked = pairs([...victim, ...attacker]);
  expect(attacked).toEqual(alone);
  measurement(27, `${attacked.size} of ${alone.size} slices of two dimensions stay`);
});
