import { expect, it } from 'vitest';
import { FactorCollector } from '../../shared/episode/columns/event-columns.ts';
import { packEpisode } from '../../shared/episode/packed-episode.ts';
import { sliceTiers } from '../../shared/override/dimension-tiers.ts';
import { normalizeScope } from '../../shared/pattern/scope.ts';
import { episode, NOW } from '../support/episodes.ts';

it('The tier of a slice follows from the events that its rarest dimension has, and one value comes last', () => {
  const collector = new FactorCollector({ withDxCount: false });
  for (let i = 0; i < 64; i++) {
    const scope = { chain: `c${i % 2}`, ...(i < 16 && { rare: i % 2 }), ...(i < 60 && { same: 1 }) };
    const outcome = { outcome: 'success', resolvedAt: NOW, correction: false } as const;
    collector.add(packEpisode(episode(`e${i}`, { scope })), NOW, outcome);
  }
  const tierOf = sliceTiers(collector.columns());
  const of = (scope: object) => tierOf(normalizeScope(scope));
  expect(of({})).toBe(0);
  expect(of({ chain: 'c0' })).toBe(0);
  expect(of({ chain: 'c0', rare: '1' })).toBe(2);
  expect(of({ chain: 'c0', same: '1' })).toBe(64);
});
