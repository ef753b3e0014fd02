import { expect, test } from 'vitest';
import type { FactorColumns } from '../../../shared/episode/columns/columns.ts';
import { clusterings, sortByBlock } from '../../../shared/override/replay/clusters.ts';
import { REPLAY_SETTINGS } from '../../../shared/override/replay/settings.ts';
import type { KnownEvent } from '../../support/factor-columns.ts';
import { factorColumns } from '../../support/factor-columns.ts';
import type { Draft } from '../../support/replay-events.ts';
import { core, DEPENDENT_EVENTS, event, replayEvents } from '../../support/replay-events.ts';

const winners = (draft: (i: number) => Partial<Draft>): KnownEvent[] =>
  Array.from({ length: 40 }, (_, i) =>
    event({ outcome: 'success', ts: 0.58, halo: 0.2, daysAgo: 30 + (i * 7) / 24, ...draft(i) }),
  );

test('Forty winners at forty times give an override', () => {
  expect(replayEvents([...core(), ...winners(() => ({}))], DEPENDENT_EVENTS).overrides).toHaveLength(1);
});

test.each<[string, (i: number) => Partial<Draft>]>([
  ['one block of six hours', () => ({ daysAgo: 30 })],
  ['one trade', () => ({ trade: 't1' })],
  ['three blocks of six hours of one pair', i => ({ daysAgo: 30 + (i % 3), pair: 'SOL' })],
])('Forty winners of %s give no override', (_, draft) => {
  const result = replayEvents([...core(), ...winners(draft)], DEPENDENT_EVENTS);
  expect(result.overrides).toEqual([]);
  expect(result.noOverrideReasons[0]?.reason).toMatch(/changes utility by \+80 ± .*: within chance$/);
});

/** Returns columns of rows that are a day apart, with trade and episode of each; 0 means none. */
function rowsOf(...rows: readonly (readonly [trade: number, episode: number])[]): FactorColumns {
  const columns = factorColumns(rows.map((_, i) => event({ outcome: 'success', daysAgo: 30 + i })));
  const [trade, episode] = [0, 1].map(k => Uint32Array.from(rows, row => row[k] ?? 0));
  return { ...columns, ...(trade && { trade }), ...(episode && { episode }) };
}

test('[O10] Rows of one episode share a cluster under every rule', () => {
  const columns = rowsOf([0, 1], [0, 2], [0, 1], [0, 0]);
  const { clusters } = REPLAY_SETTINGS;
  const found = clusterings(columns, ['trade', { within: 'market', hours: 6 }]);
  expect(found).toHaveLength(2);
  for (const cluster of found) {
    expect(cluster[0]).toBe(cluster[2]);
    expect(new Set(cluster).size).toBe(3);
  }
  const sorted = sortByBlock(columns, clusters);
  for (const cluster of clusterings(sorted, [{ within: 'market', hours: 6 }]))
    expect([...cluster]).toEqual([...cluster].sort((a, b) => a - b));
});

test('An episode with rows in two trades joins the trades', () => {
  const [cluster] = clusterings(rowsOf([1, 1], [2, 1], [2, 0], [3, 0]), ['trade']);
  expect([cluster?.[0], cluster?.[1]]).toEqual([cluster?.[2], cluster?.[2]]);
  expect(cluster?.[3]).not.toBe(cluster?.[0]);
});
