import { expect, it } from 'vitest';
import { FactorCollector } from '../../shared/episode/columns/event-columns.ts';
import { packEpisode } from '../../shared/episode/packed-episode.ts';
import { dominatedOverrides, oneWriterDominates } from '../../shared/warning/one-writer-dominates.ts';
import { episode, NOW } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';

/** Returns columns of events, each with its writer and its chain. */
function columnsOf(rows: readonly (readonly [writer: number, chain: string])[]) {
  const collector = new FactorCollector({ withDxCount: false });
  for (const [writer, chain] of rows)
    collector.add(packEpisode(episode('e', { scope: { chain } }), writer), NOW, {
      outcome: 'success',
      resolvedAt: NOW,
      correction: false,
    });
  return collector.columns();
}
const repeat = (n: number, row: readonly [number, string]) => new Array(n).fill(row);
const OVERRIDES = [
  override('tuning_ts_min', {}, 0.9),
  override('tuning_halo', {}, 1.1),
  override('tuning_ts_min', { chain: 'a' }, 0.8),
  override('tuning_ts_min', { chain: 'b' }, 0.8),
];

it('[X10] Only slices of which one writer wrote more than half are found, of each writer in turn', () => {
  const columns = columnsOf([...repeat(6, [7, 'a']), ...repeat(2, [8, 'a']), ...repeat(3, [8, 'b'])]);
  expect(
    dominatedOverrides(columns, OVERRIDES).map(({ override, ...found }) => [override.scope_subset, found]),
  ).toEqual([
    [{ chain: 'b' }, { writer: 8, events: 3, of: 3 }],
    [{}, { writer: 7, events: 6, of: 11 }],
    [{ chain: 'a' }, { writer: 7, events: 6, of: 8 }],
  ]);
});

it('One writer alone, and exactly half, dominate nothing', () => {
  expect(dominatedOverrides(columnsOf(repeat(9, [7, 'a'])), OVERRIDES)).toEqual([]);
  const half = columnsOf([...repeat(4, [7, 'a']), ...repeat(4, [8, 'a'])]);
  expect(dominatedOverrides(half, OVERRIDES)).toEqual([]);
});

it('Events from before writers were kept count in a slice, and are nobody who dominates', () => {
  const columns = columnsOf([...repeat(6, [0, 'a']), ...repeat(3, [8, 'a']), ...repeat(1, [8, 'b'])]);
  const found = dominatedOverrides(columns, OVERRIDES);
  expect(found.map(({ override }) => override.scope_subset)).toEqual([{ chain: 'b' }]);
  expect(oneWriterDominates(found, () => 'token:bot 2')).toMatchObject([
    { code: 'one_writer_dominates', writer: 'token:bot 2', share: 1, scope_subset: { chain: 'b' } },
  ]);
});
