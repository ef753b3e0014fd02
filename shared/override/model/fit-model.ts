import type { FactorColumns } from '../../episode/columns/columns.ts';
import { elementAt } from '../../numbers.ts';
import type { LogisticFit, SparseRows } from '../../statistics/ridge-logistic.ts';
import { fitRidgeLogistic, linear, linearError, logistic } from '../../statistics/ridge-logistic.ts';
import { dayOf } from '../../time.ts';
import type { Payoff } from '../payoff.ts';
import { breakEvenRate } from '../payoff.ts';
import type { Gates } from '../replay/gates.ts';
import { RESULT } from '../replay/gates.ts';
import type { ReplaySettings } from '../replay/settings.ts';
import type { Design } from './design.ts';
import { designRows, planDesign } from './design.ts';
import { MODEL_NEEDS } from './needs.ts';

/** Blocks of equal time; each is scored by weights that were fitted without it. */
const BLOCKS = 5;
/** Standard errors that a prediction must clear, in the order in which they are tried. */
const LADDER = [3, 2.5, 2, 1.645, 1.3, 1, 0.75, 0.5, 0.25, 0] as const;

/** The rung of one side, with what it brought out of block. */
export interface Rung {
  /** Standard errors that a prediction must clear. */
  readonly z: number;
  /** Utility over the window, out of block, and its standard error with days as clusters. */
  readonly gain: number;
  readonly error: number;
  readonly events: number;
}

/** Encoded rows, and the standard error of each row's prediction in log-odds. */
interface Predicted {
  readonly encoded: SparseRows;
  readonly errors: Float64Array;
}

/** A fitted model with the rungs of its two sides; a side without a rung stays at the base gates. */
export interface Model {
  readonly design: Design;
  readonly fit: LogisticFit;
  /** The rows of the fit. */
  readonly own: Predicted;
  /** Probability of success at which an act neither gains nor loses. */
  readonly breakEven: number;
  readonly opening: Rung | undefined;
  readonly closing: Rung | undefined;
}

/** The numbers of days and outcomes of rows that are too few for a fit. */
export interface TooLittle {
  readonly days: number;
  readonly outcomes: number;
}

/** Returns how many days and outcomes some rows have; undefined when a fit is possible. */
export function tooLittle({ time }: FactorColumns, rows: Uint32Array): TooLittle | undefined {
  const days = new Set<number>();
  for (const row of rows) days.add(dayOf(elementAt(time, row)));
  const enough = days.size >= MODEL_NEEDS.days && rows.length >= MODEL_NEEDS.outcomes;
  return enough ? undefined : { days: days.size, outcomes: rows.length };
}

/** Returns rows in an order that depends on their content alone, so that sums have one order. */
export function canonicalOrder(gates: Gates, rows: Uint32Array): Uint32Array {
  const { time, resolvedAt, dimensions } = gates.columns;
  const ranks = dimensions.map(({ values, codes }) => {
    const order = values.map((value, v) => ({ value, v })).sort((a, b) => (a.value < b.value ? -1 : 1));
    const rank = new Uint32Array(values.length + 1);
    order.forEach(({ v }, i) => {
      rank[v + 1] = i + 1;
    });
    return { codes, rank };
  });
  const compare = (a: number, b: number): number => {
    const known =
      elementAt(time, a) - elementAt(time, b) ||
      elementAt(resolvedAt, a) - elementAt(resolvedAt, b) ||
      elementAt(gates.result, a) - elementAt(gates.result, b);
    if (known !== 0) return known;
    for (const { margin } of gates.gates) {
      const [first, second] = [elementAt(margin, a), elementAt(margin, b)];
      if (first !== second) return first < second ? -1 : 1;
    }
    for (const { codes, rank } of ranks) {
      const difference = elementAt(rank, elementAt(codes, a)) - elementAt(rank, elementAt(codes, b));
      if (difference !== 0) return difference;
    }
    return 0;
  };
  return rows.slice().sort(compare);
}

/**
 * Fits the model and chooses its rungs (docs/model-policy.md).
 * @param rows replayable rows with a success or failure, in canonical order, that are not `tooLittle`
 * @param baseActs decisions of the base gates, by row of the columns
 */
export function fitModel(
  gates: Gates,
  rows: Uint32Array,
  baseActs: Uint8Array,
  settings: ReplaySettings,
): Model {
  const days = Float64Array.from(rows, row => dayOf(elementAt(gates.columns.time, row)));
  const design = planDesign(gates, rows, settings.nMin);
  const encoded = designRows(design, gates, baseActs, rows, settings);
  const outcome = Uint8Array.from(rows, row => (gates.result[row] === RESULT.winner ? 1 : 0));
  const [first, last] = [elementAt(days, 0), elementAt(days, days.length - 1)];
  const block = Uint8Array.from(days, day => Math.floor((BLOCKS * (day - first)) / (last - first + 1)));
  const fit = fitRidgeLogistic({
    rows: encoded,
    outcome,
    cluster: days,
    block,
    blocks: BLOCKS,
    penalty: design.penalty,
  });
  const own = predict(encoded, fit);
  const breakEven = breakEvenRate(settings.payoff);
  const line = Math.log(breakEven / (1 - breakEven));
  // Standard errors by which each event's prediction without its block lies above break-even.
  const above = Float64Array.from(rows, (_, i) => {
    const weights = fit.withoutBlock[elementAt(block, i)] ?? fit.weights;
    return (linear(encoded, i, weights) - line) / elementAt(own.errors, i);
  });
  const acts = Uint8Array.from(rows, row => elementAt(baseActs, row));
  const sides = { above, acts, outcome, days, payoff: settings.payoff };
  const [opening, closing] = [bestRung(sides, 'opening'), bestRung(sides, 'closing')];
  return { design, fit, own, breakEven, opening, closing };
}

interface Sides {
  readonly above: Float64Array;
  readonly acts: Uint8Array;
  readonly outcome: Uint8Array;
  readonly days: Float64Array;
  readonly payoff: Payoff;
}

/** Returns the rung with the largest gain less its error; undefined when none is above 0. */
function bestRung(sides: Sides, side: 'opening' | 'closing'): Rung | undefined {
  let best: Rung | undefined;
  for (const z of LADDER) {
    const rung = scoreRung(sides, side, z);
    if (rung.gain - rung.error > (best ? best.gain - best.error : 0)) best = rung;
  }
  return best;
}

function scoreRung(
  { above, acts, outcome, days, payoff }: Sides,
  side: 'opening' | 'closing',
  z: number,
): Rung {
  let gain = 0;
  let squares = 0;
  let ofDay = 0;
  let events = 0;
  for (let i = 0; i < above.length; i++) {
    const moves =
      side === 'opening'
        ? acts[i] === 0 && elementAt(above, i) > z
        : acts[i] === 1 && elementAt(above, i) <= -z;
    if (moves) {
      const utility = outcome[i] === 1 ? payoff.win : -payoff.loss;
      ofDay += side === 'opening' ? utility : -utility;
      events++;
    }
    if (days[i + 1] === days[i]) continue;
    gain += ofDay;
    squares += ofDay * ofDay;
    ofDay = 0;
  }
  return { z, gain, error: Math.sqrt(squares), events };
}

/** The advice of the model on some events. */
interface Scores {
  /** By position: 1 to act. */
  readonly acts: Uint8Array;
  /** By position: bound of the probability less break-even; above 0 speaks for acting. */
  readonly worth: Float64Array;
}

/**
 * Scores rows. A base act stays unless its upper bound lies at or below break-even; another event is acted on when its
 * lower bound lies above. A side without a rung stays at the base gates.
 * @param halted whether entries are halted: then base acts need the opening rung too
 */
export function scoreRows(
  model: Model,
  gates: Gates,
  rows: Uint32Array,
  baseActs: Uint8Array,
  settings: ReplaySettings,
  halted = false,
): Scores {
  const encoded = designRows(model.design, gates, baseActs, rows, settings);
  return score(model, predict(encoded, model.fit), rows, baseActs, halted);
}

/** Scores the rows of the fit, see `scoreRows`. @param rows those of the fit, in the same order */
export function scoreOwnRows(model: Model, rows: Uint32Array, baseActs: Uint8Array): Scores {
  return score(model, model.own, rows, baseActs, false);
}

function predict(encoded: SparseRows, { covariance }: LogisticFit): Predicted {
  const rows = encoded.start.length - 1;
  return {
    encoded,
    errors: Float64Array.from({ length: rows }, (_, i) => linearError(encoded, i, covariance)),
  };
}

function score(
  { fit, breakEven, opening, closing }: Model,
  { encoded, errors }: Predicted,
  rows: Uint32Array,
  baseActs: Uint8Array,
  halted: boolean,
): Scores {
  const acts = new Uint8Array(rows.length);
  const worth = new Float64Array(rows.length);
  rows.forEach((row, i) => {
    const act = baseActs[row] === 1 && !halted;
    const rung = act ? closing : opening;
    const predicted = linear(encoded, i, fit.weights);
    const error = elementAt(errors, i);
    const z = rung?.z ?? elementAt(LADDER, 0);
    const bound = logistic(predicted + (act ? z : -z) * error) - breakEven;
    worth[i] = bound;
    acts[i] = rung === undefined ? Number(act) : Number(bound > 0);
  });
  return { acts, worth };
}
