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
  const keys = new Float64Array(size);
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (let row = 0; row < size; row++) {
    const block = Math.floor((time[row] ?? 0) / (rule.hours * HOUR_MS));
    keys[row] = block;
    first = Math.min(first, block);
    last = Math.max(last, block);
  }
  const span = last - first + 1;
  for (let row = 0; row < size; row++) keys[row] = (pair[row] ?? 0) * span + (keys[row] ?? 0) - first;
  return keys;
}

function grouped(keys: Float64Array): Clustering[] {
  const dense = largest(keys) < MAX_DENSE ? new Uint32Array(keys) : ranks(keys);
  const count = largest(dense) + 1;
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

function largest(keys: Float64Array | Uint32Array): number {
  let most = 0;
  for (let i = 0; i < keys.length; i++) most = Math.max(most, keys[i] ?? 0);
  return most;
}

function ranks(keys: Float64Array): Uint32Array {
  const distinct = [...new Set(keys)].sort((a, b) => a - b);
  const rankOf = new Map(distinct.map((key, i) => [key, i]));
  return Uint32Array.from(keys, key => rankOf.get(key) ?? 0);
}
