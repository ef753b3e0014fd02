import type { FactorColumns } from '../../episode/columns/columns.ts';
import type { ReplayLever } from '../../lever/lever.ts';
import { movedFactor, openingOf, opensWhenRaised } from '../../lever/lever.ts';
import { moveThreshold } from '../../lever/threshold-move.ts';
import { elementAt, finite } from '../../numbers.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import type { Scope } from '../../pattern/scope.ts';
import type { Reason, ReasonCode } from '../../reason.ts';
import { DAY_MS } from '../../time.ts';
import { INTERVAL_ERRORS } from '../gain-interval.ts';
import { sortByBlock } from '../replay/clusters.ts';
import { FitSeries } from '../replay/fit-series.ts';
import type { Forecast } from '../replay/forecast.ts';
import { forecastGain, forecastModel } from '../replay/forecast.ts';
import type { Gates } from '../replay/gates.ts';
import { prepareGates } from '../replay/gates.ts';
import type { ReplaySettings } from '../replay/settings.ts';
import { rowsWhere } from '../rows-where.ts';
import type { LeverRange } from './lever-range.ts';
import { leverGrid, neutralValue, toEffect } from './lever-range.ts';
import type { EventBreakdown, SweepPoint } from './threshold-sweep.ts';
import { sweep } from './threshold-sweep.ts';

/** A range of values for one threshold in one slice. */
export interface WhatIfQuestion extends LeverRange {
  /** The slice: every event whose scope contains it. It may have any number of dimensions. */
  readonly scope: Scope;
  readonly lever: ReplayLever;
  /** Length of the window before `asOf`, days. */
  readonly days: number;
}

/** The result for the slice with the threshold at one value and all other gates unchanged. */
export interface WhatIfPoint extends SweepPoint {
  /** Multiplier or delta. */
  readonly value: number;
  /** The median of the slice's base thresholds, moved by the value as a look-up moves it. */
  readonly threshold: number;
  /** W · winners − L · losers. */
  readonly utility: number;
  readonly utilityChange: number;
  /** Half the width of the 90 % interval of the change. */
  readonly margin: number;
  /** Out of sample: what such a move is expected to bring; absent where no event changes. */
  readonly expected?: Forecast;
}

export interface WhatIf {
  /** Points, ascending by value. Empty when no curve can be counted; `reason` then explains why. */
  readonly curve: readonly WhatIfPoint[];
  readonly reason?: Reason;
  /** The neutral value, which is part of every curve. */
  readonly base?: WhatIfPoint;
  /** The value with the largest change of utility; of equally good ones, the nearest to the base. */
  readonly best?: WhatIfPoint;
  /** True when the best value beats chance even though it was picked from the curve; see `simultaneousErrors`. */
  readonly proven: boolean;
  /** Events of the slice in the window with an outcome known at `asOf`. */
  readonly events: EventBreakdown & { readonly total: number };
}

/** Confidence of the intervals. */
export const CONFIDENCE = 0.9;

/**
 * Counts the winners and losers that one threshold takes at other values, in one slice, with all other gates rechecked.
 * It counts events as the replay policy does (docs/replay-policy.md), from the base thresholds and without any
 * override.
 * @param asOf milliseconds since 1970; outcomes that became known later are left out
 */
export function whatIf(
  pattern: PatternKey,
  events: FactorColumns,
  asOf: number,
  question: WhatIfQuestion,
  settings: ReplaySettings,
): WhatIf {
  const { lever } = question;
  const columns = sortByBlock(events, settings.clusters);
  const gates = prepareGates(pattern, columns, settings);
  const gate = gates.gates.find(g => g.lever === lever);
  if (!gate)
    throw new Error(`${lever.category} is not a lever of ${pattern}; use \`findLever\` to choose one`);
  const rows = sliceRows(columns, asOf, question);
  const grid = leverGrid(lever, question);
  // The sweep opens the gate from the tightest value on, which is the highest one of most thresholds.
  const values = opensWhenRaised(lever) ? grid : grid.toReversed();
  const openings = Float64Array.from(values, value => openingOf(lever, toEffect(lever, value)));
  const base = values.indexOf(neutralValue(lever));
  const { points: swept, breakdown } = sweep(gates, gate, rows, openings, base, settings.payoff);
  const groups = { total: rows.length, ...breakdown };
  const reason = noCurveReason(groups, question, gates.disabled.find(s => s.lever === lever)?.reason);
  if (reason) return { curve: [], reason, proven: false, events: groups };
  const threshold = medianOf(rows, columns.numbers[movedFactor(lever)]);
  const expected = forecaster(gates, asOf, question, settings);
  const points = swept
    .map((point, i) => toPoint(point, elementAt(values, i), threshold, lever, settings))
    .map(point => ({ ...point, ...expected(point) }));
  const best = points.reduce((bestSoFar, point) => (isBetter(point, bestSoFar, lever) ? point : bestSoFar));
  return {
    curve: opensWhenRaised(lever) ? points : points.toReversed(),
    ...(points[base] && { base: points[base] }),
    best,
    proven: best.utilityChange > 0 && best.utilityChange > simultaneousErrors(points) * best.error,
    events: groups,
  };
}

/**
 * Returns a function that forecasts the gain of a point, from what moves of the pattern brought out of sample. The model
 * reads all events of the window, whatever the slice.
 */
function forecaster(
  gates: Gates,
  asOf: number,
  { days }: WhatIfQuestion,
  settings: ReplaySettings,
): (point: WhatIfPoint) => { readonly expected?: Forecast } {
  const rows = windowRows(gates.columns, asOf, days);
  const model = forecastModel(new FitSeries(gates, settings), rows, asOf, days, settings);
  return ({ winnersChange: winners, losersChange: losers, utilityChange: gain, error }) => {
    const changed = Math.abs(winners) + Math.abs(losers);
    return changed === 0 ? {} : { expected: forecastGain({ winners, losers, gain, error, changed }, model) };
  };
}

/**
 * Returns the critical z-score of the best value of a curve, corrected for multiple comparisons (Bonferroni). Each
 * distinct set of taken events is one comparison. All of them together have the error probability of one interval. From
 * 1 − Φ(z) ≤ exp(−z²/2) / 2 follows z = √(2 ln(comparisons / (1 − confidence))); 3 of them need √(2 ln 30) = 2.61.
 */
function simultaneousErrors(points: readonly WhatIfPoint[]): number {
  // A wider gate takes all that a tighter one takes, so equal numbers are the same events.
  const comparisons = new Set(points.map(point => `${point.winners} ${point.losers}`)).size - 1;
  return Math.sqrt(2 * Math.log(comparisons / (1 - CONFIDENCE)));
}

function sliceRows(columns: FactorColumns, asOf: number, { scope, days }: WhatIfQuestion): Uint32Array {
  const pairs = Object.entries(scope).map(([name, value]) => {
    const dimension = columns.dimensions.find(d => d.name === name);
    // Code 0 marks events without the dimension. A value that no event carries gets code 0 too, and selects no event.
    return { codes: dimension?.codes, code: dimension ? dimension.values.indexOf(value) + 1 : 0 };
  });
  return windowRows(columns, asOf, days).filter(row =>
    pairs.every(({ codes, code }) => code > 0 && codes?.[row] === code),
  );
}

function windowRows(columns: FactorColumns, asOf: number, days: number): Uint32Array {
  const from = asOf - days * DAY_MS;
  return rowsWhere(columns, (time, resolvedAt) => time >= from && time <= asOf && resolvedAt <= asOf);
}

/** Returns why there is no curve. @param disabledReason why the lever is disabled for the whole pattern, if it is */
function noCurveReason(
  { total, neutral, leftOut, otherGates, fixed, movable }: WhatIf['events'],
  { lever, days }: WhatIfQuestion,
  disabledReason: Reason | undefined,
): Reason | undefined {
  if (total === 0)
    return { code: 'no_events', text: `no event of the slice in the last ${days} days has a known outcome` };
  if (disabledReason || movable > 0) return disabledReason;
  const groups = [
    [neutral, 'have a neutral outcome'],
    [leftOut, 'cannot be replayed'],
    [otherGates, 'fail another gate'],
    [fixed, `log no usable pair of ${lever.factor} and ${lever.threshold}`],
  ] as const;
  const texts = groups.flatMap(([n, text]) => (n > 0 ? [`${n} ${text}`] : []));
  return {
    code: largestCode({ neutral, leftOut, otherGates, fixed }),
    text: `the threshold decides none of ${total} events: ${texts.join(', ')}`,
  };
}

/** Returns the code of the largest group of events that the threshold does not decide. */
function largestCode(
  groups: Pick<EventBreakdown, 'neutral' | 'leftOut' | 'otherGates' | 'fixed'>,
): ReasonCode {
  const notReplayable = groups.neutral + groups.leftOut;
  if (groups.fixed >= Math.max(notReplayable, groups.otherGates)) return 'factor_missing';
  return groups.otherGates > notReplayable ? 'other_gates_decide' : 'not_replayable';
}

/** Returns the median of the finite numbers of some rows; NaN when there is none. */
function medianOf(rows: Uint32Array, column: Float64Array | undefined): number {
  if (!column) return Number.NaN;
  const sorted = Float64Array.from(rows, row => elementAt(column, row))
    .filter(Number.isFinite)
    .sort();
  if (sorted.length === 0) return Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return elementAt(sorted, Math.floor(middle)) / 2 + elementAt(sorted, Math.ceil(middle)) / 2;
}

function toPoint(
  point: SweepPoint,
  value: number,
  threshold: number,
  lever: ReplayLever,
  { payoff: { win, loss } }: ReplaySettings,
): WhatIfPoint {
  return {
    ...point,
    value,
    threshold: finite(moveThreshold(threshold, toEffect(lever, value))),
    utility: win * point.winners - loss * point.losers,
    utilityChange: win * point.winnersChange - loss * point.losersChange,
    margin: INTERVAL_ERRORS * point.error,
  };
}

function isBetter(point: WhatIfPoint, best: WhatIfPoint, lever: ReplayLever): boolean {
  const difference = point.utilityChange - best.utilityChange;
  if (difference !== 0) return difference > 0;
  const distance = (p: WhatIfPoint): number => Math.abs(openingOf(lever, toEffect(lever, p.value)));
  return distance(point) < distance(best);
}
