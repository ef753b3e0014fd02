import { describe, expect, it } from 'vitest';
import { QUADRANT } from '../../../shared/episode/columns/columns.ts';
import { ColumnCollector } from '../../../shared/episode/columns/scope-columns.ts';
import type { Outcome } from '../../../shared/episode/outcome.ts';
import { packEpisode } from '../../../shared/episode/packed-episode.ts';
import { episode } from '../../support/episodes.ts';
import { faultOf } from '../../support/fault-of.ts';

const packed = (scope: object, fields: object = {}): Uint8Array =>
  packEpisode(episode('e', { scope, ...fields }));

function collected(rows: readonly [Uint8Array, Outcome][], withDxCount = false) {
  const collector = new ColumnCollector({ withDxCount });
  for (const [bytes, outcome] of rows) collector.add(bytes, outcome);
  return collector.columns();
}

describe('the quadrant of an event', () => {
  it.each<[string, Outcome, number]>([
    ['acted', 'success', QUADRANT.win],
    ['acted', 'failure', QUADRANT.falsePositive],
    ['acted', 'neutral', QUADRANT.actedNeutral],
    ['skipped', 'success', QUADRANT.miss],
    ['skipped', 'failure', QUADRANT.dodge],
    ['skipped', 'neutral', QUADRANT.skippedNeutral],
  ])('The quadrant of an event that was %s, with outcome %s, is %d', (decision, outcome, quadrant) => {
    expect(collected([[packed({}, { decision }), outcome]]).quadrant[0]).toBe(quadrant);
  });
});

describe('columns', () => {
  it('Columns list dimensions by name and values by text, whatever the order of events', () => {
    const columns = collected([
      [packed({ b: 'y', a: '2' }), 'success'],
      [packed({ b: 'x' }), 'success'],
      [packed({ a: '1', c: 'z' }), 'failure'],
    ]);
    expect(columns.size).toBe(3);
    expect(columns.dimensions).toEqual([
      { name: 'a', values: ['1', '2'], codes: Uint8Array.of(2, 0, 1) },
      { name: 'b', values: ['x', 'y'], codes: Uint8Array.of(2, 1, 0) },
      { name: 'c', values: ['z'], codes: Uint8Array.of(0, 0, 1) },
    ]);
  });

  it('Columns of no events are empty', () => {
    expect(collected([])).toMatchObject({ size: 0, dimensions: [] });
  });

  it('A dimension that is named like a method of objects holds its own values only', () => {
    const columns = collected([
      [packed({ constructor: 'x', toString: 'y' }), 'success'],
      [packed({ a: '1' }), 'success'],
    ]);
    expect(columns.dimensions).toEqual([
      { name: 'a', values: ['1'], codes: Uint8Array.of(0, 1) },
      { name: 'constructor', values: ['x'], codes: Uint8Array.of(1, 0) },
      { name: 'toString', values: ['y'], codes: Uint8Array.of(1, 0) },
    ]);
  });

  it.each([
    [255, Uint8Array],
    [256, Uint16Array],
    [65_536, Uint32Array],
  ])('A column of %d values has codes that are wide enough', (values, width) => {
    const collector = new ColumnCollector({ withDxCount: false });
    for (let i = 0; i < values; i++) collector.add(scopeOnly(i), 'success');
    const [column] = collector.columns().dimensions;
    expect(column?.codes).toBeInstanceOf(width);
    const sorted = Array.from({ length: values }, (_, i) => String(i)).sort();
    expect(column?.values).toEqual(sorted);
    expect(column && Array.from(column.codes, code => column.values[code - 1])).toEqual(
      Array.from({ length: values }, (_, i) => String(i)),
    );
  });

  it('Scope columns keep the values of earlier events as they grow', () => {
    const collector = new ColumnCollector({ withDxCount: true });
    for (let i = 0; i < 5000; i++)
      collector.add(packed({ a: i % 7 }, { factors: { dx_count: i % 5 } }), i % 2 ? 'success' : 'failure');
    const { size, dimensions, quadrant, dxCount } = collector.columns();
    expect(size).toBe(5000);
    for (const row of [0, 1, 1023, 1024, 2047, 2048, 4999]) {
      expect(dimensions[0]?.codes[row]).toBe((row % 7) + 1);
      expect(quadrant[row]).toBe(row % 2 ? QUADRANT.miss : QUADRANT.dodge);
      expect(dxCount?.[row]).toBe(row % 5);
    }
  });

  it('Columns carry dx_count for ladder patterns only, NaN where an event has none', () => {
    const rows: [Uint8Array, Outcome][] = [
      [packed({}, { factors: { dx_count: 2 } }), 'success'],
      [packed({}, { factors: { dx_count: { min: 1, median: 3, max: 4 } } }), 'success'],
      [packed({}, { factors: {} }), 'success'],
    ];
    expect(collected(rows)).not.toHaveProperty('dxCount');
    expect([...(collected(rows, true).dxCount ?? [])].slice(0, 3)).toEqual([2, 3, Number.NaN]);
  });
});

it('A packed event that ends after its scope or has an unknown format is rejected as damaged_event', () => {
  const bytes = packed({ chain: 'solana' });
  const collector = new ColumnCollector({ withDxCount: false });
  const scopeEnd = 3 + 1 + 'chain'.length + 2 + 'solana'.length;
  expect(faultOf(() => collector.add(bytes.subarray(0, scopeEnd), 'success')).code).toBe('damaged_event');
  expect(faultOf(() => collector.add(Uint8Array.of(9, 0, 0, 0), 'success')).code).toBe('damaged_event');
});

/** Returns a packed event with one dimension. It skips the checks of an event, because a test makes 65,536 of them. */
function scopeOnly(i: number): Uint8Array {
  return packEpisode({ ...base, scope: { d: String(i) } });
}
const base = episode('e');
