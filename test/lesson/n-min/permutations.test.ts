import { describe, expect, it } from 'vitest';
import { contentOrder, shuffleOutcomes } from '../../../shared/lesson/n-min/permutations.ts';
import { sfc32 } from '../../../shared/statistics/random.ts';

describe('permutations', () => {
  it('The content order sorts rows by class and codes, whatever their original order', () => {
    const codes = Uint8Array.from([2, 1, 2, 0, 1]);
    const classes = Uint8Array.from([1, 1, 0, 0, 1]);
    const order = contentOrder(5, classes, [{ name: 'a', values: ['x', 'y'], codes }]);
    expect([...order].map(r => [classes[r], codes[r]])).toEqual([
      [0, 0],
      [0, 2],
      [1, 1],
      [1, 1],
      [1, 2],
    ]);
  });

  it('Each cell of the pool is drawn with the same probability, and no other cell is drawn', () => {
    const next = sfc32(11);
    const pool = Uint32Array.from([1, 3, 4, 6, 7]);
    const draws = new Array<number>(9).fill(0);
    for (let i = 0; i < 5000; i++) {
      const cells = new Uint8Array(9);
      shuffleOutcomes(cells, 2, pool, 2, next);
      expect(cells.reduce((sum, bits) => sum + bits, 0)).toBe(4);
      cells.forEach((bits, cell) => {
        draws[cell] = (draws[cell] ?? 0) + bits / 2;
      });
    }
    expect([0, 2, 5, 8].map(cell => draws[cell])).toEqual([0, 0, 0, 0]);
    // Each of the five cells is expected in 2,000 of the 5,000 draws; four standard deviations are 139.
    for (const cell of [1, 3, 4, 6, 7]) expect(Math.abs((draws[cell] ?? 0) - 2000)).toBeLessThan(139);
  });
});
