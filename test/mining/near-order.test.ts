import { expect, it } from 'vitest';
import { ColumnCollector } from '../../shared/episode/columns/scope-columns.ts';
import { packEpisode } from '../../shared/episode/packed-episode.ts';
import { mineLessons } from '../../shared/lesson/mine-lessons.ts';
import { episode, S1 } from '../support/episodes.ts';
import { randomOf, shuffled } from '../support/random.ts';

const near = (rows: readonly Uint8Array[]) => {
  const collector = new ColumnCollector({ withDxCount: false });
  for (const row of rows) collector.add(row, 'success');
  return JSON.stringify(mineLessons(S1, collector.columns(), 33).near);
};

it('The same near slices are listed in any order of events, even if more than 100 qualify', () => {
  const base = episode('e');
  const rows = Array.from({ length: 150 }, (_, v) =>
    new Array(30).fill(packEpisode({ ...base, scope: { d: `v${v}` } })),
  ).flat();
  const listed = near(rows);
  for (let seed = 0; seed < 5; seed++) expect(near(shuffled(rows, randomOf(seed)))).toBe(listed);
});
