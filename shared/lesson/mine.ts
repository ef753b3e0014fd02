import type { DimensionColumn } from './columns.ts';

/** What the miner reads: the dimension columns and one class per row. */
export interface MineInput {
  readonly size: number;
  readonly dimensions: readonly DimensionColumn[];
  /** Class of each row, below `classCount`; the array may be longer than `size`. */
  readonly classes: Uint8Array;
  /** At most 8. */
  readonly classCount: number;
  /** Which classes count towards `nMin`. */
  readonly supporting: readonly boolean[];
  /** A number per row whose sum each slice reports (rows that do not support are ignored); whole numbers, so that sums are exact. */
  readonly measure?: Float64Array;
}

export interface MineOptions {
  /** Least number of supporting rows of a slice. */
  readonly nMin: number;
  /** Slices below `nMin` with at least this many supporting rows are listed as near; `nMin` lists none. */
  readonly nearMin: number;
  /** Most slices to emit; what lies beyond is cut, most specific levels first. */
  readonly maxSlices: number;
}

/** Slices as columns: the pairs of slice i are `dimension[k]`=`code[k]` for k from `offset[i]` to `offset[i + 1]`. */
export interface SliceTable {
  readonly count: number;
  readonly offset: Uint32Array;
  /** Index into `dimensions`. */
  readonly dimension: Uint16Array;
  readonly code: Uint32Array;
  /** `classCount` counts per slice. */
  readonly counts: Uint32Array;
  /** Sum of `measure` per slice; empty without a measure. */
  readonly sum: Float64Array;
  /** The slice that stands for all slices with exactly the same rows; itself if it is the one. */
  readonly representative: Uint32Array;
}

/** What was left out for the budget: every slice deeper than `depth` dimensions. */
export interface Cut {
  readonly depth: number;
  readonly reason: string;
}

export interface Mined {
  readonly slices: SliceTable;
  /** Slices just below `nMin` all of whose generalisations reach it, most rows first; at most 100. */
  readonly near: SliceTable;
  readonly cut?: Cut;
}

const NEAR_LIMIT = 100;

interface Slice {
  readonly pairs: readonly (readonly [number, number])[];
  readonly counts: number[];
  readonly sum: number;
  readonly support: number;
  readonly rows: Uint32Array;
}

/**
 * Every slice (set of dimension=value pairs) with at least `nMin` supporting rows, with its counts per class.
 */
export function mineSlices(input: MineInput, options: MineOptions): Mined {
  const all = Uint32Array.from({ length: input.size }, (_, row) => row);
  const root = slice(input, [], all);
  const frequent: Slice[] = [];
  const near: Slice[] = [];
  let level = root.support >= options.nMin ? [root] : [];
  let cut: Cut | undefined;
  if (level.length === 0 && root.support >= options.nearMin) near.push(root);
  for (let depth = 0; level.length > 0; depth++) {
    if (frequent.length + level.length > options.maxSlices) {
      cut = { depth: depth - 1, reason: `more than ${options.maxSlices} slices` };
      break;
    }
    frequent.push(...level);
    const next: Slice[] = [];
    for (const parent of level) {
      for (const child of children(input, parent)) {
        if (child.support >= options.nMin) next.push(child);
        else if (child.support >= options.nearMin) near.push(child);
      }
    }
    level = next;
  }
  const minimal = near
    .filter(candidate => !near.some(other => other !== candidate && isGeneralisation(other, candidate)))
    .sort((a, b) => b.support - a.support || a.pairs.length - b.pairs.length)
    .slice(0, NEAR_LIMIT);
  const mined = { slices: toTable(input, frequent), near: toTable(input, minimal) };
  return cut ? { ...mined, cut } : mined;
}

function children(input: MineInput, parent: Slice): Slice[] {
  const last = parent.pairs.at(-1)?.[0] ?? -1;
  const found: Slice[] = [];
  for (let d = last + 1; d < input.dimensions.length; d++) {
    const codes = input.dimensions[d]?.codes ?? [];
    const rowsByCode = new Map<number, number[]>();
    for (const row of parent.rows) {
      const code = codes[row] ?? 0;
      if (code === 0) continue;
      const rows = rowsByCode.get(code);
      if (rows) rows.push(row);
      else rowsByCode.set(code, [row]);
    }
    for (const [code, rows] of rowsByCode)
      found.push(slice(input, [...parent.pairs, [d, code]], Uint32Array.from(rows)));
  }
  return found;
}

function slice(input: MineInput, pairs: Slice['pairs'], rows: Uint32Array): Slice {
  const counts = new Array<number>(input.classCount).fill(0);
  let support = 0;
  let sum = 0;
  for (const row of rows) {
    const klass = input.classes[row] ?? 0;
    counts[klass] = (counts[klass] ?? 0) + 1;
    if (!input.supporting[klass]) continue;
    support++;
    sum += input.measure?.[row] ?? 0;
  }
  return { pairs, counts, sum, support, rows };
}

function isGeneralisation(general: Slice, specific: Slice): boolean {
  return (
    general.pairs.length < specific.pairs.length &&
    general.pairs.every(([d, c]) => specific.pairs.some(([e, k]) => d === e && c === k))
  );
}

function toTable(input: MineInput, slices: readonly Slice[]): SliceTable {
  const pairs = slices.flatMap(s => s.pairs);
  const offset = new Uint32Array(slices.length + 1);
  const firstOf = new Map<string, number>();
  const representative = new Uint32Array(slices.length);
  slices.forEach((s, i) => {
    offset[i + 1] = (offset[i] ?? 0) + s.pairs.length;
    const rows = s.rows.join();
    const first = firstOf.get(rows) ?? i;
    firstOf.set(rows, first);
    representative[i] = first;
  });
  return {
    count: slices.length,
    offset,
    dimension: Uint16Array.from(pairs, pair => pair[0]),
    code: Uint32Array.from(pairs, pair => pair[1]),
    counts: Uint32Array.from(slices.flatMap(s => s.counts)),
    sum: input.measure ? Float64Array.from(slices, s => s.sum) : new Float64Array(0),
    representative,
  };
}
