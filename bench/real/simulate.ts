import type { FactorColumns } from '../../shared/episode/columns/columns.ts';
import { QUADRANT } from '../../shared/episode/columns/columns.ts';
import { selectRows } from '../../shared/episode/columns/select-rows.ts';
import { mineLessons } from '../../shared/lesson/mine-lessons.ts';
import { elementAt } from '../../shared/numbers.ts';
import type { PolicySettings } from '../../shared/override/compute-overrides.ts';
import { computeOverrides, replaySettings } from '../../shared/override/compute-overrides.ts';
import { simulateDecisions } from '../../shared/override/evaluation/simulate-decisions.ts';
import { baseDays } from '../../shared/override/halt/base-days.ts';
import { judgeHalt } from '../../shared/override/halt/halt.ts';
import type { Override, Policy } from '../../shared/override/override.ts';
import { DEFAULT_RESOLUTION } from '../../shared/override/override.ts';
import type { Payoff } from '../../shared/override/payoff.ts';
import { decisionsUnderMoves } from '../../shared/override/replay/applied-moves.ts';
import type { Gates } from '../../shared/override/replay/gates.ts';
import { prepareGates } from '../../shared/override/replay/gates.ts';
import { rowsWhere } from '../../shared/override/rows-where.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { DAY_MS, dayOf } from '../../shared/time.ts';
import type { RealRun } from './data.ts';

/** Pattern of the simulated opportunities. */
export const PATTERN = parsePatternKey('pm.uptrend.S1.entry');
const LOOKBACK_DAYS = 90;

/** A run at one payoff, with what every policy needs. */
export interface Market {
  readonly run: RealRun;
  readonly settings: PolicySettings;
  readonly gates: Gates;
  /** Decisions of the base gates, by row. */
  readonly baseActs: Uint8Array;
  /** Scored rows. */
  readonly scored: Uint32Array;
}

export function openMarket(run: RealRun, payoff: Payoff): Market {
  const settings: PolicySettings = { payoff, n_min: 33, lookback_days: LOOKBACK_DAYS, max_overrides: 20_000 };
  const gates = prepareGates(PATTERN, run.columns, replaySettings(settings));
  const all = rowsWhere(run.columns, () => true);
  return {
    run,
    settings,
    gates,
    baseActs: decisionsUnderMoves(gates, [], all),
    scored: rowsWhere(run.columns, time => time >= run.scoredFrom),
  };
}

/** One tuning of a policy. */
export interface Tuning {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly overrides: readonly Override[];
}

/** The result of a policy in a run. */
export interface Simulation {
  /** Decisions, by row; those of the base gates before the first tuning. */
  readonly acts: Uint8Array;
  readonly tunings: readonly Tuning[];
}

/**
 * Runs a policy in a closed loop: every few days it computes overrides from the outcomes known by then, and the decisions
 * that follow are the ones that it later learns from.
 * @param progress is called before each tuning with its number and how many there are
 */
export function simulatePolicy(
  { run, settings, gates, baseActs }: Market,
  policy: Policy,
  everyDays: number,
  progress: (tuning: number, of: number) => void,
): Simulation {
  const { columns, scoredFrom, end } = run;
  const acts = baseActs.slice();
  const quadrant = columns.quadrant.slice();
  const live: FactorColumns = { ...columns, quadrant };
  const step = everyDays * DAY_MS;
  const tunings: Tuning[] = [];
  for (let at = scoredFrom; at < end; at += step) {
    progress(tunings.length + 1, Math.ceil((end - scoredFrom) / step));
    const overrides = overridesAt(live, policy, at, settings);
    tunings.push({ at, overrides });
    const rows = rowsWhere(columns, time => time >= at && time < at + step);
    simulateDecisions(gates, overrides, DEFAULT_RESOLUTION[policy], rows, acts);
    for (const row of rows) quadrant[row] = asDecided(elementAt(quadrant, row), elementAt(acts, row) === 1);
  }
  return { acts, tunings };
}

function overridesAt(
  live: FactorColumns,
  policy: Policy,
  asOf: number,
  settings: PolicySettings,
): readonly Override[] {
  const from = asOf - settings.lookback_days * DAY_MS;
  const known = rowsWhere(live, (time, resolvedAt) => time >= from && time < asOf && resolvedAt <= asOf);
  const columns = selectRows(live, known);
  const lessons = policy === 'drift' ? mineLessons(PATTERN, columns, settings.n_min).lessons : [];
  return computeOverrides(policy, { pattern: PATTERN, lessons, columns, asOf, settings }).overrides;
}

/** Returns the quadrant of an opportunity for the decision that a policy takes on it. */
function asDecided(quadrant: number, acted: boolean): number {
  const outcome = quadrant % QUADRANT.miss;
  return acted ? outcome : QUADRANT.miss + outcome;
}

/** Days with open entries by market, which several sets of decisions share. */
const openDaysByMarket = new WeakMap<Market, Uint8Array>();

/** Returns decisions that leave out every opportunity of the days on which the pattern is halted. */
export function withHalt(market: Market, acts: Uint8Array): Uint8Array {
  const { scored, run } = market;
  const openDays = openDaysByMarket.get(market) ?? judgeDays(market);
  openDaysByMarket.set(market, openDays);
  const open = acts.slice();
  for (const row of scored) {
    const day = Math.floor((elementAt(run.columns.time, row) - run.scoredFrom) / DAY_MS);
    if (openDays[day] === 0) open[row] = 0;
  }
  return open;
}

/** Returns 1 for each scored day on which entries are open, judged at its midnight from the outcomes known by then. */
function judgeDays({ run, gates, settings }: Market): Uint8Array {
  const { columns, scoredFrom, end } = run;
  const all = rowsWhere(columns, () => true);
  const inFull = baseDays(gates, all);
  const delay = columns.resolvedAt.reduce(
    (most, at, row) => Math.max(most, at - elementAt(columns.time, row)),
    0,
  );
  let first = 0;
  return Uint8Array.from({ length: Math.ceil((end - scoredFrom) / DAY_MS) }, (_, index) => {
    const at = scoredFrom + index * DAY_MS;
    const today = dayOf(at);
    // All outcomes of the days before this one are known, so their sums are the same each day.
    const firstUnknown = today - Math.ceil(delay / DAY_MS);
    while (first < columns.size && elementAt(columns.time, first) < firstUnknown * DAY_MS) first++;
    let last = first;
    while (last < columns.size && elementAt(columns.time, last) < at) last++;
    const known = all.subarray(first, last).filter(row => elementAt(columns.resolvedAt, row) <= at);
    const days = [...inFull.filter(({ day }) => day < firstUnknown), ...baseDays(gates, known)];
    return judgeHalt(days, today, settings.payoff).entries === 'open' ? 1 : 0;
  });
}
