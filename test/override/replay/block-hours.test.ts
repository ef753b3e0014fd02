import { describe, expect, test } from 'vitest';
import { Random } from '../../../bench/policy/random.ts';
import { QUADRANT } from '../../../shared/episode/columns/columns.ts';
import { selectRows } from '../../../shared/episode/columns/select-rows.ts';
import { measureBlockHours } from '../../../shared/override/replay/block-hours.ts';
import { HOUR } from '../../support/episodes.ts';
import { factorColumns } from '../../support/factor-columns.ts';

const BLOCK = 6 * HOUR;

/**
 * Makes ten events a block of six hours for 90 days.
 * @param neighbours correlation of the success rates of neighbouring blocks
 * @param hours time from an event to its outcome
 */
function events(neighbours: number, hours: number) {
  const random = new Random(5, 3);
  let rate = 0;
  const blocks = 360;
  const success = Uint8Array.from({ length: 10 * blocks }, (_, i) => {
    if (i % 10 === 0) rate = neighbours * rate + Math.sqrt(1 - neighbours ** 2) * random.normal();
    return 0.7 * rate + 0.7 * random.normal() > 0.3 ? 1 : 0;
  });
  const size = success.length;
  const time = Float64Array.from({ length: size }, (_, i) => Math.floor(i / 10) * BLOCK);
  return {
    ...factorColumns([]),
    size,
    time,
    resolvedAt: time.map(at => at + hours * HOUR),
    quadrant: success.map(won => (won === 1 ? QUADRANT.miss : QUADRANT.dodge)),
    flagsKnown: new Uint8Array(size),
    flagsSet: new Uint8Array(size),
    blocked: new Uint8Array(size),
    trade: new Uint32Array(size),
    pair: new Uint32Array(size),
  };
}

describe('the measured length of blocks of dependent events', () => {
  test('Blocks without correlation to their neighbours are six hours long', () => {
    expect(measureBlockHours(events(0, 100))).toBe(6);
  });

  test('Correlated blocks are doubled up to 48 hours when outcomes take that long', () => {
    expect(measureBlockHours(events(0.95, 100))).toBe(48);
  });

  test.each([
    [5, 6],
    [7, 12],
    [20, 24],
  ])('Outcomes that are known within %i hours bound correlated blocks at %i hours', (delay, expected) => {
    expect(measureBlockHours(events(0.95, delay))).toBe(expected);
  });

  test('The length does not depend on the order of the events', () => {
    const columns = events(0.6, 100);
    const order = Uint32Array.from({ length: columns.size }, (_, i) => (i * 7) % columns.size);
    expect(new Set(order).size).toBe(columns.size);
    expect(measureBlockHours(selectRows(columns, order))).toBe(measureBlockHours(columns));
  });

  test('A pattern without events has blocks of six hours', () => {
    expect(measureBlockHours(factorColumns([]))).toBe(6);
  });
});
