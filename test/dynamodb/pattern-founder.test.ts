import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { readEpisode, readOutcomeReport } from '../../shared/episode/episode-schema.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { eventBody, NOW } from '../support/episodes.ts';
import { measurement } from '../support/measurements.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

const OPERATOR = { name: 'token:op', isOperator: true };
const MAX = 200;

let stores: Stores;
let tests = 0;
beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());
beforeEach(() => {
  tests++;
});

const bot = (name = 'bot') => ({ name: `token:${name} ${tests}`, isOperator: false });
const letters = (i: number): string => [...String(i)].map(digit => 'abcdefghij'[Number(digit)]).join('');
const patternOf = (i: number) => `pm.t${letters(tests)}_${letters(i)}.S1.entry`;
const eventsOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) =>
    readEpisode(eventBody('e', { pattern_key: patternOf(from + i) }), NOW),
  );
const found = async () =>
  (await stores.runtime.heads.patterns()).filter(p => p.startsWith(`pm.t${letters(tests)}_`)).length;
const accepted = (results: readonly string[]) => results.filter(result => result === 'accepted').length;

it('A bot founds 200 patterns and no more, and events of known patterns are taken beyond them', async () => {
  const { episodes } = stores.runtime;
  const results = await episodes.add(eventsOf(0, 250), bot());
  expect(results.slice(0, MAX)).toEqual(new Array(MAX).fill('accepted'));
  expect(results.slice(MAX)).toEqual(new Array(50).fill('too_many_patterns'));
  expect(await found()).toBe(MAX);
  await episodes.add(eventsOf(300, 301), OPERATOR);
  const known = readEpisode(eventBody('own', { pattern_key: patternOf(300) }), NOW);
  expect(await episodes.add([known, ...eventsOf(5, 6)], bot())).toEqual(['accepted', 'unchanged']);
  expect(await episodes.add(eventsOf(200, 201), bot('another'))).toEqual(['accepted']);
});

it('[X8] Concurrent and repeated requests through several processes found exactly as many', async () => {
  const processes = [stores.runtime, stores.another().runtime, stores.another().runtime];
  const requests = Array.from({ length: 30 }, (_, i) => {
    const from = (i * 37) % 230;
    return processes[i % 3]?.episodes.add(eventsOf(from, from + 20), bot());
  });
  const results = (await Promise.all(requests)).flatMap(result => result ?? []);
  expect(accepted(results)).toBe(MAX);
  expect(results).toContain('too_many_patterns');
  expect(await found()).toBe(MAX);
  measurement(
    25,
    `30 requests at once through 3 processes: ${MAX} patterns founded, the rest too_many_patterns`,
  );
});

it('Operators and local found any number', async () => {
  expect(accepted(await stores.runtime.episodes.add(eventsOf(0, 230), OPERATOR))).toBe(230);
  expect(accepted(await stores.runtime.episodes.add(eventsOf(230, 460)))).toBe(230);
});

it('An outcome without its event counts as founding, and makes its pattern known to status alone', async () => {
  const { episodes, heads } = stores.runtime;
  await episodes.add(eventsOf(0, MAX - 1), bot());
  const report = (i: number) =>
    readOutcomeReport({ pattern_key: patternOf(i), episode_id: 'e', outcome: 'success' }, NOW);
  expect(await episodes.resolve([report(500), report(501), report(0)], bot())).toEqual([
    'parked',
    'too_many_patterns',
    'resolved',
  ]);
  const waiting = parsePatternKey(patternOf(500));
  expect([await heads.isRegistered(waiting), (await heads.patterns()).includes(waiting)]).toEqual([
    false,
    false,
  ]);
  const row = (await heads.overview()).find(({ pattern }) => pattern === waiting);
  expect(row?.counts).toMatchObject({ total: 0, parked: 1 });
  expect(await episodes.add(eventsOf(500, 501), bot())).toEqual(['accepted']);
  expect(await heads.isRegistered(waiting)).toBe(true);
  expect(await heads.counts(waiting)).toMatchObject({ total: 1, withOutcome: 1, parked: 0 });
});
