import { elementAt } from '../../shared/numbers.ts';
import type { Payoff } from '../../shared/override/payoff.ts';
import { RESULT } from '../../shared/override/replay/gates.ts';
import { DAY_MS } from '../../shared/time.ts';
import { Random } from '../policy/random.ts';
import { quantile } from '../support/report.ts';
import type { Market } from './simulate.ts';

/** A mean per opportunity with its 90 % interval, in ATR. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Means of the resampled days. Estimates over as many days resample the same ones, so they may be added one by one. */
  readonly resampled: readonly number[];
}

/** The gain of a policy over three others that need no learning. */
export interface Gains {
  /** Over the base gates without any override. */
  readonly none: Estimate;
  /** Over a choice by chance that closes and opens as many opportunities of the same week. */
  readonly random: Estimate;
  /** Over taking no opportunity at all, which is the policy's own utility. */
  readonly never: Estimate;
  /** Share of opportunities that are taken. */
  readonly taken: number;
}

const RESAMPLES = 1000;
/** Days within which `random` chooses. */
const STRATUM_DAYS = 7;

/** Scores decisions. The interval is a bootstrap over days, whose opportunities depend on each other. */
export function compareDecisions(market: Market, acts: Uint8Array): Gains {
  const { scored, baseActs, run } = market;
  const days = Math.ceil((run.end - run.scoredFrom) / DAY_MS);
  const sums = {
    none: new Float64Array(days),
    random: new Float64Array(days),
    never: new Float64Array(days),
  };
  const events = new Float64Array(days);
  const expected = new ChanceExpectation(market);
  let taken = 0;
  for (const row of scored) {
    const day = dayOf(market, row);
    const [act, base] = [elementAt(acts, row), elementAt(baseActs, row)];
    const utility = utilityOf(market, row);
    events[day] = elementAt(events, day) + 1;
    taken += act;
    sums.never[day] = elementAt(sums.never, day) + act * utility;
    if (act === base) continue;
    const gain = (act - base) * utility;
    sums.none[day] = elementAt(sums.none, day) + gain;
    sums.random[day] = elementAt(sums.random, day) + gain - (act - base) * expected.utility(day, base === 1);
  }
  return {
    none: estimate(sums.none, events),
    random: estimate(sums.random, events),
    never: estimate(sums.never, events),
    taken: taken / scored.length,
  };
}

function dayOf({ run }: Market, row: number): number {
  return Math.floor((elementAt(run.columns.time, row) - run.scoredFrom) / DAY_MS);
}

function utilityOf({ gates, settings }: Market, row: number): number {
  return payoffOf(elementAt(gates.result, row), settings.payoff);
}

export function payoffOf(result: number, { win, loss }: Payoff): number {
  if (result === RESULT.neutral) return 0;
  return result === RESULT.winner ? win : -loss;
}

/** Mean utility, by week, of what the base gates take and of what they leave. */
class ChanceExpectation {
  readonly #sums = new Map<string, { sum: number; n: number }>();

  constructor(market: Market) {
    for (const row of market.scored) {
      const key = this.#key(dayOf(market, row), elementAt(market.baseActs, row) === 1);
      const { sum, n } = this.#sums.get(key) ?? { sum: 0, n: 0 };
      this.#sums.set(key, { sum: sum + utilityOf(market, row), n: n + 1 });
    }
  }

  utility(day: number, taken: boolean): number {
    const { sum, n } = this.#sums.get(this.#key(day, taken)) ?? { sum: 0, n: 1 };
    return sum / n;
  }

  #key(day: number, taken: boolean): string {
    return `${Math.floor(day / STRATUM_DAYS)} ${taken}`;
  }
}

/** Returns the ratio of two daily sums with its bootstrap interval over days. */
export function estimate(sums: Float64Array, counts: Float64Array): Estimate {
  const random = new Random(1, 31);
  const ratio = (pick: (i: number) => number): number => {
    let sum = 0;
    let count = 0;
    for (let i = 0; i < sums.length; i++) {
      const day = pick(i);
      sum += elementAt(sums, day);
      count += elementAt(counts, day);
    }
    return count === 0 ? 0 : sum / count;
  };
  const resampled = Array.from({ length: RESAMPLES }, () =>
    ratio(() => Math.floor(random.uniform() * sums.length)),
  );
  return withInterval(
    ratio(i => i),
    resampled,
  );
}

function withInterval(mean: number, resampled: readonly number[]): Estimate {
  return { mean, low: quantile(resampled, 0.05), high: quantile(resampled, 0.95), resampled };
}

/** Returns the mean of estimates with its interval. Those of one market keep their dependence, see `resampled`. */
export function meanEstimate(estimates: readonly Estimate[]): Estimate {
  const meanOf = (value: (estimate: Estimate) => number): number =>
    estimates.reduce((sum, estimate) => sum + value(estimate), 0) / estimates.length;
  const resampled = Array.from({ length: RESAMPLES }, (_, i) =>
    meanOf(estimate => estimate.resampled[i] ?? Number.NaN),
  );
  return withInterval(
    meanOf(({ mean }) => mean),
    resampled,
  );
}
