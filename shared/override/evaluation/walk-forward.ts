import type { FactorColumns } from '../../episode/columns/columns.ts';
import { fingerprintOf } from '../../episode/columns/row-fingerprint.ts';
import { selectRows } from '../../episode/columns/select-rows.ts';
import { shortHash } from '../../hash.ts';
import { makesLadderLessons } from '../../lesson/lesson.ts';
import { mineLessons } from '../../lesson/mine-lessons.ts';
import { noLeverReason } from '../../lever/no-lever.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import type { Reason } from '../../reason.ts';
import { joinReasons } from '../../reason.ts';
import { isSampled } from '../../statistics/random.ts';
import { DAY_MS, startOfDay } from '../../time.ts';
import type { PolicySettings } from '../compute-overrides.ts';
import { computeOverrides, replaySettings } from '../compute-overrides.ts';
import { INTERVAL_ERRORS } from '../gain-interval.ts';
import type { YearFit } from '../model/year-fit.ts';
import type { Override, Policy } from '../override.ts';
import { DEFAULT_RESOLUTION } from '../override.ts';
import { baseDecisions } from '../replay/applied-moves.ts';
import type { Gates } from '../replay/gates.ts';
import { prepareGates } from '../replay/gates.ts';
import { compareUtility } from '../replay/utility.ts';
import { rowsWhere } from '../rows-where.ts';
import type { Fold, GainPerEvent, PolicyEvaluation } from './evaluation.ts';
import type { FoldMemory, LearnedWeek } from './fold-memory.ts';
import { gainOverChance } from './over-chance.ts';
import { recallDecisions } from './simulate-decisions.ts';
import { FOLD_DAYS, FOLDS, weekStarts } from './weeks.ts';

/**
 * Maximum number of scored events. If there are more, a sample is scored, because resolving many slices costs more than
 * the fit.
 */
const MAX_SCORED = 5_000;
/** Events of one second are scored together, or none of them is. */
const SECOND_MS = 1000;
/** Maximum record visits of the miner for one fold: an eighth of the miner's default. */
const MAX_WORK = 500_000_000;

/**
 * Number of standard errors from the gain to an end of the interval for the next four weeks. Those scatter as the scored
 * weeks did, so the variance of the difference is twice that of the gain.
 */
const FORECAST_ERRORS = INTERVAL_ERRORS * Math.SQRT2;

/** What earlier computations found; without it, the result is the same unless `year` reads more than the window. */
export interface EarlierFits {
  readonly folds?: FoldMemory | undefined;
  readonly year?: YearFit | undefined;
}

interface WalkForward {
  /** Utility of the base gates, per scored event. */
  readonly base_per_event: number;
  readonly policies: readonly Omit<PolicyEvaluation, 'overrides'>[];
}

/**
 * Evaluates policies out of sample by walk-forward. For each of the last weeks, a policy computes overrides from the
 * events and outcomes known when the week began. The events of that week score them against the base gates. Weeks begin
 * at midnight UTC, so the folds stay the same for a day; the last one ends at `asOf`.
 * @param columns events of the window, with the outcomes known at `asOf`
 * @param asOf milliseconds since 1970
 * @param earlier overrides of past weeks that earlier runs computed, and those of the model of a year
 */
export function walkForward(
  pattern: PatternKey,
  columns: FactorColumns,
  asOf: number,
  policies: readonly Policy[],
  settings: PolicySettings,
  { folds: memory, year }: EarlierFits = {},
): WalkForward {
  const fitSettings = replaySettings(settings);
  const gates = prepareGates(pattern, columns, fitSettings);
  const reason = unscoredReason(pattern, gates);
  const weeks = reason === undefined ? weeksOf(columns, asOf, settings.lookback_days) : [];
  const scored = Uint32Array.from(weeks.flatMap(week => [...week.rows]));
  const baseActs = baseDecisions(gates);
  const perEvent = (sum: number): number => (scored.length === 0 ? 0 : sum / scored.length);
  const intervalOf = ({ gain, error }: { readonly gain: number; readonly error: number }): GainPerEvent => ({
    gain_per_event: perEvent(gain),
    low: perEvent(gain - FORECAST_ERRORS * error),
    high: perEvent(gain + FORECAST_ERRORS * error),
  });
  const recall = learner(pattern, columns, settings, memory);
  const learn = (policy: Policy, week: Week): { learned: number; week: LearnedWeek } => {
    const ofYear = policy === 'model' ? year?.folds[week.index] : undefined;
    if (ofYear) return { learned: ofYear.learned, week: { overrides: ofYear.overrides } };
    return { learned: week.known.length, week: recall(policy, week) };
  };
  const evaluate = (policy: Policy): Omit<PolicyEvaluation, 'overrides'> => {
    const acts = new Uint8Array(columns.size);
    const folds = weeks.map((week): Fold => {
      const { learned, week: known } = learn(policy, week);
      recallDecisions(gates, known, DEFAULT_RESOLUTION[policy], week.rows, acts);
      const { gain } = compareUtility(gates, week.rows, acts, baseActs, fitSettings);
      return foldOf(week, learned, known.overrides.length, gain);
    });
    const { gain, error } = compareUtility(gates, scored, acts, baseActs, fitSettings);
    const byWeek = weeks.map(week => week.rows);
    return {
      policy,
      events: scored.length,
      ...intervalOf({ gain, error }),
      over_random: intervalOf(gainOverChance(gates, byWeek, acts, baseActs, settings.payoff)),
      over_never: intervalOf(compareUtility(gates, scored, acts, undefined, fitSettings)),
      folds,
      ...(reason && { reason: reason.text, reason_code: reason.code }),
    };
  };
  const atBase = compareUtility(gates, scored, baseActs, undefined, fitSettings);
  return { base_per_event: perEvent(atBase.gain), policies: policies.map(evaluate) };
}

/** Returns why no event can be scored; undefined when some can. */
function unscoredReason(pattern: PatternKey, { gates, disabled }: Gates): Reason | undefined {
  if (makesLadderLessons(pattern))
    return {
      code: 'not_logged',
      text: 'nothing can be scored: events do not log what another spacing of the ladder would have changed',
    };
  if (disabled.length < gates.length) return undefined;
  const texts = new Map(disabled.map(({ reason }) => [reason.text, reason]));
  return noLeverReason(pattern) ?? joinReasons([...texts.values()]);
}

interface Week {
  /** Position in the walk-forward, from 0. */
  readonly index: number;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** Rows whose event and outcome were known when the week began. */
  readonly known: Uint32Array;
  /** Rows that are scored. */
  readonly rows: Uint32Array;
}

/**
 * Returns the weeks. They learn from whole days only, because a window that moves with every run would change each week
 * in every run. The first day of the window is left out, as it is never whole.
 */
function weeksOf(columns: FactorColumns, asOf: number, lookbackDays: number): Week[] {
  const midnight = startOfDay(asOf);
  const learnedFrom = midnight + DAY_MS - lookbackDays * DAY_MS;
  const starts = weekStarts(asOf);
  const [first = midnight] = starts;
  const sampleEvery = Math.ceil(rowsWhere(columns, time => time > first).length / MAX_SCORED);
  return starts.map((from, i) => {
    const to = i === FOLDS - 1 ? asOf : from + FOLD_DAYS * DAY_MS;
    return {
      index: i,
      from,
      to,
      known: rowsWhere(
        columns,
        (time, resolvedAt) => time >= learnedFrom && time <= from && resolvedAt <= from,
      ),
      rows: rowsWhere(columns, time => time > from && time <= to && isSampled(time, SECOND_MS, sampleEvery)),
    };
  });
}

function foldOf({ from, to, rows }: Week, learned: number, overrides: number, gain: number): Fold {
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    learned,
    events: rows.length,
    overrides,
    gain,
  };
}

/** Returns a function that returns a policy's overrides for a week, from the memory where its input is the same. */
function learner(
  pattern: PatternKey,
  columns: FactorColumns,
  settings: PolicySettings,
  memory: FoldMemory | undefined,
): (policy: Policy, week: Week) => LearnedWeek {
  const { hashes } = columns;
  if (!memory || !hashes)
    return (policy, week) => ({ overrides: overridesKnownAt(week, policy, pattern, columns, settings) });
  // A week reads these besides its rows: values that occur later only take part in the budgets of a policy.
  const shape = [
    columns.dimensions.map(({ name, values }) => [name, values.length]),
    Object.keys(columns.numbers).sort(),
    settings,
  ];
  return (policy, week) => {
    const { index, from, known } = week;
    const input = shortHash(JSON.stringify([from, fingerprintOf(hashes, known), ...shape]));
    return memory.recall({ pattern, policy, week: index, input }, () =>
      overridesKnownAt(week, policy, pattern, columns, settings),
    );
  };
}

/** Computes a policy's overrides only from the events whose outcome was known when a week began. */
function overridesKnownAt(
  { from, known }: Week,
  policy: Policy,
  pattern: PatternKey,
  all: FactorColumns,
  settings: PolicySettings,
): readonly Override[] {
  if (known.length < settings.n_min) return [];
  const columns = selectRows(all, known);
  // Only drift reads lessons: ladders, which replay computes from lessons, are not scored.
  const lessons =
    policy === 'drift' ? mineLessons(pattern, columns, settings.n_min, { maxWork: MAX_WORK }).lessons : [];
  return computeOverrides(policy, { pattern, lessons, columns, asOf: from, settings, forecasts: false })
    .overrides;
}
