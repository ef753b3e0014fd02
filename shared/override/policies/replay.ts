import type { FactorColumns } from '../../episode/columns/columns.ts';
import type { ActionCategory, ReplayLever } from '../../lever/lever.ts';
import { shiftOf } from '../../lever/lever.ts';
import { clamp, elementAt } from '../../numbers.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { scopeHash } from '../../pattern/scope-hash.ts';
import type { Reason, ReasonCode } from '../../reason.ts';
import { DAY_MS } from '../../time.ts';
import { MULTIPLIER_RANGE } from '../multiplier-range.ts';
import type { Override, OverrideEvidence } from '../override.ts';
import { byScopeHashThenCategory } from '../override.ts';
import { findChangePoint } from '../replay/change-point.ts';
import { measuredRules, sortByBlock } from '../replay/clusters.ts';
import {
  describeBase,
  describeCut,
  describeMove,
  describeOverride,
  describeWithheld,
} from '../replay/describe.ts';
import type { Fit } from '../replay/fit.ts';
import { FitSeries } from '../replay/fit-series.ts';
import type { ForecastModel } from '../replay/forecast.ts';
import { forecastGain, forecastModel } from '../replay/forecast.ts';
import type { Gates } from '../replay/gates.ts';
import { prepareGates } from '../replay/gates.ts';
import { fitGreedily } from '../replay/greedy-fit.ts';
import type { LeverMove } from '../replay/lever-move.ts';
import type { NoOverrideReason } from '../replay/no-override-reasons.ts';
import { noOverrideReasons } from '../replay/no-override-reasons.ts';
import { lowerBound } from '../replay/redundant-moves.ts';
import type { ReplaySettings } from '../replay/settings.ts';
import { REPLAY_SETTINGS } from '../replay/settings.ts';
import { sliceDimensions, sliceScope } from '../replay/slices.ts';
import type { UtilityComparison } from '../replay/utility.ts';
import { compareUtility } from '../replay/utility.ts';
import { rowsWhere } from '../rows-where.ts';

/**
 * Result on the held-out days: the utility of a fit that did not use their outcomes, compared with that of the base
 * gates.
 */
interface HeldOut {
  readonly gain: number;
  readonly error: number;
  readonly events: number;
}

interface ReplayOverride extends Override {
  readonly evidence: OverrideEvidence;
}

interface DisabledLever {
  readonly action_category: ActionCategory;
  readonly reason: string;
  readonly reason_code: ReasonCode;
}

export interface ReplayResult {
  /** Sorted by scope hash, then category. */
  readonly overrides: readonly ReplayOverride[];
  /** By lever, then slice; near slices last. */
  readonly noOverrideReasons: readonly NoOverrideReason[];
  /** Levers that are disabled for the whole pattern. */
  readonly disabled: readonly DisabledLever[];
  /** Number of levers, the disabled ones included. */
  readonly levers: number;
  readonly window_days: number;
  /** Set when a change point was found, so that only younger events are fitted. */
  readonly changed?: string;
  /** Utility of the base gates over the window, against taking nothing. */
  readonly base: UtilityComparison & { readonly loses: boolean; readonly summary: string };
  readonly held_out?: HeldOut;
  /** Set when all overrides are withheld, with the reason. */
  readonly withheld?: Reason;
  /** Descriptions of the slices that were left out to keep the work bounded. */
  readonly cut?: readonly string[];
  /** Fewest dimensions of a slice that was left out. */
  readonly cut_from?: number;
}

/**
 * Computes the overrides of the replay policy (docs/replay-policy.md). It recounts the winners and losers of past
 * events with one gate moved in one slice. It moves a gate only where the gain passes a test.
 * @param columns events of the look-back, with their outcomes; those not known at `asOf` are left out
 * @param asOf milliseconds since 1970
 */
export function replay(
  pattern: PatternKey,
  columns: FactorColumns,
  asOf: number,
  settings: ReplaySettings = REPLAY_SETTINGS,
): ReplayResult {
  const clusters = measuredRules(columns, settings.clusters);
  const gates = prepareGates(pattern, sortByBlock(columns, clusters), { ...settings, clusters });
  const fits = new FitSeries(gates, settings);
  const { rows, fit, days, heldOut, withheld, changed } = fitWindow(fits, asOf, settings);
  const base = compareUtility(gates, rows, fits.rows.acts, undefined, settings);
  const context: ReplayContext = {
    fits,
    gates,
    rows,
    fit,
    settings,
    asOf,
    days,
    loses: base.gain < 0,
    heldOut,
  };
  const { cut } = fit.slices;
  return {
    overrides: withheld === undefined ? overrides(context) : [],
    noOverrideReasons: noOverrideReasons({ ...context, withheld }),
    disabled: gates.disabled.map(({ lever, reason: { text, code } }) => ({
      action_category: lever.category,
      reason: text,
      reason_code: code,
    })),
    levers: gates.gates.length,
    window_days: days,
    ...(changed !== undefined && { changed }),
    base: { ...base, loses: context.loses, summary: describeBase(base, days, settings) },
    ...(heldOut && { held_out: heldOut }),
    ...(withheld !== undefined && { withheld }),
    ...(cut.length > 0 && {
      cut: cut.map(part => describeCut(part, gates.columns, settings)),
      cut_from: Math.min(...cut.map(part => (part.why === 'cells' ? 2 : part.depth))),
    }),
  };
}

interface ReplayContext {
  readonly fits: FitSeries;
  readonly gates: Gates;
  readonly rows: Uint32Array;
  readonly fit: Fit;
  readonly settings: ReplaySettings;
  readonly asOf: number;
  readonly days: number;
  /** True when the pattern loses at its base gates. */
  readonly loses: boolean;
  readonly heldOut: HeldOut | undefined;
}

/** Returns the rows of the `days` before a moment whose outcome was known at that moment. */
function windowRows({ columns }: Gates, moment: number, days: number): Uint32Array {
  const from = moment - days * DAY_MS;
  return rowsWhere(columns, (time, resolvedAt) => time >= from && time <= moment && resolvedAt <= moment);
}

/** A window, tested on the held-out days. */
interface WindowTrial {
  readonly days: number;
  readonly heldOut: HeldOut | undefined;
  /** Reason to withhold the fit; undefined unless the held-out days contradict it. */
  readonly withheld: Reason | undefined;
}

interface WindowFit extends WindowTrial {
  readonly rows: Uint32Array;
  readonly fit: Fit;
  readonly changed: string | undefined;
}

/** Fits the best window; after a change point, the window that begins there. */
function fitWindow(fits: FitSeries, asOf: number, settings: ReplaySettings): WindowFit {
  const { gates } = fits;
  const age = findChangePoint(fits, windowRows(gates, asOf, settings.windows[0]), asOf, settings);
  const trial = chooseWindow(fits, asOf, age === undefined ? settings : { ...settings, windows: [age] });
  const rows = windowRows(gates, asOf, trial.days);
  const fit = fitGreedily(fits, rows, settings);
  const changed = age === undefined ? undefined : `what older events taught has failed for ${age} days`;
  return { ...trial, rows, fit, changed };
}

/**
 * Returns the first window, unless another one gains significantly more on the held-out days: more than `heldOutErrors`
 * standard errors of the paired difference.
 */
function chooseWindow(fits: FitSeries, asOf: number, settings: ReplaySettings): WindowTrial {
  const { gates } = fits;
  const { resolvedAt } = gates.columns;
  const heldOutFrom = asOf - settings.heldOutDays * DAY_MS;
  const [firstWindow] = settings.windows;
  const longest = Math.max(...settings.windows);
  const heldOutRows = windowRows(gates, asOf, longest).filter(
    row => elementAt(resolvedAt, row) > heldOutFrom,
  );
  if (heldOutRows.length === 0) return { days: firstWindow, heldOut: undefined, withheld: undefined };
  const trials = settings.windows.map(days => {
    const { applied } = fitGreedily(fits, windowRows(gates, heldOutFrom, days), settings);
    return { days, acts: applied.acts };
  });
  const firstActs = trials[0]?.acts;
  let best = trials[0];
  let largestGain = 0;
  for (const trial of trials) {
    const { gain, error } = compareUtility(gates, heldOutRows, trial.acts, firstActs, settings);
    if (gain <= settings.heldOutErrors * error || gain <= largestGain) continue;
    largestGain = gain;
    best = trial;
  }
  const baseActs = fits.rows.acts;
  const { gain, error } = compareUtility(gates, heldOutRows, best?.acts ?? baseActs, baseActs, settings);
  const loses = gain < -settings.heldOutErrors * error;
  return {
    days: best?.days ?? firstWindow,
    heldOut: { gain, error, events: heldOutRows.length },
    withheld: loses ? describeWithheld({ gain, error }, settings) : undefined,
  };
}

function overrides(context: ReplayContext): ReplayOverride[] {
  const { fits, gates, fit, rows, asOf, days, settings } = context;
  if (fit.moves.length === 0) return [];
  const model = settings.forecasts ? forecastModel(fits, rows, asOf, days, settings) : undefined;
  return fit.moves
    .flatMap(move => {
      const gate = gates.gates[move.gate];
      return gate ? [overrideOf(context, gate.lever, move, model)] : [];
    })
    .sort(byScopeHashThenCategory);
}

function overrideOf(
  context: ReplayContext,
  lever: ReplayLever,
  move: LeverMove,
  model: ForecastModel | undefined,
): ReplayOverride {
  const { gates, settings, days, heldOut } = context;
  const { applied } = context.fit;
  const decided = applied.decidedBy(move);
  const flipped = compareUtility(gates, decided, applied.acts, applied.without(move, decided), settings);
  const lower = lowerBound(flipped, settings.z[sliceDimensions(move.slice)], settings);
  const scope = sliceScope(move.slice, gates.columns);
  const shift = shiftOf(lever, move.opening);
  const value = lever.scale === 'log' ? clamp(Math.exp(shift), MULTIPLIER_RANGE) : shift;
  const expected = model && forecastGain(flipped, model);
  const description = {
    move: describeMove(lever, value),
    scope,
    opens: move.opening > 0,
    flipped,
    lower,
    expected,
  };
  const reason = describeOverride(description, { ...context, overrides: context.fit.moves.length });
  return {
    action_category: lever.category,
    ...(lever.scale === 'log' ? { multiplier: value } : { delta: value }),
    scope_subset: scope,
    scope_hash: scopeHash(scope),
    // Confidence is the lower bound as a share of the gain.
    confidence: flipped.gain > 0 ? clamp(lower / flipped.gain, { min: 0, max: 1 }) : 0,
    n: move.slice.n,
    reason: reason.text,
    reason_code: reason.code,
    evidence: {
      winners: flipped.winners,
      losers: flipped.losers,
      gain: flipped.gain,
      error: flipped.error,
      lower_bound: lower,
      window_days: days,
      ...(expected && { expected }),
      ...(heldOut && { held_out: heldOut }),
    },
  };
}
