import type { FactorColumns } from '../../episode/columns/columns.ts';
import type { Lesson } from '../../lesson/lesson.ts';
import type { ReplayLever } from '../../lever/lever.ts';
import { shiftOf } from '../../lever/lever.ts';
import { clamp, elementAt } from '../../numbers.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { dimensionCount } from '../../pattern/scope.ts';
import { scopeHash } from '../../pattern/scope-hash.ts';
import type { Reason } from '../../reason.ts';
import { joinReasons } from '../../reason.ts';
import { DAY_MS } from '../../time.ts';
import type { Model, Rung, TooLittle } from '../model/fit-model.ts';
import { canonicalOrder, fitModel, scoreOwnRows, tooLittle } from '../model/fit-model.ts';
import { MODEL_NEEDS } from '../model/needs.ts';
import { projectOntoGates } from '../model/project-gates.ts';
import { MULTIPLIER_RANGE } from '../multiplier-range.ts';
import type { Override } from '../override.ts';
import { byScopeHashThenCategory } from '../override.ts';
import { AppliedMoves, baseDecisions } from '../replay/applied-moves.ts';
import type { Gates } from '../replay/gates.ts';
import { prepareGates, RESULT } from '../replay/gates.ts';
import type { LeverMove } from '../replay/lever-move.ts';
import { overlapReason } from '../replay/no-override-reasons.ts';
import type { ReplaySettings } from '../replay/settings.ts';
import { rowsOf, sliceScope } from '../replay/slices.ts';
import { compareUtility } from '../replay/utility.ts';
import { rowsWhere } from '../rows-where.ts';
import type { ScoreModel } from '../score/score-model.ts';
import { scoreModelOf } from '../score/score-model.ts';
import type { BaseThresholds } from '../threshold-settings.ts';

/** Most dimensions of a slice that the policy moves. */
const MAX_DIMENSIONS = 1;

/** What a fitted model moves. */
export interface FittedModel {
  /** Sorted by scope hash, then category. */
  readonly overrides: readonly Override[];
  /** Why nothing moves, or what the two sides brought. */
  readonly note: Reason;
  /** The model in its published form, where it is to be published. */
  readonly score?: ScoreModel;
}

/** Result of the model policy. */
interface ModelResult extends FittedModel {
  /** The model behind them; undefined while too little is known. */
  readonly model: Model | undefined;
  /** Returns the model in its published form. @param baseThresholds those that stood in where events logged none */
  readonly publish?: (baseThresholds: BaseThresholds) => ScoreModel;
}

/**
 * Fits the model policy (docs/model-policy.md): a ridge logistic regression predicts success, two tested rungs say which
 * events to open or close, and gates by none or one dimension come nearest to that.
 * @param columns events of the look-back, with their outcomes; those not known at `asOf` are left out
 * @param asOf milliseconds since 1970
 */
export function modelPolicy(
  pattern: PatternKey,
  columns: FactorColumns,
  asOf: number,
  settings: ReplaySettings,
): ModelResult {
  const from = asOf - settings.windows[0] * DAY_MS;
  const known = rowsWhere(columns, (time, resolvedAt) => time >= from && time <= asOf && resolvedAt <= asOf);
  const few = tooLittle(columns, known);
  if (few) return { overrides: [], model: undefined, note: describeTooLittle(few) };
  const gates = prepareGates(pattern, columns, settings);
  const untestable = untestableReason(gates);
  if (untestable) return { overrides: [], model: undefined, note: untestable };
  const usable = known.filter(row => gates.replayable[row] === 1 && gates.result[row] !== RESULT.neutral);
  const fewUsable = tooLittle(columns, usable);
  if (fewUsable) return { overrides: [], model: undefined, note: describeTooLittle(fewUsable) };
  const rows = canonicalOrder(gates, usable);
  const baseActs = baseDecisions(gates);
  const model = fitModel(gates, rows, baseActs, settings);
  const overrides = overridesOf(model, gates, rows, baseActs, settings);
  const publish = (base: BaseThresholds): ScoreModel => scoreModelOf(model, gates, settings, base);
  return { overrides, model, publish, note: noteOf(model, overrides) };
}

/** Returns the overrides that come nearest to what the sides of a model prove; none without a proven side. */
function overridesOf(
  model: Model,
  gates: Gates,
  rows: Uint32Array,
  baseActs: Uint8Array,
  settings: ReplaySettings,
): Override[] {
  const { opening, closing } = model;
  if (!opening && !closing) return [];
  const worth = new Float64Array(gates.columns.size);
  const scores = scoreOwnRows(model, rows, baseActs);
  rows.forEach((row, i) => {
    worth[row] = elementAt(scores.worth, i);
  });
  const directions = { opens: opening !== undefined, closes: closing !== undefined };
  const slices = projectOntoGates(gates, rows, worth, directions, settings.nMin);
  const moves = slices.flatMap(({ slice, openings }) =>
    [...openings].flatMap((opening, gate): LeverMove[] => (opening === 0 ? [] : [{ gate, slice, opening }])),
  );
  const context = {
    gates,
    settings,
    model,
    applied: new AppliedMoves(gates, baseActs, moves, slice => rowsOf(slice, gates.columns, rows)),
  };
  return moves
    .flatMap(move => {
      const gate = gates.gates[move.gate];
      return gate ? [overrideOf(context, gate.lever, move)] : [];
    })
    .sort(byScopeHashThenCategory);
}

/** Returns why a lesson without an override has none under a result of the policy. */
export function explainNoModelOverride(
  { overrides, note }: FittedModel,
  { scope_subset }: Pick<Lesson, 'scope_subset'>,
): Reason {
  const dimensions = dimensionCount(scope_subset);
  const overlap = overlapReason(
    overrides.map(override => override.scope_subset),
    scope_subset,
  );
  if (overlap) return overlap;
  if (overrides.length === 0) return note;
  if (dimensions > MAX_DIMENSIONS)
    return {
      code: 'too_many_dimensions',
      text: `the model moves slices of at most ${MAX_DIMENSIONS} dimension, and this one has ${dimensions}`,
    };
  return {
    code: 'nothing_proven',
    text: `the gates of other slices come nearest to what the model proves: ${note.text}`,
  };
}

/** Returns why no gate can be moved, with one text for each distinct reason; undefined when one can. */
function untestableReason({ gates, disabled }: Gates): Reason | undefined {
  if (disabled.length < gates.length) return undefined;
  return joinReasons([...new Map(disabled.map(({ reason }) => [reason.text, reason])).values()]);
}

function describeTooLittle({ days, outcomes }: TooLittle): Reason {
  const needed = `outcomes of ${MODEL_NEEDS.days} days and ${MODEL_NEEDS.outcomes} events`;
  return {
    code: 'too_few_events',
    text: `the model needs ${needed}; ${days} days and ${outcomes} events are known`,
  };
}

interface ModelContext {
  readonly gates: Gates;
  readonly settings: ReplaySettings;
  readonly model: Model;
  readonly applied: AppliedMoves;
}

function overrideOf(
  { gates, settings, model, applied }: ModelContext,
  lever: ReplayLever,
  move: LeverMove,
): Override {
  const { opening, slice } = move;
  const decided = applied.decidedBy(move);
  const change = compareUtility(gates, decided, applied.acts, applied.without(move, decided), settings);
  const lower = change.gain - change.error;
  const side = opening > 0 ? model.opening : model.closing;
  const scope = sliceScope(slice, gates.columns);
  const shift = shiftOf(lever, opening);
  return {
    action_category: lever.category,
    ...(lever.scale === 'log' ? { multiplier: clamp(Math.exp(shift), MULTIPLIER_RANGE) } : { delta: shift }),
    scope_subset: scope,
    scope_hash: scopeHash(scope),
    confidence: change.gain > 0 ? clamp(lower / change.gain, { min: 0, max: 1 }) : 0,
    n: slice.n,
    reason: `the model ${opening > 0 ? 'opens' : 'closes'} here; ${describeRung(side)}`,
    reason_code: opening > 0 ? 'taking_more_gains' : 'taking_fewer_gains',
    evidence: {
      winners: change.winners,
      losers: change.losers,
      gain: change.gain,
      error: change.error,
      lower_bound: lower,
      window_days: settings.windows[0],
    },
  };
}

/** Returns what the two sides brought; without overrides, why none follows. */
function noteOf({ opening, closing }: Model, overrides: readonly Override[]): Reason {
  const sides = `openings: ${describeRung(opening)}; closings: ${describeRung(closing)}`;
  if (overrides.length > 0)
    return { code: opening ? 'taking_more_gains' : 'taking_fewer_gains', text: sides };
  const proven = opening || closing ? ', but no gate by at most one dimension comes nearer to that' : '';
  return { code: 'nothing_proven', text: `${sides}${proven}` };
}

function describeRung(rung: Rung | undefined): string {
  if (!rung) return 'no rung gains more than its error out of block';
  return `at ${rung.z} errors, ${rung.events} events brought ${rung.gain.toFixed(1)} ± ${rung.error.toFixed(1)} out of block`;
}
