import type { Payoff } from '../payoff.ts';
import type { BaseDay } from './base-days.ts';

/** Days of known outcomes that the verdict reads. */
export const HALT_DAYS = 365;
/** Days that may release a halted pattern. */
const RECENT_DAYS = 90;
/** Least number of days with an event, and of acted events with a success or failure. */
const MIN_DAYS = 60;
const MIN_ACTED = 33;
/** A pattern is halted below this ratio over `HALT_DAYS`, unless the ratio over `RECENT_DAYS` is above the other. */
const HALT_BELOW = -1;
const RELEASE_ABOVE = 0.5;

/** Results of the base gates over some days, at a payoff. */
interface DaySums {
  readonly days: number;
  readonly winners: number;
  readonly losers: number;
  readonly utility: number;
  /** Utility in standard errors: sum / √(sum of squares) of the daily sums; 0 without any act. */
  readonly ratio: number;
}

interface HaltVerdict {
  readonly entries: 'open' | 'halted';
  readonly year: DaySums;
  readonly recent: DaySums;
  /** The verdict in one sentence; absent when too little is known to judge. */
  readonly reason?: string;
}

/**
 * Decides whether the base gates of a pattern lose for so long that it should enter no trade (contract, section 8).
 *
 * With r = sum / √(sum of squares) of the daily sums of utility, the pattern is halted when r over the last 365 days is
 * below −1, unless r over the last 90 days is above +.5. Fewer than 60 days or 33 acted events leave it open. Daily sums
 * allow for events of one day that depend on each other (clusters of days).
 *
 * Example: 100 days that lose 1 each have r = −100 / √100 = −10.
 * @param days results by day, in any order; a day occurs once
 * @param today days since 1970 of the moment of the verdict
 */
export function judgeHalt(days: readonly BaseDay[], today: number, payoff: Payoff): HaltVerdict {
  const year = sumDays(days, today, HALT_DAYS, payoff);
  const recent = sumDays(days, today, RECENT_DAYS, payoff);
  const acted = year.winners + year.losers;
  if (year.days < MIN_DAYS || acted < MIN_ACTED) return { entries: 'open', year, recent };
  const loses = year.ratio < HALT_BELOW;
  const released = loses && recent.ratio > RELEASE_ABOVE;
  const reason = describeHalt(year, recent, payoff, loses, released);
  return { entries: loses && !released ? 'halted' : 'open', year, recent, reason };
}

function sumDays(days: readonly BaseDay[], today: number, length: number, payoff: Payoff): DaySums {
  const sums = { days: 0, winners: 0, losers: 0, utility: 0 };
  let squares = 0;
  for (const { day, winners, losers } of days) {
    if (day > today || day <= today - length) continue;
    const utility = payoff.win * winners - payoff.loss * losers;
    sums.days++;
    sums.winners += winners;
    sums.losers += losers;
    sums.utility += utility;
    squares += utility * utility;
  }
  return { ...sums, ratio: squares === 0 ? 0 : sums.utility / Math.sqrt(squares) };
}

function describeHalt(
  year: DaySums,
  recent: DaySums,
  { win, loss }: Payoff,
  loses: boolean,
  released: boolean,
): string {
  const acted = (year.winners + year.losers).toLocaleString('en-US');
  const result =
    `over the last ${HALT_DAYS} days the base gates ${year.utility < 0 ? 'lost' : 'gained'} ` +
    `${round(Math.abs(year.utility))} in ${acted} trades at ${win}:${loss}, ${errors(year.ratio)}`;
  if (!loses) return `${result}: entries are open`;
  if (!released) return `${result}: entries are halted below −1`;
  return `${result}, but over the last ${RECENT_DAYS} days they gained ${round(recent.utility)}, ${errors(recent.ratio)}: entries are open`;
}

const round = (value: number): string => Number(value.toFixed(1)).toLocaleString('en-US');
const errors = (ratio: number): string =>
  `${ratio < 0 ? '−' : '+'}${Math.abs(ratio).toFixed(1)} standard errors of the daily sums`;
