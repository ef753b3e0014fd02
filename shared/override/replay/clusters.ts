/* Kernel: rows and codes are in range by construction, so typed arrays are read without a check. */

import type { FactorColumns } from '../../episode/columns/columns.ts';
import { selectRows } from '../../episode/columns/select-rows.ts';
import { countingSort, rowNumbers } from '../../statistics/counting-sort.ts';
import { measureBlockHours } from './block-hours.ts';
import type { ClusterRule } from './settings.ts';

/**
 * Cluster of each row: rows with equal numbers may depend on each other. Blocks of time are numbered in their order, so
 * rows that `sortByBlock` has sorted are in the order of their clusters.
 */
export type Clustering = Uint32Array;

/** A rule whose blocks have a length. */
type BlockRule = 'trade' | { readonly within: 'pair' | 'market'; readonly hours: number };

/** Returns the rules with the measured length in place of `measured`. */
export function measuredRules(columns: FactorColumns, rules: readonly ClusterRule[]): BlockRule[] {
  const measures = rules.some(rule => rule !== 'trade' && rule.hours === 'measured');
  const measured = measures ? measureBlockHours(columns) : 0;
  return rules.map(rule => {
    if (rule === 'trade') return rule;
    return { within: rule.within, hours: rule.hours === 'measured' ? measured : rule.hours };
  });
}

const HOUR_MS = 3_600_000;
/** Cluster keys below this are used as they are; larger ones are replaced by their rank. */
const MAX_DENSE = 2 ** 31;

/** Returns one clustering for each rule under which at least two rows share a cluster. */
export function clusterings(columns: FactorColumns, rules: readonly ClusterRule[]): Clustering[] {
  return measuredRules(columns, rules).flatMap(rule => {
    const keys = clusterKeys(columns, rule);
    if (!keys) return [];
    const cluster = largest(keys) < MAX_DENSE ? Uint32Array.from(keys) : ranks(keys);
    return hasSharedCluster(cluster) ? [cluster] : [];
  });
}

/**
 * Returns the same rows sorted by the finest clustering that has blocks of time: by block, then by pair. Without such a
 * rule it returns the columns unchanged.
 */
export function sortByBlock(columns: FactorColumns, rules: readonly ClusterRule[]): FactorColumns {
  const blocks = measuredRules(columns, rules).filter(rule => rule !== 'trade');
  const finest = blocks.find(rule => rule.within === 'pair') ?? blocks[0];
  const keys =
    finest && (clusterKeys(columns, finest) ?? clusterKeys(columns, { ...finest, within: 'market' }));
  if (!keys || isSorted(keys)) return columns;
  return selectRows(columns, sortedRows(keys));
}

/** Returns the row numbers by key; rows of one key keep their order. */
function sortedRows(keys: Float64Array): Uint32Array {
  const range = largest(keys) + 1;
  if (range <= 8 * keys.length + 1024) return countingSort(rowNumbers(keys.length), keys, range).order;
  return rowsByKey(keys);
}

function rowsByKey(keys: Float64Array): Uint32Array {
  return rowNumbers(keys.length).sort((a, b) => (keys[a] as number) - (keys[b] as number) || a - b);
}

/**
 * Returns a whole number for each row, equal within a cluster; undefined when no event has the trade or pair of the
 * rule. The rows of one episode are in one cluster under every rule.
 */
function clusterKeys(columns: FactorColumns, rule: BlockRule): Float64Array | undefined {
  const { size } = columns;
  const episode = columns.episode?.subarray(0, size);
  if (rule === 'trade') return tradeKeys(columns.trade?.subarray(0, size), episode);
  const keys = blockKeys(columns, rule);
  return keys && episode ? firstOfEpisode(keys, episode) : keys;
}

/** Returns the block and the pair of each row as one number; undefined when the rule needs a pair and no event has one. */
function blockKeys(columns: FactorColumns, rule: Exclude<BlockRule, 'trade'>): Float64Array | undefined {
  const { size } = columns;
  const keys = blockNumbers(columns.time.subarray(0, size), rule.hours);
  if (rule.within === 'market') return keys;
  const pair = columns.pair?.subarray(0, size);
  if (!pair?.some(code => code > 0)) return undefined;
  const pairs = largest(pair) + 1;
  for (let row = 0; row < size; row++) keys[row] = (keys[row] as number) * pairs + (pair[row] as number);
  return keys;
}

/** Gives all rows of an episode the smallest of their keys, in place. Code 0 is no episode with windows. */
function firstOfEpisode(keys: Float64Array, episode: Uint32Array): Float64Array {
  const first = new Float64Array(largest(episode) + 1).fill(Number.POSITIVE_INFINITY);
  for (let row = 0; row < keys.length; row++) {
    const code = episode[row] as number;
    first[code] = Math.min(first[code] as number, keys[row] as number);
  }
  for (let row = 0; row < keys.length; row++) {
    const code = episode[row] as number;
    if (code > 0) keys[row] = first[code] as number;
  }
  return keys;
}

/**
 * Returns the trade of each row. A row with neither trade nor windows is a cluster of its own, numbered above all
 * others. An episode with rows in several trades joins these trades.
 */
function tradeKeys(
  trade: Uint32Array | undefined,
  episode: Uint32Array | undefined,
): Float64Array | undefined {
  const rows = (trade ?? episode)?.length ?? 0;
  if (!trade?.some(code => code > 0) && !episode) return undefined;
  const trades = trade ? largest(trade) : 0;
  const sets = new DisjointSets(trades + (episode ? largest(episode) : 0) + 1);
  const groups = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    const ofTrade = trade ? (trade[row] as number) : 0;
    const ofEpisode = episode ? (episode[row] as number) : 0;
    if (ofTrade > 0 && ofEpisode > 0) sets.join(ofTrade, trades + ofEpisode);
    groups[row] = ofTrade > 0 ? ofTrade : ofEpisode > 0 ? trades + ofEpisode : 0;
  }
  let alone = sets.size;
  return Float64Array.from(groups, group => (group > 0 ? sets.root(group) : alone++));
}

/** Disjoint sets (union-find) of the numbers below `size`. The root of a set is its smallest number. */
class DisjointSets {
  readonly size: number;
  readonly #parent: Uint32Array;

  constructor(size: number) {
    this.size = size;
    this.#parent = Uint32Array.from({ length: size }, (_, i) => i);
  }

  root(member: number): number {
    let at = member;
    while (this.#parent[at] !== at) {
      this.#parent[at] = this.#parent[this.#parent[at] as number] as number;
      at = this.#parent[at] as number;
    }
    return at;
  }

  join(a: number, b: number): void {
    const [first, second] = [this.root(a), this.root(b)];
    this.#parent[Math.max(first, second)] = Math.min(first, second);
  }
}

/** Returns the block of hours of each time, counted from the earliest one. */
function blockNumbers(time: Float64Array, hours: number): Float64Array {
  const blocks = new Float64Array(time.length);
  let first = Number.POSITIVE_INFINITY;
  for (let row = 0; row < time.length; row++) {
    const block = Math.floor((time[row] as number) / (hours * HOUR_MS));
    blocks[row] = block;
    first = Math.min(first, block);
  }
  for (let row = 0; row < blocks.length; row++) blocks[row] = (blocks[row] as number) - first;
  return blocks;
}

/** Returns true when no number is below the one before it. */
export function isSorted(keys: Float64Array | Uint32Array): boolean {
  for (let i = 1; i < keys.length; i++) if ((keys[i] as number) < (keys[i - 1] as number)) return false;
  return true;
}

function hasSharedCluster(cluster: Clustering): boolean {
  const sorted = isSorted(cluster) ? cluster : cluster.slice().sort();
  for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) return true;
  return false;
}

function largest(keys: Float64Array | Uint32Array): number {
  let maximum = 0;
  for (let i = 0; i < keys.length; i++) maximum = Math.max(maximum, keys[i] as number);
  return maximum;
}

/** Returns the rank of each key among the distinct keys, from 0. */
function ranks(keys: Float64Array): Uint32Array {
  const ranked = new Uint32Array(keys.length);
  let rank = -1;
  let before: number | undefined;
  for (const row of rowsByKey(keys)) {
    if (keys[row] !== before) rank++;
    before = keys[row];
    ranked[row] = rank;
  }
  return ranked;
}
