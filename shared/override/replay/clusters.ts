import type { ReplayColumns } from './columns.ts';
import type { ClusterRule } from './settings.ts';

/** Rows that share their fate. */
export interface Clustering {
  /** Cluster of each row. */
  readonly cluster: Uint32Array;
  /** Every row, those of one cluster together. */
  readonly order: Uint32Array;
}

const HOUR_MS = 3_600_000;
/** Clusters are found by counting up to here, by sorting beyond. */
const MAX_DENSE = 1 << 22;

/** One clustering per rule that says something: a rule under which every row stands alone is left out. */
export function clusterings(columns: ReplayColumns, rules: readonly ClusterRule[]): Clustering[] {
  return rules.flatMap(rule => {
    const keys = clusterKeys(columns, rule);
    return keys ? grouped(keys) : [];
  });
}

/** Whole numbers, equal within a cluster. */
function clusterKeys(columns: ReplayColumns, rule: ClusterRule): Float64Array | undefined {
  const { size, time } = columns;
  if (rule === 'trade') {
    const trade = columns.trade?.subarray(0, size);
    if (!trade?.some(code => code > 0)) return undefined;
    // Rows without a trade stand alone, above all codes there are.
    let alone = trade.reduce((max, code) => Math.max(max, code), 0);
    return Float64Array.from(trade, code => (code > 0 ? code : ++alone));
  }
  const pair = rule.within === 'pair' ? columns.pair?.subarray(0, size) : new Uint32Array(size);
  if (!pair || (rule.within === 'pair' && !pair.some(code => code > 0))) return undefined;
  const block = Float64Array.from({ length: size }, (_, row) =>
    Math.floor((time[row] ?? 0) / (rule.hours * HOUR_MS)),
  );
  const first = block.reduce((min, b) => Math.min(min, b), Number.POSITIVE_INFINITY);
  const last = block.reduce((max, b) => Math.max(max, b), 0);
  const span = last - first + 1;
  return block.map((b, row) => (pair[row] ?? 0) * span + b - first);
}

function grouped(keys: Float64Array): Clustering[] {
  const max = keys.reduce((m, key) => Math.max(m, key), 0);
  const dense = max < MAX_DENSE ? Uint32Array.from(keys) : ranks(keys);
  const count = dense.reduce((m, key) => Math.max(m, key), 0) + 1;
  const start = new Uint32Array(count + 1);
  for (const key of dense) start[key + 1] = (start[key + 1] ?? 0) + 1;
  if (start.every(n => n <= 1)) return [];
  for (let key = 0; key < count; key++) start[key + 1] = (start[key + 1] ?? 0) + (start[key] ?? 0);
  const order = new Uint32Array(keys.length);
  for (let row = 0; row < keys.length; row++) {
    const key = dense[row] ?? 0;
    const at = start[key] ?? 0;
    order[at] = row;
    start[key] = at + 1;
  }
  return [{ cluster: dense, order }];
}

function ranks(keys: Float64Array): Uint32Array {
  const distinct = [...new Set(keys)].sort((a, b) => a - b);
  const rankOf = new Map(distinct.map((key, i) => [key, i]));
  return Uint32Array.from(keys, key => rankOf.get(key) ?? 0);
}
