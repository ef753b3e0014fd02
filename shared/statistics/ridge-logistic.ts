/* Kernel: the loops over rows and their entries. Indices are in range by construction. */

import type { SymmetricMatrix } from './cholesky.ts';
import { cholesky, sandwich, solveCholesky } from './cholesky.ts';

/** Rows of a design matrix with few entries each (compressed sparse rows). Row i has the entries start[i] to start[i + 1]. */
export interface SparseRows {
  /** Number of columns. */
  readonly width: number;
  readonly start: Uint32Array;
  readonly column: Uint16Array;
  readonly value: Float64Array;
}

/** A fitted logistic regression: probability = 1 / (1 + exp(−x·weights)). */
export interface LogisticFit {
  readonly weights: Float64Array;
  /** Cluster-robust covariance of the weights. */
  readonly covariance: SymmetricMatrix;
  /** Weights that were fitted without each block. */
  readonly withoutBlock: readonly Float64Array[];
}

/** Rows with their outcomes and groups, sorted by cluster. */
export interface LogisticData {
  readonly rows: SparseRows;
  /** 1 success, 0 failure. */
  readonly outcome: Uint8Array;
  /** Cluster of each row; rows of one cluster are adjacent. */
  readonly cluster: Float64Array;
  /** Block of each row, from 0. */
  readonly block: Uint8Array;
  readonly blocks: number;
  /** Ridge penalty of each column: λ in the term λ·w²/2. */
  readonly penalty: Float64Array;
}

/** Most Newton steps from weights of zero. */
const MAX_STEPS = 8;
/** A step that changes no weight by more than this is the last one. */
const CONVERGED = 1e-9;

/** Returns the sum of a row's entries times weights. */
export function linear({ start, column, value }: SparseRows, row: number, weights: Float64Array): number {
  let sum = 0;
  for (let e = start[row] as number; e < (start[row + 1] as number); e++)
    sum += (value[e] as number) * (weights[column[e] as number] as number);
  return sum;
}

/** Returns the standard error of a row's linear predictor: √(xᵀ·V·x). */
export function linearError({ start, column, value }: SparseRows, row: number, v: SymmetricMatrix): number {
  let sum = 0;
  for (let e = start[row] as number; e < (start[row + 1] as number); e++) {
    const offset = (column[e] as number) * v.order;
    const x = value[e] as number;
    // V is symmetric, so each pair of entries is added once, twice as large.
    let inner = (x * (v.values[offset + (column[e] as number)] as number)) / 2;
    for (let f = start[row] as number; f < e; f++)
      inner += (value[f] as number) * (v.values[offset + (column[f] as number)] as number);
    sum += 2 * x * inner;
  }
  return Math.sqrt(Math.max(0, sum));
}

/** Returns 1 / (1 + exp(−x)). */
export function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/**
 * Fits a ridge logistic regression by Newton's method, with a covariance that is robust against dependence within
 * clusters, and weights without each block by one Newton step from the full fit.
 *
 * Sources: Hastie, Tibshirani and Friedman, "The Elements of Statistical Learning", section 4.4.1 (Newton's method);
 * Liang and Zeger, "Longitudinal data analysis using generalized linear models", Biometrika 73, 1986 (covariance).
 * @throws RangeError when a penalty is 0 and its column is constant 0
 */
export function fitRidgeLogistic(data: LogisticData): LogisticFit {
  const weights = new Float64Array(data.rows.width);
  let parts = sumParts(data, weights);
  for (let step = 0; step < MAX_STEPS; step++) {
    if (addStep(weights, data, total(parts.hessians), total(parts.gradients)) <= CONVERGED) break;
    parts = sumParts(data, weights);
  }
  const hessian = total(parts.hessians);
  const gradient = total(parts.gradients);
  const covariance = sandwich(factorOf(data, hessian), clusterScores(data, weights));
  const withoutBlock = parts.hessians.map((part, k) => {
    const rest = weights.slice();
    const g = parts.gradients[k] as Float64Array;
    addStep(rest, data, subtract(hessian, part), subtract(gradient, g));
    return rest;
  });
  return { weights, covariance, withoutBlock };
}

/** Gradient and Hessian of the log-likelihood by block, without the penalty; the Hessian with its sign changed. */
interface Parts {
  readonly gradients: readonly Float64Array[];
  readonly hessians: readonly Float64Array[];
}

function sumParts({ rows, outcome, block, blocks }: LogisticData, weights: Float64Array): Parts {
  const { width, start, column, value } = rows;
  const gradients = Array.from({ length: blocks }, () => new Float64Array(width));
  const hessians = Array.from({ length: blocks }, () => new Float64Array(width * width));
  for (let row = 0; row < outcome.length; row++) {
    const p = logistic(linear(rows, row, weights));
    const residual = (outcome[row] as number) - p;
    const spread = p * (1 - p);
    const gradient = gradients[block[row] as number] as Float64Array;
    const hessian = hessians[block[row] as number] as Float64Array;
    const end = start[row + 1] as number;
    for (let e = start[row] as number; e < end; e++) {
      const i = column[e] as number;
      const x = value[e] as number;
      gradient[i] = (gradient[i] as number) + x * residual;
      const xs = x * spread;
      // Entries of a row ascend by column, so this fills the lower triangle.
      for (let f = start[row] as number; f <= e; f++) {
        const at = i * width + (column[f] as number);
        hessian[at] = (hessian[at] as number) + xs * (value[f] as number);
      }
    }
  }
  return { gradients, hessians };
}

/** Adds one Newton step, (H + Λ)⁻¹·(g − Λ·w), and returns its largest change of a weight. */
function addStep(
  weights: Float64Array,
  data: LogisticData,
  hessian: Float64Array,
  gradient: Float64Array,
): number {
  const slope = gradient.map((g, i) => g - (data.penalty[i] as number) * (weights[i] as number));
  const step = solveCholesky(factorOf(data, hessian), slope);
  let largest = 0;
  for (let i = 0; i < weights.length; i++) {
    weights[i] = (weights[i] as number) + (step[i] as number);
    largest = Math.max(largest, Math.abs(step[i] as number));
  }
  return largest;
}

function factorOf({ penalty, rows: { width } }: LogisticData, hessian: Float64Array): SymmetricMatrix {
  const values = hessian.slice();
  for (let i = 0; i < width; i++)
    values[i * width + i] = (values[i * width + i] as number) + (penalty[i] as number);
  return cholesky({ order: width, values });
}

/** Returns Σ g·gᵀ over clusters, where g is the sum of the gradients of a cluster's rows. */
function clusterScores({ rows, outcome, cluster }: LogisticData, weights: Float64Array): SymmetricMatrix {
  const { width, start, column, value } = rows;
  const values = new Float64Array(width * width);
  const score = new Float64Array(width);
  for (let row = 0; row < outcome.length; row++) {
    const residual = (outcome[row] as number) - logistic(linear(rows, row, weights));
    for (let e = start[row] as number; e < (start[row + 1] as number); e++) {
      const i = column[e] as number;
      score[i] = (score[i] as number) + (value[e] as number) * residual;
    }
    if (cluster[row + 1] === cluster[row]) continue;
    for (let i = 0; i < width; i++) {
      const s = score[i] as number;
      if (s === 0) continue;
      for (let j = 0; j <= i; j++)
        values[i * width + j] = (values[i * width + j] as number) + s * (score[j] as number);
    }
    score.fill(0);
  }
  return { order: width, values };
}

function total(parts: readonly Float64Array[]): Float64Array {
  const [first = new Float64Array(0), ...rest] = parts;
  const sum = first.slice();
  for (const part of rest)
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (part[i] as number);
  return sum;
}

function subtract(from: Float64Array, part: Float64Array): Float64Array {
  return from.map((value, i) => value - (part[i] as number));
}
