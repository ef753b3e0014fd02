import { CLIP, nearOpening } from '../model/design.ts';
import type { Model } from '../model/fit-model.ts';
import type { Gate, Gates } from '../replay/gates.ts';
import type { ReplaySettings } from '../replay/settings.ts';
import type { BaseThresholds } from '../threshold-settings.ts';

/** The version of the published form. A reader ignores a model of a form that it does not know. */
const FORM = 1;

/** One gate: how its margin follows from factors, and its columns. */
export interface ScoreGate {
  /** Its name in `blocked_by`. */
  readonly gate: string;
  readonly factor: string;
  readonly threshold: string;
  /** Stands in where factors carry no threshold, as it did for the events of the fit. */
  readonly base_threshold?: number;
  readonly passes: 'at least' | 'at most';
  /** Unit of the margin: `log` is the natural logarithm of factor / threshold, `additive` their difference. */
  readonly scale: 'log' | 'additive';
  /** False where too few events of the fit logged the factor: then the logged result of the gate alone counts. */
  readonly measured: boolean;
  readonly flag?: string;
  readonly optional?: true;
  /** Opening at which a miss still counts as near, in the unit of the margin. */
  readonly reach: number;
  /** Column of a near miss. */
  readonly near: number;
  /** Columns of the standardised margin, and of its square less 1 (the next one); absent for a margin that does not vary. */
  readonly number?: { readonly column: number; readonly mean: number; readonly deviation: number };
}

/** The columns of one scope dimension; 0 is no column. */
interface ScoreDimension {
  readonly name: string;
  /** Value, its column, and those of its products with a near miss of the first gate and with the base decision. */
  readonly values: readonly (readonly [value: string, column: number, near: number, base: number])[];
}

/** The fitted model of a generation, in the form in which it is published (docs/model-policy.md, "Score lever"). */
export interface ScoreModel {
  readonly form: typeof FORM;
  /** Probability of success at which an act neither gains nor loses. */
  readonly break_even: number;
  /** Standard errors that openings and closings must clear; a side without a rung stays at the base gates. */
  readonly opening?: number;
  readonly closing?: number;
  /** Standardised margins are clipped at this many standard deviations. */
  readonly clip: number;
  readonly gates: readonly ScoreGate[];
  /** Column of the base decision. */
  readonly base: number;
  readonly dimensions: readonly ScoreDimension[];
  /** Weight of each column: float64, little endian, in base64. */
  readonly weights: string;
  /** Lower triangle of the covariance, row by row: float32, little endian, in base64. */
  readonly covariance: string;
}

/** Returns a fitted model in its published form. @param baseThresholds those that stood in for the events of the fit */
export function scoreModelOf(
  { design, fit, breakEven, opening, closing }: Model,
  gates: Gates,
  settings: ReplaySettings,
  baseThresholds: BaseThresholds,
): ScoreModel {
  const disabled = new Set(gates.disabled.map(({ lever }) => lever));
  const gateOf = (gate: Gate, g: number): ScoreGate => {
    const { lever } = gate;
    const number = design.scaled.findIndex(scaled => scaled.gate === g);
    const { mean, deviation } = design.scaled[number] ?? { mean: 0, deviation: 0 };
    const base = baseThresholds[lever.threshold as keyof BaseThresholds];
    return {
      gate: lever.gate,
      factor: lever.factor,
      threshold: lever.threshold,
      ...(base !== undefined && { base_threshold: base }),
      passes: lever.passes,
      scale: lever.scale,
      measured: !disabled.has(lever),
      ...(lever.flag !== undefined && { flag: lever.flag }),
      ...(lever.optional && { optional: true }),
      reach: nearOpening(gate, settings),
      near: design.near + g,
      ...(number >= 0 && { number: { column: design.numbers + 2 * number, mean, deviation } }),
    };
  };
  return {
    form: FORM,
    break_even: breakEven,
    ...(opening && { opening: opening.z }),
    ...(closing && { closing: closing.z }),
    clip: CLIP,
    gates: gates.gates.map(gateOf),
    base: design.base,
    // Every value of a dimension has products; the first one has no column of its own.
    dimensions: design.categorical.map(({ name, columns, near, base }) => ({
      name,
      values: [...near.keys()].map(value => [
        value,
        columns.get(value) ?? 0,
        near.get(value) ?? 0,
        base.get(value) ?? 0,
      ]),
    })),
    weights: base64Of(fit.weights),
    covariance: base64Of(lowerTriangle(fit.covariance)),
  };
}

function lowerTriangle({ order, values }: Model['fit']['covariance']): Float32Array {
  const rows = Array.from({ length: order }, (_, i) => values.subarray(i * order, i * order + i + 1));
  const triangle = new Float32Array((order * (order + 1)) / 2);
  let at = 0;
  for (const row of rows) {
    triangle.set(row, at);
    at += row.length;
  }
  return triangle;
}

/** Every processor that runs Node is little endian. */
function base64Of({ buffer, byteOffset, byteLength }: Float64Array | Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}
