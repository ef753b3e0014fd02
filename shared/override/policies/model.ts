import type { FactorColumns } from '../../episode/columns/columns.ts';
import type { ReplayLever } from '../../lever/lever.ts';
import { shiftOf } from '../../lever/lever.ts';
import { clamp, elementAt } from '../../numbers.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { scopeHash } from '../../pattern/scope-hash.ts';
import type { Reason } from '../../reason.ts';
import type { Model, Rung } from '../model/fit-model.ts';
import { canonicalOrder, fitModel, scoreRows } from '../model/fit-model.ts';
import { projectOntoGates } from '../model/project-gates.ts';
import { MULTIPLIER_RANGE } from '../multiplier-range.ts';
import type { Override } from '../override.ts';
import { byScopeHashThenCategory } from '../override.ts';
import type { LeverMove } from '../replay/fit.ts';
import type { Gates } from '../replay/gates.ts';
import { prepareGates, RESULT } from '../replay/gates.ts';
import type { ReplaySettings } from '../replay/settings.ts';
import { rowsOf, sliceScope } from '../replay/slices.ts';
import { AppliedMoves, compareUtility, decisionsUnderMoves } from '../replay/utility.ts';
import { rowsWhere } from '../rows-where.ts';

/** Result of the model policy. */
interface ModelResult {
  readonly overrides: readonly Override[];
  /** The model behind them; undefined while too little is known. */
  readonly model: Model | undefined;
  /** Why nothing moves, or what the two sides brought. */
  readonly note: Reason;
}

/**
 * Fits the model policy (docs/model-policy.md): a ridge logistic regression predicts success, two tested rungs say which
 * events to open or close, and gates by none or one dimension come nearest to that.
 * @param columns events of the window with known outcomes
 */
export function modelPolicy(
  pattern: PatternKey,
  columns: FactorColumns,
  settings: ReplaySettings,
): ModelResult {
  const gates = prepareGates(pattern, columns, settings);
  const usable = rowsWhere(
    columns,
    (_, __, row) => gates.replayable[row] === 1 && gates.result[row] !== RESULT.neutral,
  );
  const rows = canonicalOrder(gates, usable);
  const baseActs = decisionsUnderMoves(gates, [], rows);
  const model = fitModel(gates, rows, baseActs, settings);
  if ('outcomes' in model)
    return {
      overrides: [],
      model: undefined,
      note: {
        code: 'too_few_events',
        text: `the model needs outcomes of 180 days and 300 events; ${model.days} days and ${model.outcomes} events are known`,
      },
    };
  const { opening, closing } = model;
  const note = noteOf(model);
  if (!opening && !closing) return { overrides: [], model, note };
  const worth = new Float64Array(columns.size);
  const scores = scoreRows(model, gates, rows, baseActs, settings);
  rows.forEach((row, i) => {
    worth[row] = elementAt(scores.worth, i);
  });
  const directions = { opens: opening !== undefined, closes: closing !== undefined };
  const slices = projectOntoGates(gates, rows, worth, directions, settings.nMin);
  const moves = slices.flatMap(({ slice, openings }) =>
    [...openings].flatMap((opening, gate): LeverMove[] => (opening === 0 ? [] : [{ gate, slice, opening }])),
  );
  const context = { gates, rows, settings, model, applied: new AppliedMoves(gates, moves, rows) };
  const overrides = moves.flatMap(move => {
    const gate = gates.gates[move.gate];
    return gate ? [overrideOf(context, gate.lever, move)] : [];
  });
  return { overrides: overrides.sort(byScopeHashThenCategory), model, note };
}

interface ModelContext {
  readonly gates: Gates;
  readonly rows: Uint32Array;
  readonly settings: ReplaySettings;
  readonly model: Model;
  readonly applied: AppliedMoves;
}

function overrideOf(
  { gates, rows, settings, model, applied }: ModelContext,
  lever: ReplayLever,
  move: LeverMove,
): Override {
  const { opening, slice } = move;
  const sliceRows = rowsOf(slice, gates.columns, rows);
  const change = compareUtility(gates, sliceRows, applied.acts, applied.without(move, sliceRows), settings);
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

function noteOf({ opening, closing }: Model): Reason {
  const text = `openings: ${describeRung(opening)}; closings: ${describeRung(closing)}`;
  return { code: opening ? 'taking_more_gains' : closing ? 'taking_fewer_gains' : 'nothing_proven', text };
}

function describeRung(rung: Rung | undefined): string {
  if (!rung) return 'no rung gains more than its error out of block';
  return `at ${rung.z} errors, ${rung.events} events brought ${rung.gain.toFixed(1)} ± ${rung.error.toFixed(1)} out of block`;
}
