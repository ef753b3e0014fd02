import { elementAt } from '../../numbers.ts';
import { dayOf } from '../../time.ts';
import { baseDecisions } from '../replay/applied-moves.ts';
import type { Gates } from '../replay/gates.ts';
import { RESULT } from '../replay/gates.ts';

/** Results of one day (UTC) at the base gates. A day with an opportunity and no act counts 0 and 0. */
export interface BaseDay {
  /** Days since 1970. */
  readonly day: number;
  /** Successes and failures among the events that the base gates let through. */
  readonly winners: number;
  readonly losers: number;
}

/**
 * Returns the results of the base gates for each day with an event, ascending. Events whose gates cannot be replayed are
 * left out, so a bot that follows a halt does not change the result.
 * @param rows rows whose outcome is known
 */
export function baseDays(gates: Gates, rows: Uint32Array): BaseDay[] {
  const acts = baseDecisions(gates);
  const days = new Map<number, { day: number; winners: number; losers: number }>();
  for (const row of rows) {
    if (elementAt(gates.replayable, row) !== 1) continue;
    const day = dayOf(elementAt(gates.columns.time, row));
    const sums = days.get(day) ?? { day, winners: 0, losers: 0 };
    days.set(day, sums);
    if (elementAt(acts, row) !== 1) continue;
    const result = elementAt(gates.result, row);
    if (result === RESULT.winner) sums.winners++;
    if (result === RESULT.loser) sums.losers++;
  }
  return [...days.values()].sort((a, b) => a.day - b.day);
}
