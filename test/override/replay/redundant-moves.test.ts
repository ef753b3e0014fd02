import { describe, expect, test } from 'vitest';
import { Random } from '../../../bench/policy/random.ts';
import {
  AppliedMoves,
  baseDecisions,
  decisionsUnderMoves,
} from '../../../shared/override/replay/applied-moves.ts';
import type { Gates } from '../../../shared/override/replay/gates.ts';
import { prepareGates } from '../../../shared/override/replay/gates.ts';
import type { LeverMove } from '../../../shared/override/replay/lever-move.ts';
import { lowerBound, withoutRedundant } from '../../../shared/override/replay/redundant-moves.ts';
import { REPLAY_SETTINGS } from '../../../shared/override/replay/settings.ts';
import { NONE, rowsOf, sliceDimensions } from '../../../shared/override/replay/slices.ts';
import { compareUtility } from '../../../shared/override/replay/utility.ts';
import { rowsWhere } from '../../../shared/override/rows-where.ts';
import { S1, S3 } from '../../support/episodes.ts';
import type { KnownEvent } from '../../support/factor-columns.ts';
import { factorColumns } from '../../support/factor-columns.ts';
import { core, event, replayEvents, spread } from '../../support/replay-events.ts';

/** Events of a bot whose TS gate is too tight on 15m and too loose elsewhere. */
function plantedEvents(random: Random, count: number): KnownEvent[] {
  return Array.from({ length: count }, () => {
    const timeframe = ['1m', '15m', '1h'][random.pick([1 / 3, 1 / 3, 1 / 3])] ?? '1h';
    const ts = 0.4 + 0.6 * random.uniform();
    const best = timeframe === '15m' ? 0.5 : 0.8;
    const daysAgo = 1 + 58 * random.uniform();
    return event({
      outcome: random.uniform() < (ts > best ? 0.75 : 0.12) ? 'success' : 'failure',
      ts,
      dx: 5 + 10 * random.uniform(),
      slope: undefined,
      blockedBy: [],
      scope: {
        timeframe,
        chain: random.uniform() < 0.5 ? 'solana' : 'base',
        bucket: ['nano', 'micro', 'mid'][random.pick([1 / 3, 1 / 3, 1 / 3])] ?? 'mid',
      },
      daysAgo,
      resolvedDaysAgo: daysAgo - 0.25,
    });
  });
}

function staying(gates: Gates, moves: readonly LeverMove[], rows: Uint32Array): readonly LeverMove[] {
  const ofSlice = (slice: LeverMove['slice']): Uint32Array => rowsOf(slice, gates.columns, rows);
  return withoutRedundant(new AppliedMoves(gates, baseDecisions(gates), moves, ofSlice), REPLAY_SETTINGS);
}

describe('backward elimination of moves', () => {
  const events = [
    ...core(),
    ...spread(40, { outcome: 'success', ts: 0.58, halo: 0.2, scope: { side: 'a' } }),
  ];
  const gates = prepareGates(S1, factorColumns(events), REPLAY_SETTINGS);
  const rows = rowsWhere(gates.columns, () => true);
  const everywhere = { first: NONE, firstCode: 0, second: NONE, secondCode: 0, n: 100 };
  const sideA = { ...everywhere, first: 0, firstCode: 1, n: 40 };
  const move = (slice: LeverMove['slice'], opening: number): LeverMove => ({ gate: 0, slice, opening });

  test('A move that takes nothing beside a wider one is left out', () => {
    const moves = [move(everywhere, 0.1), move(sideA, 0.04)];
    expect(staying(gates, moves, rows)).toEqual([moves[0]]);
  });

  test('Two moves of which either makes the other redundant leave one, not none', () => {
    const moves = [move(everywhere, 0.1), move(sideA, 0.1)];
    expect(staying(gates, moves, rows)).toHaveLength(1);
  });

  test('A move that gains beside the others stays', () => {
    const moves = [move(sideA, 0.1)];
    expect(staying(gates, moves, rows)).toEqual(moves);
  });
});

test('The moves that stay are those of an elimination that counts everything anew', () => {
  const events = plantedEvents(new Random(3), 600);
  const gates = prepareGates(S3, factorColumns(events), REPLAY_SETTINGS);
  const rows = rowsWhere(gates.columns, () => true);
  const countedAnew = (moves: readonly LeverMove[]): readonly LeverMove[] => {
    if (moves.length < 2) return moves;
    const acts = decisionsUnderMoves(gates, moves, rows);
    const bounds = moves.map(move => {
      const others = decisionsUnderMoves(
        gates,
        moves.filter(other => other !== move),
        rows,
      );
      const gain = compareUtility(gates, rows, acts, others, REPLAY_SETTINGS);
      return lowerBound(gain, REPLAY_SETTINGS.z[sliceDimensions(move.slice)], REPLAY_SETTINGS);
    });
    const lowest = Math.min(...bounds);
    return lowest > 0 ? moves : countedAnew(moves.filter((_, i) => i !== bounds.indexOf(lowest)));
  };
  let stayed = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(seed);
    const pick = (n: number): number => Math.floor(n * random.uniform());
    const moves = Array.from({ length: 12 }, (): LeverMove => {
      const [first, second] = [[NONE, NONE] as const, [0, NONE] as const, [1, 2] as const][pick(3)] ?? [
        NONE,
        NONE,
      ];
      const code = (dimension: number): number => (dimension === NONE ? 0 : 1 + pick(2));
      const slice = { first, firstCode: code(first), second, secondCode: code(second), n: 100 };
      return { gate: pick(2), slice, opening: (random.uniform() - 0.5) / 3 };
    });
    const kept = staying(gates, moves, rows);
    expect(kept).toEqual(countedAnew(moves));
    stayed += kept.length;
  }
  expect(stayed).toBeGreaterThan(20);
});

test('Every override of a fit with several adds to the others, with a lower bound above 0', () => {
  let overrides = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const result = replayEvents(plantedEvents(new Random(seed), 700), REPLAY_SETTINGS, S3);
    for (const { evidence } of result.overrides) {
      overrides++;
      expect(Math.abs(evidence.winners) + Math.abs(evidence.losers)).toBeGreaterThan(0);
      if (result.overrides.length > 1) expect(evidence.lower_bound).toBeGreaterThan(0);
    }
  }
  expect(overrides).toBeGreaterThan(12);
});

test('Without forecasts, overrides have the same values and no forecast', () => {
  const events = plantedEvents(new Random(2), 700);
  const { overrides } = replayEvents(events, REPLAY_SETTINGS, S3);
  const bare = replayEvents(events, { ...REPLAY_SETTINGS, forecasts: false }, S3).overrides;
  expect(overrides.length).toBeGreaterThan(0);
  expect(bare).toEqual(
    overrides.map(({ reason: _, evidence: { expected: __, ...evidence }, ...rest }) => ({
      ...rest,
      reason: expect.not.stringContaining('is expected'),
      evidence,
    })),
  );
});
