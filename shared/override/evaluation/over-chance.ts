import { elementAt } from '../../numbers.ts';
import { clusteredSum } from '../../statistics/clustered-mean.ts';
import type { Payoff } from '../payoff.ts';
import type { Gates } from '../replay/gates.ts';
import { RESULT } from '../replay/gates.ts';

/**
 * Returns the gain of decisions over a choice by chance that closes and opens as many events of the same week, with its
 * cluster-robust standard error. A policy that only trades more or less gains nothing over it.
 *
 * The gain is the sum of ±(c − s)·(u − m) over the acts of the base gates (−) and over what they leave (+), by week: c is
 * 1 for an event whose decision changes, s the share of those, u the utility of the event, and m the mean of u.
 *
 * Example at 2:1: the base gates take one winner and one loser, so s = .5 and m = .5. Closing the loser gains 1 over no
 * tuning. Over closing either of the two by chance it gains .5·1.5 + .5·1.5 = 1.5.
 * @param weeks rows of each week; rows that cannot be replayed are never taken
 * @param acts decisions by row, 1 for acting; `baseActs` those of the base gates
 */
export function gainOverChance(
  { result, replayable, clusterings }: Pick<Gates, 'result' | 'replayable' | 'clusterings'>,
  weeks: readonly Uint32Array[],
  acts: Uint8Array,
  baseActs: Uint8Array,
  payoff: Payoff,
): { readonly gain: number; readonly error: number } {
  const utility = (row: number): number => {
    const won = elementAt(result, row);
    return won === RESULT.neutral ? 0 : won === RESULT.winner ? payoff.win : -payoff.loss;
  };
  const members: number[] = [];
  const gains: number[] = [];
  for (const rows of weeks)
    for (const base of [0, 1]) {
      const side = rows.filter(row => replayable[row] === 1 && baseActs[row] === base);
      const share = side.filter(row => acts[row] !== base).length / side.length;
      if (!(share > 0)) continue;
      const mean = meanUtility(side, utility);
      for (const row of side) {
        const change = (acts[row] === base ? 0 : 1) - share;
        members.push(row);
        gains.push((base === 1 ? -change : change) * (utility(row) - mean));
      }
    }
  const clusters = clusterings.map(clustering =>
    Uint32Array.from(members, row => elementAt(clustering, row)),
  );
  const { sum, error } = clusteredSum(Float64Array.from(gains), clusters);
  return { gain: sum, error };
}

/** Returns the mean utility of at least one row. */
function meanUtility(rows: Uint32Array, utility: (row: number) => number): number {
  // Sorted, so that the sum has one order.
  const utilities = Float64Array.from(rows, utility).sort();
  return utilities.reduce((sum, value) => sum + value, 0) / rows.length;
}
