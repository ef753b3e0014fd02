import { describe, expect, it } from 'vitest';
import type { StreamSettings } from '../../bench/guard/streams.ts';
import { crossing, quantile, STREAM, stream } from '../../bench/guard/streams.ts';

/** Streams of each break-even world here; `npm run bench:guard` plays 6,000. */
const STREAMS = 400;

function withdrawn(changes: Partial<StreamSettings>, by: 'at' | 'knownAt' = 'at'): number {
  const settings = { ...STREAM, ...changes };
  const seeds = Array.from({ length: STREAMS }, (_, i) => i + 1);
  return seeds.filter(seed => crossing(stream(settings, seed), settings, 'harm', 6, by)).length / STREAMS;
}

describe('the guard on simulated streams', () => {
  it.each<readonly [string, Partial<StreamSettings>]>([
    ['three of ten outcomes are shared', {}],
    ['six of ten outcomes are shared', { shared: 0.6 }],
    ['all flips are tightened', { tightened: 1 }],
    ['a win pays as much as a loss costs', { payoff: { win: 1, loss: 1 } }],
  ])('When %s, at most one in a hundred break-even sets is withdrawn within 60 days', (_, changes) => {
    // Two standard errors of a share of 1 % on the streams of this test.
    expect(withdrawn(changes)).toBeLessThanOrEqual(0.01 + 2 * Math.sqrt((0.01 * 0.99) / STREAMS));
  });

  it('Read by order of arrival, over 20 % of the same break-even sets would be withdrawn', () => {
    expect(withdrawn({}, 'knownAt')).toBeGreaterThan(0.2);
  });

  it.each([
    [-1, 130],
    [-0.7, 170],
    [-0.4, 290],
  ])(
    'A set that loses %d a flip is withdrawn after at most %d known outcomes, in the median',
    (utility, most) => {
      const settings = { ...STREAM, utility };
      const known = Array.from({ length: 100 }, (_, i) => crossing(stream(settings, i + 1), settings)?.known);
      expect(known).not.toContain(undefined);
      expect(quantile(known.map(Number), 0.5)).toBeLessThanOrEqual(most);
    },
  );
});
