import { expect, test } from 'vitest';
import type { KnownEvent } from '../../support/factor-columns.ts';
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
