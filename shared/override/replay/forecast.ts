/* Kernel: rows and gates are in range by construction, so typed arrays are read without a check. */

import { elementAt } from '../../numbers.ts';
import { DAY_MS } from '../../time.ts';
import { INTERVAL_ERRORS } from '../gain-interval.ts';
import type { FitSeries } from './fit-series.ts';
import type { Gate, Gates } from './gates.ts';
import { fitGreedily } from './greedy-fit.ts';
import type { ReplaySettings } from './settings.ts';
import type { UtilityComparison } from './utility.ts';
import { compareUtility } from './utility.ts';

/** Days that a forecast looks ahead, and days on which the pattern's own past is tested. */
const FORECAST_DAYS = 28;
/**
 * Share of the in-sample gain beyond chance that comes true, and its standard deviation between patterns, before a
 * pattern's own past is known. Measured on real candles (docs/benchmarks.md).
 */
const PRIOR_SHARE = 0.15;
const PRIOR_ERROR = 0.3;

/**
 * Standard deviation of the number of events that a move changes in the days to come, relative to the expected number.
 * Measured on real candles.
 */
const EVENTS_ERROR = 0.4;

/** A mean with its standard error. */
interface Mean {
  readonly mean: number;
  readonly error: number;
}

/** The gain that is expected of one move in the days to come. */
export interface Forecast {
  readonly days: number;
  /** Expected number of events that it changes. */
  readonly events: number;
  readonly gain: number;
  /** 90 % interval of what will come, not of the mean. */
  readonly low: number;
  readonly high: number;
}

/** The gains of the overrides of a pattern out of sample, from which forecasts are made. */
export interface ForecastModel {
  /** Mean gain of an event that chance closes, or opens. */
  readonly chance: { readonly closing: Mean; readonly opening: Mean };
  /** Share of the in-sample gain beyond chance that came true. */
  readonly share: Mean;
  /** Days that in-sample gains come from: the window, or less where the events begin later. */
  readonly windowDays: number;
}

/**
 * Measures what moves of replay brought later on the pattern's own past: moves are learned from the outcomes known 28 days ago
 * and scored on the events since then. The share of their gain beyond chance that came true is shrunk to the prior by
 * its error (inverse variances).
 * @param asOf milliseconds since 1970
 */
export function forecastModel(
  fits: FitSeries,
  rows: Uint32Array,
  asOf: number,
  windowDays: number,
  settings: ReplaySettings,
): ForecastModel {
  const { gates } = fits;
  const chance = chanceOf(gates, rows, settings);
  const prior = { mean: PRIOR_SHARE, error: PRIOR_ERROR };
  const past = pastShare(fits, rows, asOf, chance, settings);
  return {
    chance,
    share: past ? pooled(prior, past) : prior,
    windowDays: spanDays(gates, rows, asOf, windowDays),
  };
}

/** Returns the days from the earliest event to `asOf`: at least one, at most the window. */
function spanDays({ columns }: Gates, rows: Uint32Array, asOf: number, windowDays: number): number {
  let earliest = asOf;
  for (const row of rows) earliest = Math.min(earliest, elementAt(columns.time, row));
  return Math.min(windowDays, Math.max(1, (asOf - earliest) / DAY_MS));
}

function chanceOf(gates: Gates, rows: Uint32Array, settings: ReplaySettings): ForecastModel['chance'] {
  const { closed, opened } = withinReach(gates, rows);
  const closing = meanOf(compareUtility(gates, rows, closed, undefined, settings));
  return {
    closing: { mean: -closing.mean, error: closing.error },
    opening: meanOf(compareUtility(gates, rows, opened, undefined, settings)),
  };
}

/**
 * Returns the events that some step of one gate closes, and those that one opens while all other gates pass: 1 by row of
 * the columns. Events far from every gate tell nothing about what a step does.
 */
function withinReach(
  { gates, columns, replayable }: Gates,
  rows: Uint32Array,
): { readonly closed: Uint8Array; readonly opened: Uint8Array } {
  const closed = new Uint8Array(columns.size);
  const opened = new Uint8Array(columns.size);
  const reach = gates.map(({ steps }) => steps.at(-1) ?? 0);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    if (replayable[row] !== 1) continue;
    let failing = 0;
    let near = 0;
    let failsNear = 0;
    for (let g = 0; g < gates.length; g++) {
      const margin = (gates[g] as Gate).margin[row] as number;
      const isNear = Math.abs(margin) <= (reach[g] as number) ? 1 : 0;
      near |= isNear;
      if (margin >= 0) continue;
      failing++;
      failsNear = isNear;
    }
    if (failing === 0) closed[row] = near;
    else if (failing === 1) opened[row] = failsNear;
  }
  return { closed, opened };
}

function meanOf({ gain, error, changed }: UtilityComparison): Mean {
  return changed === 0 ? { mean: 0, error: 0 } : { mean: gain / changed, error: error / changed };
}

/** Returns the share of the gain beyond chance that came true in the last days; undefined when nothing was learned. */
function pastShare(
  fits: FitSeries,
  rows: Uint32Array,
  asOf: number,
  { closing, opening }: ForecastModel['chance'],
  settings: ReplaySettings,
): Mean | undefined {
  const cut = asOf - FORECAST_DAYS * DAY_MS;
  const { gates } = fits;
  const { time, resolvedAt } = gates.columns;
  const known = rows.filter(row => elementAt(time, row) < cut && elementAt(resolvedAt, row) <= cut);
  const later = rows.filter(row => elementAt(time, row) >= cut);
  const { moves, applied } = fitGreedily(fits, known, settings);
  if (moves.length === 0 || later.length === 0) return undefined;
  const compare = (on: Uint32Array): UtilityComparison =>
    compareUtility(gates, on, applied.acts, fits.rows.acts, settings);
  const [learned, came] = [compare(known), compare(later)];
  if (learned.changed === 0 || came.changed === 0) return undefined;
  // Of the changed events, those that are opened less those that are closed give the mix of both.
  const opened = (1 + (came.winners + came.losers) / came.changed) / 2;
  const byChance = opened * opening.mean + (1 - opened) * closing.mean;
  const beyond = learned.gain / learned.changed - byChance;
  if (beyond <= 0) return undefined;
  return {
    mean: (came.gain / came.changed - byChance) / beyond,
    error: came.error / came.changed / beyond,
  };
}

/** Combines two estimates by their inverse variances. */
function pooled(a: Mean, b: Mean): Mean {
  if (b.error === 0) return a;
  const [p, q] = [1 / a.error ** 2, 1 / b.error ** 2];
  return { mean: (p * a.mean + q * b.mean) / (p + q), error: 1 / Math.sqrt(p + q) };
}

/**
 * Forecasts the gain of one move in the next 28 days: the mean of a change by chance less its standard error, and the
 * share of the in-sample gain beyond it that comes true.
 *
 * Example, with a mean by chance that is known exactly: 90 changed events of a 90-day window gained .4 each, chance
 * gains .2, and a share of .5 comes true. In 28 days 28 events are expected to gain .2 + .5·(.4 − .2) = .3 each, 8.4 in
 * all.
 * @param flipped in-sample change of the move
 */
export function forecastGain(flipped: UtilityComparison, model: ForecastModel): Forecast {
  const { chance, share, windowDays } = model;
  const { mean: inSample, error } = meanOf(flipped);
  const byChance = flipped.winners + flipped.losers > 0 ? chance.opening : chance.closing;
  // Steps are taken when chance looked favourable, so its mean is too large by about its error.
  const chanceMean = byChance.mean - byChance.error;
  const beyond = inSample - chanceMean;
  const perEvent = chanceMean + share.mean * beyond;
  const ahead = FORECAST_DAYS / windowDays;
  const events = flipped.changed * ahead;
  const ofMean = Math.hypot((1 - share.mean) * byChance.error, share.mean * error, share.error * beyond);
  // The days to come scatter as those of the window did. The number of events and the mean are uncertain; the last two
  // terms are the variance of their product.
  const margin =
    INTERVAL_ERRORS *
    Math.hypot(
      flipped.error * Math.sqrt(ahead),
      events * ofMean * Math.hypot(1, EVENTS_ERROR),
      events * perEvent * EVENTS_ERROR,
    );
  const gain = events * perEvent;
  return { days: FORECAST_DAYS, events, gain, low: gain - margin, high: gain + margin };
}
