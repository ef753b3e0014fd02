import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FactorCollector } from '../../../shared/episode/columns/event-columns.ts';
import type { Outcome } from '../../../shared/episode/outcome.ts';
import { GATE_FLAGS, GATE_NAMES, packEpisode } from '../../../shared/episode/packed-episode.ts';
import { episode } from '../../support/episodes.ts';
import { factorColumns } from '../../support/factor-columns.ts';
import { unpackEpisode } from '../../support/unpack-episode.ts';

interface Row {
  readonly fields: object;
  readonly outcome: Outcome;
  readonly time: number;
  readonly resolvedAt: number;
}

function collected(rows: readonly Row[]) {
  const collector = new FactorCollector({ withDxCount: false });
  for (const { fields, outcome, time, resolvedAt } of rows)
    collector.add(packEpisode(episode('e', fields)), time, { outcome, resolvedAt, correction: false });
  return collector.columns();
}

const rowArbitrary: fc.Arbitrary<Row> = fc.record({
  fields: fc.record({
    decision: fc.constantFrom('acted', 'skipped'),
    scope: fc.record({ a: fc.constantFrom('x', 'y', 'z') }),
    trade_id: fc.option(fc.constantFrom('t1', 't2', 'ü')),
    factors: fc.record(
      {
        ts_score: fc.double({ noNaN: true, noDefaultInfinity: true }),
        ts_min: fc.double({ noNaN: true, noDefaultInfinity: true }),
        dx: fc.integer(),
        halo_distance: fc.constant({ min: 1, median: 2, max: 3 }),
        ts_ok: fc.boolean(),
        slope_ok: fc.boolean(),
        blocked_by: fc.subarray(['ts', 'halo', 'sr', 'something']),
      },
      { requiredKeys: [] },
    ),
  }),
  outcome: fc.constantFrom<Outcome>('success', 'failure', 'neutral'),
  time: fc.integer({ min: 0, max: 2 ** 41 }),
  resolvedAt: fc.integer({ min: 0, max: 2 ** 41 }),
});

/** Returns for each row the first row with the same code, or −1 for code 0. Equal groups of rows give equal results. */
const groups = (codes: ArrayLike<number> | undefined, size: number): number[] =>
  Array.from({ length: size }, (_, row) =>
    (codes?.[row] ?? 0) === 0
      ? -1
      : Array.from({ length: size }, (_, other) => codes?.[other]).indexOf(codes?.[row]),
  );

describe('columns with factors', () => {
  it('Factor columns have the values of the events that were packed', () => {
    fc.assert(
      fc.property(fc.array(rowArbitrary, { maxLength: 30 }), rows => {
        const columns = collected(rows);
        const expected = factorColumns(
          rows.map(row => ({ ...row, episode: unpackEpisode(packEpisode(episode('e', row.fields))) })),
        );
        const firstRows = <T extends ArrayLike<number>>(column: T | undefined): number[] =>
          Array.from(column ?? []).slice(0, rows.length);
        for (const name of ['quadrant', 'time', 'resolvedAt', 'flagsKnown', 'flagsSet', 'blocked'] as const)
          expect(firstRows(columns[name]), name).toEqual(firstRows(expected[name]));
        expect(Object.keys(columns.numbers).sort()).toEqual(Object.keys(expected.numbers).sort());
        for (const [name, column] of Object.entries(expected.numbers))
          expect(firstRows(columns.numbers[name as 'dx']), name).toEqual(firstRows(column));
        expect(groups(columns.trade, rows.length)).toEqual(groups(expected.trade, rows.length));
      }),
    );
  });

  it('Factor columns keep the values of earlier events as they grow', () => {
    const rows = Array.from({ length: 5000 }, (_, i) => ({
      fields: { factors: i === 3000 ? { dx: 7, ts_ok: true } : { ts_score: i } },
      outcome: 'success' as const,
      time: i,
      resolvedAt: 2 * i,
    }));
    const columns = collected(rows);
    expect([columns.size, columns.time[4999], columns.resolvedAt[1500]]).toEqual([5000, 4999, 3000]);
    expect([columns.numbers.dx?.[3000], columns.numbers.dx?.[10], columns.numbers.ts_score?.[3000]]).toEqual([
      7,
      Number.NaN,
      Number.NaN,
    ]);
    expect(columns.numbers.ts_score?.[4999]).toBe(4999);
    expect(columns.flagsSet[3000]).toBe(1 << GATE_FLAGS.indexOf('ts_ok'));
  });

  it('The pair of an event is the value of its dimension symbol', () => {
    const row = (scope: object): Row => ({ fields: { scope }, outcome: 'failure', time: 0, resolvedAt: 0 });
    const { pair } = collected([
      row({ symbol: 'sol' }),
      row({ symbol: 'eth' }),
      row({ chain: 'x' }),
      row({ symbol: 'sol' }),
    ]);
    expect(groups(pair, 4)).toEqual([0, 1, -1, 0]);
    expect(collected([row({ chain: 'x' })]).pair).toBeUndefined();
  });

  it('A known blocking gate is recorded by its name, and an unknown one as other', () => {
    const [bits] = collected([
      { fields: { factors: { blocked_by: ['halo', 'moon'] } }, outcome: 'success', time: 0, resolvedAt: 0 },
    ]).blocked;
    expect(bits).toBe(0x80 | (1 << GATE_NAMES.indexOf('halo')) | (1 << GATE_NAMES.indexOf('other')));
  });
});
