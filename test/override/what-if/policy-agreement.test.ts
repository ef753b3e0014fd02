import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FactorColumns } from '../../../shared/episode/columns/columns.ts';
import type { Outcome } from '../../../shared/episode/outcome.ts';
import { openingOf } from '../../../shared/lever/lever.ts';
import { decisionsUnderMoves } from '../../../shared/override/replay/applied-moves.ts';
import { prepareGates } from '../../../shared/override/replay/gates.ts';
import { REPLAY_SETTINGS } from '../../../shared/override/replay/settings.ts';
import type { Slice } from '../../../shared/override/replay/slices.ts';
import { NONE, rowsOf, sliceScope } from '../../../shared/override/replay/slices.ts';
import { compareUtility } from '../../../shared/override/replay/utility.ts';
import { findLever, toEffect } from '../../../shared/override/what-if/lever-range.ts';
import { DAY, S1 } from '../../support/episodes.ts';
import type { KnownEvent } from '../../support/factor-columns.ts';
import { factorColumns } from '../../support/factor-columns.ts';
import type { EventDraft } from '../../support/what-if.ts';
import { AS_OF, event, runWhatIf } from '../../support/what-if.ts';

/** Generates evenly spread numbers, because the doubles of fast-check crowd near 0. */
const evenly = (low: number, high: number): fc.Arbitrary<number> =>
  fc.integer({ min: 0, max: 1000 }).map(i => low + ((high - low) * i) / 1000);
const anyNumber = (low: number, high: number): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 8, arbitrary: evenly(low, high) },
    { weight: 1, arbitrary: fc.constantFrom(Number.NaN, 0, -1) },
  );
const anyEvent: fc.Arbitrary<KnownEvent> = fc
  .record({
    outcome: fc.constantFrom<Outcome>('success', 'failure', 'failure', 'neutral'),
    acted: fc.boolean(),
    numbers: fc.record({
      ts_score: anyNumber(0.3, 1),
      halo_distance: anyNumber(0.5, 1.5),
      ema60_slope: anyNumber(-0.01, 0.02),
    }),
    scope: fc.record(
      { a: fc.constantFrom('1', '2'), b: fc.constantFrom('1', '2', '3') },
      { requiredKeys: [] },
    ),
    daysAgo: evenly(-1, 95),
    trade: fc.constantFrom('t1', 't2', 't3', 't4', 't5'),
    pair: fc.constantFrom('SOL', 'ETH'),
    flags: fc.constantFrom([], [['ts_ok', true]] as const, [['ts_ok', false]] as const),
    ...{ blockedBy: fc.constantFrom(undefined, [], ['halo'], ['ts', 'edx']) },
  })
  .map(draft => event(draft as EventDraft));

/** Returns every slice of at most two dimensions that has a row. */
function everySlice(columns: FactorColumns, rows: Uint32Array): Slice[] {
  const pairs = columns.dimensions.flatMap(({ values }, d) => values.map((_, v) => [d, v + 1] as const));
  const slices: Slice[] = [
    { first: NONE, firstCode: 0, second: NONE, secondCode: 0, n: rows.length },
    ...pairs.map(([first, firstCode]) => ({ first, firstCode, second: NONE, secondCode: 0, n: rows.length })),
    ...pairs.flatMap(([first, firstCode]) =>
      pairs
        .filter(([second]) => second > first)
        .map(([second, secondCode]) => ({ first, firstCode, second, secondCode, n: rows.length })),
    ),
  ];
  return slices.filter(slice => rowsOf(slice, columns, rows).length > 0);
}

describe('any events', () => {
  const levers = [
    ['ts_min', 0.5, 2],
    ['halo_max', 0.6, 1.7],
    ['slope_min', -0.01, 0.01],
  ] as const;
  const settings = { ...REPLAY_SETTINGS, nMin: 1, minFactorShare: 0 };
  const anyCase = fc.record({
    events: fc.array(anyEvent, { minLength: 5, maxLength: 80 }),
    lever: fc.constantFrom(...levers),
    points: fc.integer({ min: 2, max: 40 }),
    payoff: fc.constantFrom({ win: 2, loss: 1 }, { win: 1, loss: 3 }, { win: 0.7, loss: 1.1 }),
  });

  test('Every point of a what-if has the counts and the error that the replay policy computes for that move', () => {
    let points = 0;
    fc.assert(
      fc.property(anyCase, ({ events, lever: [name, from, to], points: pointCount, payoff }) => {
        const columns = factorColumns(events);
        const settingsOfCase = { ...settings, payoff };
        const gates = prepareGates(S1, columns, settingsOfCase);
        const all = Uint32Array.from(events.keys()).filter(
          row =>
            (columns.time[row] ?? 0) <= AS_OF &&
            (columns.time[row] ?? 0) >= AS_OF - 90 * DAY &&
            (columns.resolvedAt[row] ?? 0) <= AS_OF,
        );
        const gate = gates.gates.findIndex(g => g.lever.threshold === name);
        for (const slice of everySlice(columns, all)) {
          const scope = sliceScope(slice, columns);
          const { curve } = runWhatIf(
            events,
            { scope, lever: name, from, to, points: pointCount },
            settingsOfCase,
          );
          const rowsOfSlice = rowsOf(slice, columns, all);
          const base = decisionsUnderMoves(gates, [], rowsOfSlice);
          for (const point of curve) {
            points++;
            const lever = findLever(S1, name);
            const opening = openingOf(lever, toEffect(lever, point.value));
            const acts = decisionsUnderMoves(gates, [{ gate, slice, opening }], rowsOfSlice);
            const { winners, losers, gain, error, changed } = compareUtility(
              gates,
              rowsOfSlice,
              acts,
              base,
              settingsOfCase,
            );
            const counted = compareUtility(gates, rowsOfSlice, acts, undefined, settingsOfCase);
            expect(point).toMatchObject({
              winnersChange: winners,
              losersChange: losers,
              utilityChange: gain,
              winners: counted.winners,
              losers: counted.losers,
              utility: counted.gain,
              error: Math.sqrt(Math.max(error ** 2, payoff.win * payoff.loss * changed)),
            });
          }
        }
      }),
      { numRuns: 60, seed: 20251125 },
    );
    expect(points).toBeGreaterThan(2000);
  });

  test('A wider gate of a what-if takes at least as many events, and the base changes nothing', () => {
    fc.assert(
      fc.property(anyCase, ({ events, lever: [lever, from, to], points, payoff }) => {
        const {
          curve,
          base,
          events: counts,
        } = runWhatIf(events, { lever, from, to, points }, { ...settings, payoff });
        const { total, ...groups } = counts;
        expect(Object.values(groups).reduce((sum, n) => sum + n, 0)).toBe(total);
        if (curve.length === 0) return;
        expect(base).toMatchObject({ winnersChange: 0, losersChange: 0, utilityChange: 0, error: 0 });
        const widening = lever === 'halo_max' ? curve : curve.toReversed();
        for (const [i, point] of widening.entries()) {
          expect(point.winners).toBeGreaterThanOrEqual(widening[i - 1]?.winners ?? 0);
          expect(point.losers).toBeGreaterThanOrEqual(widening[i - 1]?.losers ?? 0);
        }
      }),
      { numRuns: 100, seed: 20251126 },
    );
  });

  test('The same events in any order give the same what-if', () => {
    fc.assert(
      fc.property(anyCase, ({ events, lever: [lever, from, to], points, payoff }) => {
        const settingsOfCase = { ...settings, payoff };
        const question = { lever, from, to, points };
        expect(runWhatIf(events.toReversed(), question, settingsOfCase)).toEqual(
          runWhatIf(events, question, settingsOfCase),
        );
      }),
      { numRuns: 50, seed: 20251127 },
    );
  });
});
