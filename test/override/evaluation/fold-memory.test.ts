import { expect, it } from 'vitest';
import type { FactorColumns } from '../../../shared/episode/columns/columns.ts';
import { FactorCollector } from '../../../shared/episode/columns/event-columns.ts';
import { packEpisode } from '../../../shared/episode/packed-episode.ts';
import type { FoldMemory } from '../../../shared/override/evaluation/fold-memory.ts';
import { walkForward } from '../../../shared/override/evaluation/walk-forward.ts';
import { CountingMemory } from '../../support/counting-memory.ts';
import { episode, S1 } from '../../support/episodes.ts';
import type { KnownEvent } from '../../support/factor-columns.ts';
import { randomOf } from '../../support/random.ts';
import { AS_OF, event } from '../../support/replay-events.ts';

const SETTINGS = { payoff: { win: 2, loss: 1 }, n_min: 33, lookback_days: 90, max_overrides: 20_000 };
const HOUR = 3_600_000;

function someEvents(): KnownEvent[] {
  const random = randomOf(7);
  return Array.from({ length: 1200 }, (_, i) =>
    event({
      outcome: random() < (i % 3 === 0 ? 0.7 : 0.2) ? 'success' : 'failure',
      ts: 0.45 + 0.3 * random(),
      halo: 0.5,
      slope: 0.001,
      scope: { side: i % 3 === 0 ? 'sell' : 'buy', chain: `c${i % 5}` },
      daysAgo: 1 + (i * 87) / 1200,
    }),
  );
}

/** Returns the columns that a run makes from stored rows. */
function columnsOf(events: readonly KnownEvent[]): FactorColumns {
  const collector = new FactorCollector({ withDxCount: false });
  for (const { episode: known, time, outcome, resolvedAt } of events) {
    const { scope, decision } = known;
    const factors = Object.fromEntries(known.numbers);
    const packed = packEpisode(episode('e', { scope, decision, factors }));
    collector.add(packed, time, { outcome, resolvedAt, correction: false });
  }
  return collector.columns();
}

const evaluate = (events: readonly KnownEvent[], memory?: FoldMemory, settings = SETTINGS, asOf = AS_OF) =>
  walkForward(S1, columnsOf(events), asOf, ['drift', 'replay'], settings, { folds: memory });

it('A run recalls past weeks for the same events in any order, and has the result of a run without memory', () => {
  const events = someEvents();
  const memory = new CountingMemory();
  const plain = evaluate(events);
  expect(plain.policies.every(({ folds }) => folds.some(({ overrides }) => overrides > 0))).toBe(true);
  expect(evaluate(events, memory)).toEqual(plain);
  expect(memory.computed).toBe(8);
  expect(evaluate(events.toReversed(), memory)).toEqual(plain);
  expect(evaluate(events, memory, SETTINGS, AS_OF + HOUR)).toEqual(
    evaluate(events, undefined, SETTINGS, AS_OF + HOUR),
  );
  expect(memory.computed).toBe(8);
});

it.each<[string, (e: KnownEvent) => KnownEvent]>([
  ['outcome', e => ({ ...e, outcome: e.outcome === 'success' ? 'failure' : 'success' })],
  ['time', e => ({ ...e, time: e.time + 1000 })],
  ['time of its outcome', e => ({ ...e, resolvedAt: e.resolvedAt + 1 })],
  ['scope', e => ({ ...e, episode: { ...e.episode, scope: { side: 'sell', chain: 'c4' } } })],
])('A past event with another %s makes each week that learns from it new', (_, change) => {
  const events = someEvents();
  const memory = new CountingMemory();
  evaluate(events, memory);
  const changed = events.map((e, i) => (i === 500 ? change(e) : e));
  expect(evaluate(changed, memory)).toEqual(evaluate(changed));
  expect(memory.computed).toBe(16);
});

it('Another setting makes each week new, and a full memory changes no result', () => {
  const events = someEvents();
  const memory = new CountingMemory(10);
  expect(evaluate(events, memory)).toEqual(evaluate(events));
  const other = { ...SETTINGS, payoff: { win: 1, loss: 1 } };
  const before = memory.computed;
  expect(evaluate(events, memory, other)).toEqual(evaluate(events, undefined, other));
  expect(memory.computed - before).toBe(8);
});
