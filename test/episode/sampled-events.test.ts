import { expect, it } from 'vitest';
import type { ResolvedRow } from '../../shared/episode/episode-store.ts';
import { sampleEvents } from '../../shared/episode/sampled-events.ts';
import { NOW, S1 } from '../support/episodes.ts';
import { randomOf, shuffled } from '../support/random.ts';

const rows = Array.from({ length: 20_000 }, (_, i): ResolvedRow => {
  return {
    episodeId: `e${i}`,
    window: undefined,
    time: NOW + i * 60_000,
    packed: new Uint8Array(),
    history: '',
  };
});

async function sample(events: readonly ResolvedRow[], most: number): Promise<string[]> {
  const resolved = async function* () {
    for (let i = 0; i < events.length; i += 700) yield events.slice(i, i + 700);
  };
  const read: string[] = [];
  for await (const page of sampleEvents({ resolved }, events.length, most).resolved(S1, 0, NOW))
    read.push(...page.map(({ episodeId }) => episodeId));
  return read.sort();
}

it('A sample has about the number of events that is wanted, and the same ones in any order', async () => {
  const read = await sample(rows, 5000);
  expect(read.length).toBeGreaterThan(4500);
  expect(read.length).toBeLessThan(5500);
  expect(await sample(shuffled(rows, randomOf(1)), 5000)).toEqual(read);
  // Every hour has its part: a sample of minutes or days alone would miss a session.
  const hours = new Set(read.map(id => Math.floor(Number(id.slice(1)) / 60)));
  expect(hours.size).toBeGreaterThan(330);
});

it('All events are read where there are no more than wanted', async () => {
  expect(await sample(rows, rows.length)).toHaveLength(rows.length);
});
