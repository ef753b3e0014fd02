import { expect, test } from 'vitest';
import { Random } from '../../../bench/policy/random.ts';
import { REPLAY_SETTINGS } from '../../../shared/override/replay/settings.ts';
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

test.each([
  ['one invented value', () => 'x'],
  ['values that vary', (d: number, i: number) => String((i >> (d % 5)) & 1)],
])('[X5] Events with 64 invented dimensions take no slice from the others: %s', (_, textOf) => {
  const eventsIn = (scope: Record<string, string>) => [
    ...core(60, { scope }),
    ...spread(60, {
      outcome: scope.chain === 'a' && scope.venue === 'x' ? 'success' : 'failure',
      ts: 0.58,
      halo: 0.2,
      scope,
    }),
  ];
  const own = ['a', 'b'].flatMap(chain => ['x', 'y'].flatMap(venue => eventsIn({ chain, venue })));
  const invented = core(200).map((event, i) => ({
    ...event,
    episode: {
      ...event.episode,
      id: `invented-${i}`,
      scope: Object.fromEntries(Array.from({ length: 64 }, (__, d) => [`i${d}`, textOf(d, i)])),
    },
  }));
  const limits = { ...INDEPENDENT_EVENTS, maxSlices: 1000 };
  const alone = movesOf(replayEvents(own, limits));
  expect(alone).toContainEqual(['tuning_ts_min', { chain: 'a', venue: 'x' }, 0.9608]);
  const attacked = replayEvents([...own, ...invented], limits);
  expect(attacked.cut?.[0]).toMatch(/^slices of 2 dimensions: more than/);
  expect(movesOf(attacked)).toEqual(alone);
});

test('Levels of dimensions with too many record visits or slices are cut, and the result names the cut', () => {
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
  const fewSlices = replayEvents(events, { ...INDEPENDENT_EVENTS, maxSlices: 3 });
  expect(fewSlices.cut).toEqual(['slices of 1 dimension: more than 3 slices']);
  // The dimension with one value comes last, so the other one keeps its slices.
  expect(movesOf(fewSlices)).toEqual([['tuning_ts_min', { b: '2' }, 0.9608]]);
  const none = replayEvents(events, { ...INDEPENDENT_EVENTS, maxSlices: 1 });
  expect(movesOf(none)).toEqual([['tuning_ts_min', {}, 0.9608]]);
});
