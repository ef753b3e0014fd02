import type { FactorColumns } from '../../episode/columns/columns.ts';
import type { ActionCategory, ReplayLever } from '../../lever/lever.ts';
import { shiftOf } from '../../lever/lever.ts';
import { clamp } from '../../numbers.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { scopeHash } from '../../pattern/scope.ts';
import { DAY_MS } from '../../time.ts';
import type { Override, OverrideEvidence } from '../override.ts';
import { byScopeHashThenCategory, MULTIPLIER_RANGE } from '../override.ts';
import { findChangePoint } from '../replay/change-point.ts';
import { sortByBlock } from '../replay/clusters.ts';
import { describeBase, describeCut, describeMove, describeOverride, interval } from '../replay/describe.ts';
import type { Gates } from '../replay/gates.ts';
import { prepareGates } from '../replay/gates.ts';
import type { Fit, LeverMove } from '../replay/greedy-fit.ts';
import { fitGreedily } from '../replay/greedy-fit.ts';
import type { NoOverrideReason } from '../replay/no-override-reasons.ts';
import { noOverrideReasons } from '../replay/no-override-reasons.ts';
import type { ReplaySettings } from '../replay/settings.ts';
import { REPLAY_SETTINGS } from '../replay/settings.ts';
import { rowsOf, sliceDimensions, sliceScope } from '../replay/slices.ts';
import type { UtilityComparison } from '../replay/utility.ts';
import { AppliedMoves, compareUtility, decisionsUnderMoves } from '../replay/utility.ts';

export interface HeldOut {
  readonly gain: number;
  readonly error: number;
  readonly events: number;
}

export interface ReplayOverride extends Override {
  readonly evidence: OverrideEvidence;
}

export interface ReplayResult {
  /** Sorted by scope hash, then category. */
  readonly overrides: readonly ReplayOverride[];
  /** Slices in their order, in each the levers in theirs; near slices last. */
  readonly silences: readonly NoOverrideReason[];
  /** Levers that are off for the whole pattern. */
  readonly off: readonly { readonly action_category: ActionCategory; readonly reason: string }[];
  readonly window_days: number;
  /** Set when what older events taught failed on younger ones, so that only the latter are learned from. */
  readonly changed?: string;
  /** What the base gates brought over the window. */
  readonly base: UtilityComparison & { readonly loses: boolean; readonly summary: string };
  readonly held_out?: HeldOut;
  /** Set when nothing is emitted for a reason that concerns all of it. */
  readonly withheld?: string;
  /** What was not looked at, to keep the work bounded, and why. */
  readonly cut?: readonly string[];
}

/**
 * The replay policy (docs/replay-policy.md): what would have been won and lost, had one gate stood elsewhere in one slice.
 * @param columns events of the look-back, with their outcomes; those not known at `asOf` are left out
 * @param asOf milliseconds since 1970
 */
export function replay(
  pattern: PatternKey,
  columns: FactorColumns,
  asOf: number,
  settings: ReplaySettings = REPLAY_SETTINGS,
): ReplayResult {
  const gates = prepareGates(pattern, sortByBlock(columns, settings.clusters), settings);
  const { rows, made, days, heldOut, withheld, changed } = fitWindow(gates, asOf, settings);
  const base = compareUtility(gates, rows, decisionsUnderMoves(gates, [], rows), undefined, settings);
  const report: ReplayContext = { gates, rows, made, settings, days, loses: base.gain < 0, heldOut };
  return {
    overrides: withheld === undefined ? overrides(report) : [],
    silences: noOverrideReasons(report, withheld),
    off: gates.disabled.map(({ lever, reason }) => ({ action_category: lever.category, reason })),
    window_days: days,
    ...(changed !== undefined && { changed }),
    base: { ...base, loses: report.loses, summary: describeBase(base, days, settings) },
    ...(heldOut && { held_out: heldOut }),
    ...(withheld !== undefined && { withheld }),
    ...(made.slices.cut.length > 0 && {
      cut: made.slices.cut.map(cut => describeCut(cut, gates.columns, settings)),
    }),
  };
}

interface ReplayContext {
  readonly gates: Gates;
  readonly rows: Uint32Array;
  readonly made: Fit;
  readonly settings: ReplaySettings;
  readonly days: number;
  readonly loses: boolean;
  readonly heldOut: HeldOut | undefined;
}

/** Rows of the last `days` before a moment, with an outcome known at it. */
function windowRows({ columns }: Gates, at: number, days: number): Uint32Array {
  const { size, time, resolvedAt } = columns;
  const rows = new Uint32Array(size);
  let n = 0;
  for (let row = 0; row < size; row++) {
    const t = time[row] ?? 0;
    if (t >= at - days * DAY_MS && t <= at && (resolvedAt[row] ?? 0) <= at) rows[n++] = row;
  }
  return rows.subarray(0, n);
}

/** A window, and how what it teaches without the held-out days stands them. */
interface WindowTrial {
  readonly days: number;
  readonly heldOut: HeldOut | undefined;
  /** Why what it teaches is not emitted, if the held-out days speak against it. */
  readonly withheld: string | undefined;
}

interface WindowFit extends WindowTrial {
  readonly rows: Uint32Array;
  readonly made: Fit;
  readonly changed: string | undefined;
}

/** What the best window teaches. */
function fitWindow(gates: Gates, asOf: number, settings: ReplaySettings): WindowFit {
  const age = findChangePoint(gates, windowRows(gates, asOf, settings.windows[0]), asOf, settings);
  const trial = chooseWindow(gates, asOf, age === undefined ? settings : { ...settings, windows: [age] });
  const rows = windowRows(gates, asOf, trial.days);
  const made = fitGreedily(gates, rows, settings);
  const changed = age === undefined ? undefined : `what older events taught has failed for ${age} days`;
  return { ...trial, rows, made, changed };
}

/** The first window, unless another stands the held-out days better by `heldOutErrors` standard errors (paired). */
function chooseWindow(gates: Gates, asOf: number, settings: ReplaySettings): WindowTrial {
  const { resolvedAt } = gates.columns;
  const known = asOf - settings.heldOutDays * DAY_MS;
  const [first] = settings.windows;
  const longest = Math.max(...settings.windows);
  const held = windowRows(gates, asOf, longest).filter(row => (resolvedAt[row] ?? 0) > known);
  if (held.length === 0) return { days: first, heldOut: undefined, withheld: undefined };
  const stand = settings.windows.map(days =>
    decisionsUnderMoves(gates, fitGreedily(gates, windowRows(gates, known, days), settings).moves, held),
  );
  let best = 0;
  let most = 0;
  stand.forEach((acts, i) => {
    const { gain, error } = compareUtility(gates, held, acts, stand[0], settings);
    if (gain <= settings.heldOutErrors * error || gain <= most) return;
    most = gain;
    best = i;
  });
  const base = decisionsUnderMoves(gates, [], held);
  const { gain, error } = compareUtility(gates, held, stand[best] ?? base, base, settings);
  const loses = gain < -settings.heldOutErrors * error;
  return {
    days: settings.windows[best] ?? first,
    heldOut: { gain, error, events: held.length },
    withheld: loses ? `held-out days disagree: ${interval(gain, error)} against the base gates` : undefined,
  };
}

function overrides(report: ReplayContext): ReplayOverride[] {
  const { gates, made, rows } = report;
  const standing = new AppliedMoves(gates, made.moves, rows);
  return made.moves
    .flatMap(move => {
      const gate = gates.gates[move.gate];
      return gate ? [overrideOf(report, gate.lever, move, standing)] : [];
    })
    .sort(byScopeHashThenCategory);
}

function overrideOf(
  report: ReplayContext,
  lever: ReplayLever,
  move: LeverMove,
  standing: AppliedMoves,
): ReplayOverride {
  const { gates, rows, settings, days } = report;
  const slice = rowsOf(move.slice, gates.columns, rows);
  const flipped = compareUtility(gates, slice, standing.acts, standing.without(move, slice), settings);
  const { win, loss } = settings.payoff;
  const variance =
    Math.max(flipped.error ** 2, win * loss * flipped.changed) + win * loss * settings.priorEvents;
  const lower = flipped.gain - settings.z[sliceDimensions(move.slice)] * Math.sqrt(variance);
  const scope = sliceScope(move.slice, gates.columns);
  const shift = shiftOf(lever, move.opening);
  const value = lever.scale === 'log' ? clamp(Math.exp(shift), MULTIPLIER_RANGE) : shift;
  return {
    action_category: lever.category,
    ...(lever.scale === 'log' ? { multiplier: value } : { delta: value }),
    scope_subset: scope,
    scope_hash: scopeHash(scope),
    // The share of the gain that its lower bound leaves.
    confidence: flipped.gain > 0 ? clamp(lower / flipped.gain, { min: 0, max: 1 }) : 0,
    n: move.slice.n,
    reason: describeOverride(
      { move: describeMove(lever, value), scope, opens: move.opening > 0, flipped, lower },
      report,
    ),
    evidence: {
      winners: flipped.winners,
      losers: flipped.losers,
      gain: flipped.gain,
      error: flipped.error,
      lower_bound: lower,
      window_days: days,
      ...(report.heldOut && { held_out: report.heldOut }),
    },
  };
}
