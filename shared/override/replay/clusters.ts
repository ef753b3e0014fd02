import type { FactorColumns } from '../../episode/columns/columns.ts';
import { selectRows } from '../../episode/columns/select-rows.ts';
import type { ClusterRule } from './settings.ts';

/**
 * Cluster of each row: rows of one number share their fate. Blocks of time are numbered in their order, so that rows
 * that `inBlocks` has put in order come cluster by cluster.
 */
export type Clustering = Uint32Array;

const HOUR_MS = 3_600_000;
/** Clusters are numbered as they are up to here, by rank beyond. */
const MAX_DENSE = 2 ** 31;

/** One clustering per rule that says something: a rule under which every row stands alone is left out. */
export function clusterings(columns: FactorColumns, rules: readonly ClusterRule[]): Clustering[] {
  return rules.flatMap(rule => {
    const keys = clusterKeys(columns, rule);
    if (!keys) return [];
    const cluster = largest(keys) < MAX_DENSE ? Uint32Array.from(keys) : ranks(keys);
    return hasSharedCluster(cluster) ? [cluster] : [];
  });
}

/** The same rows, those of one block of hours together and in it those of one pair, if a rule tells blocks apart. */
export function sortByBlock(columns: FactorColumns, rules: readonly ClusterRule[]): FactorColumns {
  const blocks = rules.filter(rule => rule !== 'trade');
  const finest = blocks.find(rule => rule.within === 'pair') ?? blocks[0];
  const keys =
    finest && (clusterKeys(columns, finest) ?? clusterKeys(columns, { ...finest, within: 'market' }));
  if (!keys || isSorted(keys)) return columns;
  return selectRows(columns, ascending(keys));
}

/** Positions of the keys by key, those of one key in their order. */
function ascending(keys: Float64Array): Uint32Array {
  const range = largest(keys) + 1;
  if (range > 8 * keys.length + 1024)
    return Uint32Array.from(keys, (_, i) => i).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b);
  const start = new Uint32Array(range + 1);
  for (let i = 0; i < keys.length; i++) {
    const next = (keys[i] ?? 0) + 1;
    start[next] = (start[next] ?? 0) + 1;
  }
  for (let key = 0; key < range; key++) start[key + 1] = (start[key + 1] ?? 0) + (start[key] ?? 0);
  const order = new Uint32Array(keys.length);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] ?? 0;
    const at = start[key] ?? 0;
    order[at] = i;
    start[key] = at + 1;
  }
  return order;
}

/** Whole numbers, equal within a cluster. */
function clusterKeys(columns: FactorColumns, rule: ClusterRule): Float64Array | undefined {
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
  const pairs = largest(pair) + 1;
  const keys = new Float64Array(size);
  let first = Number.POSITIVE_INFINITY;
  for (let row = 0; row < size; row++) {
    const block = Math.floor((time[row] ?? 0) / (rule.hours * HOUR_MS));
    keys[row] = block;
    first = Math.min(first, block);
  }
  for (let row = 0; row < size; row++) keys[row] = ((keys[row] ?? 0) - first) * pairs + (pair[row] ?? 0);
  return keys;
}

/** Whether no number is below the one before it. */
export function isSorted(keys: Float64Array | Uint32Array): boolean {
  for (let i = 1; i < keys.length; i++) if ((keys[i] ?? 0) < (keys[i - 1] ?? 0)) return false;
  return true;
}

function hasSharedCluster(cluster: Clustering): boolean {
  const sorted = isSorted(cluster) ? cluster : cluster.slice().sort();
  for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) return true;
  return false;
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
