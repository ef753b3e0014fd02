/* Kernel: the loops over rows. Rows and codes are in range by construction. */

import type { DimensionColumn } from '../../mining/types.ts';
import type { SparseRows } from '../../statistics/ridge-logistic.ts';
import type { Gate, Gates } from '../replay/gates.ts';
import type { ReplaySettings } from '../replay/settings.ts';

/** Ridge penalties by kind of column (λ in λ·w²/2). */
const PENALTY = { constant: 1e-6, column: 30, product: 100 } as const;
/** Standardised numbers are clipped at this many standard deviations. */
export const CLIP = 3;
/** A miss is near within this opening: natural logarithm of a threshold or of the halo, or standard deviations. */
const NEAR = { threshold: 0.36, halo: 0.5, deviations: 1 } as const;
/** Maximum number of scope dimensions and of values of one dimension that have columns. */
const MAX_DIMENSIONS = 6;
const MAX_VALUES = 24;

/** A margin with its mean and standard deviation over the rows of the fit. */
interface Scaled {
  readonly gate: number;
  readonly mean: number;
  readonly deviation: number;
}

/** The columns of one scope dimension. */
interface Categorical {
  readonly name: string;
  /** Column by value; a value without a column counts as unknown. */
  readonly columns: ReadonlyMap<string, number>;
  /** Columns of the products with a near miss, and with the base decision; the first value has them too. */
  readonly near: ReadonlyMap<string, number>;
  readonly base: ReadonlyMap<string, number>;
}

/** The plan by which an event becomes a row of the regression. */
export interface Design {
  readonly width: number;
  readonly penalty: Float64Array;
  readonly scaled: readonly Scaled[];
  readonly categorical: readonly Categorical[];
  /** First column of: the numbers, the near misses; and the base flag. */
  readonly numbers: number;
  readonly base: number;
  readonly near: number;
}

/** Plans the columns from the rows of a fit. @param nMin least number of rows with a value that gets a column */
export function planDesign(gates: Gates, rows: Uint32Array, nMin: number): Design {
  const penalty: number[] = [PENALTY.constant];
  const add = (count: number, λ: number): number => penalty.push(...new Array<number>(count).fill(λ)) - count;
  const scaled = gates.gates.flatMap((gate, g) => scaleOf(gate, g, rows) ?? []);
  const numbers = add(2 * scaled.length, PENALTY.column);
  const base = add(1, PENALTY.column);
  const near = add(gates.gates.length, PENALTY.column);
  const categorical = mostUsed(gates.columns.dimensions, rows, nMin).map(({ name, values }): Categorical => {
    const columnsFor = (chosen: readonly string[], λ: number): Map<string, number> => {
      const first = add(chosen.length, λ);
      return new Map(chosen.map((value, i) => [value, first + i]));
    };
    return {
      name,
      columns: columnsFor(values.slice(1), PENALTY.column),
      near: columnsFor(values, PENALTY.product),
      base: columnsFor(values, PENALTY.product),
    };
  });
  return {
    width: penalty.length,
    penalty: Float64Array.from(penalty),
    scaled,
    categorical,
    numbers,
    base,
    near,
  };
}

/** Returns undefined for a margin that does not vary. */
function scaleOf({ margin }: Gate, gate: number, rows: Uint32Array): Scaled | undefined {
  let n = 0;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < rows.length; i++) {
    const value = margin[rows[i] as number] as number;
    if (!Number.isFinite(value)) continue;
    n++;
    sum += value;
    squares += value * value;
  }
  const mean = n === 0 ? 0 : sum / n;
  const deviation = n < 2 ? 0 : Math.sqrt(Math.max(0, squares / n - mean * mean));
  return deviation > 1e-9 * Math.abs(mean) && deviation > 0 ? { gate, mean, deviation } : undefined;
}

/** Returns the dimensions that most rows carry with at least two frequent values, and these values, sorted. */
function mostUsed(dimensions: readonly DimensionColumn[], rows: Uint32Array, nMin: number) {
  const used = dimensions.map(({ name, values, codes }) => {
    const counts = new Uint32Array(values.length + 1);
    for (let i = 0; i < rows.length; i++) {
      const code = codes[rows[i] as number] as number;
      counts[code] = (counts[code] as number) + 1;
    }
    const frequent = values
      .map((value, v) => ({ value, n: counts[v + 1] as number }))
      .filter(({ n }) => n >= nMin)
      .sort((a, b) => b.n - a.n || (a.value < b.value ? -1 : 1))
      .slice(0, MAX_VALUES);
    return {
      name,
      carried: frequent.reduce((sum, { n }) => sum + n, 0),
      values: frequent.map(({ value }) => value).sort(),
    };
  });
  return used
    .filter(({ values }) => values.length > 1)
    .sort((a, b) => b.carried - a.carried || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_DIMENSIONS);
}

/** Encodes events as rows of the regression. @param baseActs decisions of the base gates, by row of the columns */
export function designRows(
  design: Design,
  gates: Gates,
  baseActs: Uint8Array,
  rows: Uint32Array,
  settings: Pick<ReplaySettings, 'maxShift'>,
): SparseRows {
  const most = 2 + 2 * design.scaled.length + 3 * design.categorical.length;
  const start = new Uint32Array(rows.length + 1);
  const column = new Uint16Array(rows.length * most);
  const value = new Float64Array(rows.length * most);
  const codeColumns = design.categorical.map(c => byCode(c, gates.columns.dimensions));
  const reach = gates.gates.map(gate => nearOpening(gate, settings));
  const margins = design.scaled.map(({ gate }) => (gates.gates[gate] as Gate).margin);
  let n = 0;
  const put = (at: number, x: number): void => {
    column[n] = at;
    value[n++] = x;
  };
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    put(0, 1);
    design.scaled.forEach(({ mean, deviation }, s) => {
      const margin = (margins[s] as Float64Array)[row] as number;
      if (!Number.isFinite(margin)) return;
      const z = Math.max(-CLIP, Math.min(CLIP, (margin - mean) / deviation));
      put(design.numbers + 2 * s, z);
      put(design.numbers + 2 * s + 1, z * z - 1);
    });
    const acts = baseActs[row] === 1;
    const missed = acts ? -1 : nearMiss(gates, row, reach);
    if (acts) put(design.base, 1);
    if (missed >= 0) put(design.near + missed, 1);
    for (const { codes, columns, near, base } of codeColumns) {
      const code = codes?.[row] ?? 0;
      if ((columns[code] ?? 0) > 0) put(columns[code] as number, 1);
      if (missed === 0 && (near[code] ?? 0) > 0) put(near[code] as number, 1);
      if (acts && (base[code] ?? 0) > 0) put(base[code] as number, 1);
    }
    start[i + 1] = n;
  }
  return { width: design.width, start, column: column.subarray(0, n), value: value.subarray(0, n) };
}

/** Returns the columns of a dimension by its codes; 0: none. */
function byCode({ name, columns, near, base }: Categorical, dimensions: readonly DimensionColumn[]) {
  const dimension = dimensions.find(d => d.name === name);
  const of = (map: ReadonlyMap<string, number>): number[] => [
    0,
    ...(dimension?.values ?? []).map(value => map.get(value) ?? 0),
  ];
  return { codes: dimension?.codes, columns: of(columns), near: of(near), base: of(base) };
}

/** Returns the opening at which a miss of a gate still counts as near, in the unit of its margin. */
export function nearOpening({ lever, limit }: Gate, { maxShift }: Pick<ReplaySettings, 'maxShift'>): number {
  if (lever.scale === 'additive') return (NEAR.deviations * limit) / maxShift;
  return lever.gate === 'halo' ? NEAR.halo : NEAR.threshold;
}

/** Returns the one gate that an event misses narrowly while all others pass; −1 for none. */
function nearMiss({ gates, replayable }: Gates, row: number, reach: readonly number[]): number {
  if (replayable[row] !== 1) return -1;
  let missed = -1;
  for (let g = 0; g < gates.length; g++) {
    const margin = (gates[g] as Gate).margin[row] as number;
    if (margin >= 0) continue;
    if (missed >= 0 || margin + (reach[g] as number) < 0) return -1;
    missed = g;
  }
  return missed;
}
