import { describe, expect, test } from 'vitest';
import { INTERVAL_ERRORS } from '../../../shared/override/gain-interval.ts';
import type { KnownEvent } from '../../support/factor-columns.ts';
import { ALONE, rows, runWhatIf, times, worked } from '../../support/what-if.ts';

describe('the curve of one threshold in one slice', () => {
  test('Each value of a minimum takes the events whose factor is at or above it', () => {
    // ts_min 0.48, 0.54, 0.6, 0.66, 0.72 at a payoff of 2:1.
    expect(rows(runWhatIf(worked))).toEqual([
      [0.8, 14, 8, 4, 3, 20, 5],
      [0.9, 14, 5, 4, 0, 23, 8],
      [1, 10, 5, 0, 0, 15, 0],
      [1.1, 10, 0, 0, -5, 20, 5],
      [1.2, 10, 0, 0, -5, 20, 5],
    ]);
    expect(runWhatIf(worked).curve.map(p => Number(p.threshold.toFixed(9)))).toEqual([
      0.48, 0.54, 0.6, 0.66, 0.72,
    ]);
  });

  test('The variance of w winners and l losers that are independent is W²w + L²l, and at least W·L for each event', () => {
    // 4·4 + 3; 4·4; 0 at the base; five losers and no winner: 5·2 instead of 5.
    const errors = [Math.sqrt(19), 4, 0, Math.sqrt(10), Math.sqrt(10)];
    expect(runWhatIf(worked).curve.map(p => p.error)).toEqual(errors);
    expect(runWhatIf(worked).curve.map(p => p.margin)).toEqual(errors.map(error => INTERVAL_ERRORS * error));
  });

  test('Four winners of one trade have the error of one winner with four times the gain', () => {
    const together = worked.map((e, i) => {
      const trade = i >= 15 && i < 19 ? 'one' : `t${i}`;
      return { ...e, episode: { ...e.episode, tradeId: trade } };
    });
    const { curve } = runWhatIf(together, {}, { ...ALONE, clusters: ['trade'] });
    expect(curve.map(p => p.error)).toEqual([Math.sqrt(67), 8, 0, Math.sqrt(10), Math.sqrt(10)]);
  });

  test('The neutral value 1 is part of the curve of a what-if, wherever its other values lie', () => {
    expect(runWhatIf(worked, { from: 1.1, to: 1.2, points: 2 }).curve.map(p => p.value)).toEqual([
      1, 1.1, 1.2,
    ]);
    expect(runWhatIf(worked, { from: 0.5, to: 2, points: 4 }).curve.map(p => p.value)).toEqual([
      0.5, 1, 1.5, 2,
    ]);
    expect(runWhatIf(worked, { from: 0.8, to: 1.15, points: 3 }).curve.map(p => p.value)).toEqual([
      0.8, 0.975, 1, 1.15,
    ]);
  });

  test('A wider halo takes more events', () => {
    const halos = [
      ...times(3, { outcome: 'success', numbers: { halo_distance: 0.95 } }),
      ...times(2, { outcome: 'success', acted: false, numbers: { halo_distance: 1.05 } }),
    ];
    expect(
      rows(runWhatIf(halos, { lever: 'halo_max', from: 0.9, to: 1.1, points: 3 })).map(r => r.slice(0, 3)),
    ).toEqual([
      [0.9, 0, 0],
      [1, 3, 0],
      [1.1, 5, 0],
    ]);
  });

  test('A delta shifts the slope threshold in its own unit', () => {
    const slopes = [
      ...times(3, { outcome: 'failure', numbers: { ema60_slope: 0.0004 } }),
      ...times(4, { outcome: 'success', acted: false, numbers: { ema60_slope: -0.0004 } }),
    ];
    const result = runWhatIf(slopes, { lever: 'slope_min', from: -0.0005, to: 0.0005, points: 3 });
    expect(rows(result).map(r => r.slice(0, 3))).toEqual([
      [-0.0005, 4, 3],
      [0, 0, 3],
      [0.0005, 0, 0],
    ]);
    expect(result.curve.map(p => p.threshold)).toEqual([-0.0005, 0, 0.0005]);
    expect(result.sentence).toContain('slope_min − 0.0005 on everything would have taken 4 more winners');
  });
});

describe('thresholds at or below 0', () => {
  test('No multiplier moves them: their events keep the result that they logged, and so does their median', () => {
    const scope = { chain: 'z' };
    const blockedBy = ['ts'];
    const slice = [
      ...times(30, { scope, outcome: 'success', numbers: { ts_score: -0.1, ts_min: -0.3 }, blockedBy: [] }),
      ...times(30, {
        scope,
        outcome: 'failure',
        acted: false,
        numbers: { ts_score: -0.5, ts_min: -0.3 },
        blockedBy,
      }),
      ...times(4, { scope, outcome: 'success', acted: false, numbers: { ts_score: 0.5 } }),
    ];
    const others = times(200, { outcome: 'failure', numbers: {} });
    const result = runWhatIf([...slice, ...others], { scope, from: 0.5, to: 2, points: 4 });
    expect(result.curve.map(point => [point.value, point.threshold, point.winners, point.losers])).toEqual([
      [0.5, -0.3, 34, 0],
      [1, -0.3, 30, 0],
      [1.5, -0.3, 30, 0],
      [2, -0.3, 30, 0],
    ]);
  });
});

describe('the other gates', () => {
  test('An event that fails another gate is taken at no value of a what-if', () => {
    const blocked = [
      ...times(7, { outcome: 'success', acted: false, numbers: { ts_score: 0.55, halo_distance: 1.2 } }),
      ...times(6, { outcome: 'success', acted: false, numbers: { ts_score: 0.55 }, blockedBy: ['edx'] }),
    ];
    const result = runWhatIf([...worked, ...blocked]);
    expect(rows(result)).toEqual(rows(runWhatIf(worked)));
    expect(result.events).toEqual({
      total: 35,
      neutral: 0,
      leftOut: 6,
      otherGates: 7,
      fixed: 0,
      movable: 22,
    });
  });

  test('A gate without its factor keeps its logged state in a what-if', () => {
    const withoutSlope = (passed: boolean): KnownEvent[] =>
      times(2, {
        outcome: 'success',
        acted: false,
        numbers: { ts_score: 0.55, ema60_slope: Number.NaN },
        flags: [['slope_ok', passed]],
      });
    expect(rows(runWhatIf([...worked, ...withoutSlope(false)]))).toEqual(rows(runWhatIf(worked)));
    expect(runWhatIf([...worked, ...withoutSlope(true)]).curve[1]).toMatchObject({
      winners: 16,
      winnersChange: 6,
    });
  });
});
