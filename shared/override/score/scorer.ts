/* Kernel: the entries of one event and the lower triangle of the covariance. A published model has its columns in range. */

import type { ScoreGate, ScoreModel } from './score-model.ts';

/*
 * The evaluation of a published model for one event. Server, edge and client share it, so it imports no value. It decides as
 * `scoreRows` of the fitted model does (shared/override/model/fit-model.ts); a test compares both for every event of a window.
 */

/** The advice of a model on one event. */
export interface Advice {
  /** Whether to act. */
  readonly act: boolean;
  /** Predicted probability of success. */
  readonly p: number;
  /** Standard error of the prediction in log-odds: of ln(p / (1 − p)). */
  readonly error: number;
  /** Probability of success at which an act neither gains nor loses. */
  readonly break_even: number;
}

/** Why there is no advice: a code for programs, and what to do. */
export interface NoAdvice {
  readonly code: string;
  readonly detail: string;
}

/** What a look-up with factors answers besides, and what the bot logs of it in `applied`. */
export interface Advised {
  readonly answer: { readonly advice: Advice } | { readonly no_advice: NoAdvice };
  readonly applied: {
    /** Standard errors by which the prediction lies above break-even, in log-odds. */
    readonly score?: number;
    /** The advice is to act above this score; absent where the base gates decide. */
    readonly rung?: number;
  };
}

type Numbers = Readonly<Record<string, unknown>>;

/**
 * Evaluates a model for one event.
 * @param factors as an event logs them
 * @param thresholds stand in where factors carry none
 * @param scope in canonical form
 * @param isHalted whether entries are halted: then base acts need the rung of openings too
 */
export type Scorer = (factors: Numbers, thresholds: Numbers, scope: Numbers, isHalted: boolean) => Advised;

/** Returns an answer without advice. */
export function noAdvice(code: string, detail: string): Advised {
  return { answer: { no_advice: { code, detail } }, applied: {} };
}

/**
 * Prepares a published model for evaluation.
 * @returns undefined for a form that this version does not know
 * @throws Error when the model is damaged
 */
export function readScorer(document: unknown): Scorer | undefined {
  const model = document as ScoreModel;
  if (model.form !== 1) return undefined;
  const weights = new Float64Array(bytesOf(model.weights));
  const covariance = new Float32Array(bytesOf(model.covariance));
  const width = weights.length;
  if (width === 0 || covariance.length !== (width * (width + 1)) / 2)
    throw new Error('the model of a snapshot is damaged');
  const dimensions = dimensionsOf(model);
  const row = new Row(weights, covariance);
  const advise: Scorer = (factors, thresholds, scope, isHalted) => {
    if (factors.applied)
      return noAdvice('factors_applied', 'leave out applied, and send the base thresholds');
    row.clear();
    const gates = putGates(row, model, factors, thresholds);
    if ('answer' in gates) return gates;
    putDimensions(row, dimensions, scope, gates);
    const [linear, error] = [row.linear(), row.error()];
    if (!Number.isFinite(linear + error)) return unreadable();
    return decide(model, linear, error, gates.acts && !isHalted);
  };
  return (...event) => {
    try {
      return advise(...event);
    } catch {
      // Overrides are answered whatever is wrong with the model, or with factors that a client was given.
      return unreadable();
    }
  };
}

const unreadable = (): Advised =>
  noAdvice('model_unreadable', 'the model gives no number for these factors: check them, and run a cycle');

/** The decision of the base gates, and the position of the one gate that is missed narrowly; −1 for none. */
interface Passed {
  readonly acts: boolean;
  readonly missed: number;
}

/** Puts the entries of margins, base decision and near miss. @returns why there is no advice where a gate is unknown */
function putGates(row: Row, model: ScoreModel, factors: Numbers, thresholds: Numbers): Passed | Advised {
  const { gates, clip } = model;
  const blocked = Array.isArray(factors.blocked_by) ? factors.blocked_by : undefined;
  const other = blocked?.find(name => !gates.some(({ gate }) => gate === name));
  if (other !== undefined)
    return noAdvice('blocked_by_other_gate', `the model knows no gate ${other}, which blocks the event`);
  let failed = 0;
  let missed = -1;
  for (let g = 0; g < gates.length; g++) {
    const gate = gates[g] as ScoreGate;
    const margin = marginOf(gate, factors, thresholds, blocked);
    if (margin === undefined) return noAdvice('factors_missing', missingText(gate));
    if (gate.number && Number.isFinite(margin)) {
      const { column, mean, deviation } = gate.number;
      const z = Math.max(-clip, Math.min(clip, (margin - mean) / deviation));
      row.put(column, z);
      row.put(column + 1, z * z - 1);
    }
    if (margin < 0) missed = failed++ === 0 && margin + gate.reach >= 0 ? g : -1;
  }
  if (failed === 0) row.put(model.base, 1);
  if (missed >= 0) row.put((gates[missed] as ScoreGate).near, 1);
  return { acts: failed === 0, missed };
}

function putDimensions(
  row: Row,
  dimensions: ReturnType<typeof dimensionsOf>,
  scope: Numbers,
  { acts, missed }: Passed,
): void {
  for (const { name, values } of dimensions) {
    const columns = values.get(scope[name]);
    if (!columns) continue;
    const [, column, near, base] = columns;
    if (column > 0) row.put(column, 1);
    if (missed === 0 && near > 0) row.put(near, 1);
    if (acts && base > 0) row.put(base, 1);
  }
}

/** The dimensions of a model with their values by name. A scope may lack a dimension. */
function dimensionsOf({ dimensions }: ScoreModel) {
  return dimensions.map(({ name, values }) => ({
    name,
    values: new Map<unknown, (typeof values)[number]>(values.map(value => [value[0], value])),
  }));
}

/** Returns the decision of `scoreRows`. @param act whether the event is acted on without the model */
function decide(
  { break_even, opening, closing }: ScoreModel,
  linear: number,
  error: number,
  act: boolean,
): Advised {
  const z = act ? closing : opening;
  const bound = z === undefined ? undefined : logistic(linear + (act ? z : -z) * error) - break_even;
  const score = (linear - Math.log(break_even / (1 - break_even))) / error;
  return {
    answer: {
      advice: { act: bound === undefined ? act : bound > 0, p: logistic(linear), error, break_even },
    },
    applied: {
      ...(Number.isFinite(score) && { score }),
      // 0 less z, because −0 is not written as JSON.
      ...(z !== undefined && { rung: act ? 0 - z : z }),
    },
  };
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** Returns the margin of a gate as `prepareGates` computes it; undefined where nothing tells whether the gate passes. */
function marginOf(
  gate: ScoreGate,
  factors: Numbers,
  thresholds: Numbers,
  blocked: readonly unknown[] | undefined,
): number | undefined {
  if (gate.measured) {
    const factor = numberOf(factors[gate.factor]);
    const threshold =
      numberOf(factors[gate.threshold]) ?? numberOf(thresholds[gate.threshold]) ?? gate.base_threshold;
    if (factor !== undefined && threshold !== undefined) {
      const sign = gate.passes === 'at least' ? 1 : -1;
      if (gate.scale === 'additive') return sign * (factor - threshold);
      // The logarithm of 0 is −Infinity; a negative factor has none, and is as far away.
      if (threshold > 0) return sign * Math.log(Math.max(0, factor) / threshold);
    }
  }
  const flag = gate.flag === undefined ? undefined : factors[gate.flag];
  const isKnown = typeof flag === 'boolean';
  if (!isKnown && !blocked && !gate.optional) return undefined;
  return (isKnown ? flag : !blocked?.includes(gate.gate))
    ? Number.POSITIVE_INFINITY
    : Number.NEGATIVE_INFINITY;
}

/** Returns a number, or the median of a measured span. */
function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'object' && value !== null && 'median' in value ? value.median : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

function missingText({ gate, factor, threshold, measured, flag }: ScoreGate): string {
  const results = flag === undefined ? 'blocked_by' : `${flag} or blocked_by`;
  return measured
    ? `nothing tells whether the gate ${gate} passes: send ${factor} and ${threshold}, or ${results}`
    : `nothing tells whether the gate ${gate} passes: send ${results}`;
}

/** Returns the bytes of a text in base64. `atob` is there in browsers and in Node. */
function bytesOf(base64: string): ArrayBuffer {
  return Uint8Array.from(atob(base64), char => char.charCodeAt(0)).buffer;
}

/** The entries of one event, columns ascending. It is reused, because an evaluation allocates nothing else of its size. */
class Row {
  readonly #weights: Float64Array;
  readonly #covariance: Float32Array;
  readonly #columns: Uint16Array;
  readonly #values: Float64Array;
  #length = 0;

  constructor(weights: Float64Array, covariance: Float32Array) {
    this.#weights = weights;
    this.#covariance = covariance;
    this.#columns = new Uint16Array(weights.length);
    this.#values = new Float64Array(weights.length);
  }

  /** Leaves the constant, whose column is 0. */
  clear(): void {
    this.#length = 0;
    this.put(0, 1);
  }

  put(column: number, value: number): void {
    this.#columns[this.#length] = column;
    this.#values[this.#length++] = value;
  }

  /** Returns x·weights. */
  linear(): number {
    let sum = 0;
    for (let e = 0; e < this.#length; e++)
      sum += (this.#values[e] as number) * (this.#weights[this.#columns[e] as number] as number);
    return sum;
  }

  /** Returns √(xᵀ·V·x). */
  error(): number {
    const [columns, values, covariance] = [this.#columns, this.#values, this.#covariance];
    let sum = 0;
    for (let e = 0; e < this.#length; e++) {
      const column = columns[e] as number;
      const start = (column * (column + 1)) / 2;
      const x = values[e] as number;
      // V is symmetric, so each pair of entries is added once, twice as large.
      let inner = (x * (covariance[start + column] as number)) / 2;
      for (let f = 0; f < e; f++)
        inner += (values[f] as number) * (covariance[start + (columns[f] as number)] as number);
      sum += 2 * x * inner;
    }
    return Math.sqrt(Math.max(0, sum));
  }
}
