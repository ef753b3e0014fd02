import type { Items } from './items.ts';
import { countMarkedRows } from './kernels.ts';
import { Cells, type Lanes, type Records } from './records.ts';
import { hasSlice, markRepresentatives, type Pair } from './slice-table.ts';
import type { MineInput, SliceTable } from './types.ts';

const NEAR_LIMIT = 100;
/** Number of candidates to keep while mining; at most `NEAR_LIMIT` of them are listed. */
const NEAR_CANDIDATES = 4096;

/** A slice below `nMin` that may be listed. */
interface NearSlice {
  readonly support: number;
  /** Ascending by dimension. */
  readonly pairs: readonly Pair[];
  readonly counts: Int32Array;
  readonly sum: number;
  readonly fingerprint: Int32Array;
}

/** Reads a near slice from the counters of a code. */
export function nearSlice(pairs: readonly Pair[], lanes: Lanes, cells: Cells, code: number): NearSlice {
  const counts = new Int32Array(lanes.classCount);
  const fingerprint = new Int32Array(2);
  lanes.copy(cells, code, counts, fingerprint, 0);
  return { support: lanes.support(cells, code), pairs, counts, sum: cells.sum(code), fingerprint };
}

/** Ranks near slices: most rows first, then fewest dimensions, then by dimension and code. */
function byNearness(x: NearSlice, y: NearSlice): number {
  if (x.support !== y.support) return y.support - x.support;
  if (x.pairs.length !== y.pairs.length) return x.pairs.length - y.pairs.length;
  for (const [i, [dimension, code]] of x.pairs.entries()) {
    const other = y.pairs[i];
    if (!other) break;
    if (dimension !== other[0]) return dimension - other[0];
    if (code !== other[1]) return code - other[1];
  }
  return 0;
}

/** The candidates of highest rank. The result does not depend on the order in which they are added. */
export class NearPool {
  private candidates: NearSlice[] = [];
  private worst: NearSlice | undefined;

  /**
   * Returns whether a candidate of this rank could be kept. The check is cheap, because every slice below `nMin` needs
   * it.
   */
  couldRank(support: number, depth: number): boolean {
    const { worst } = this;
    if (!worst) return true;
    return support > worst.support || (support === worst.support && depth <= worst.pairs.length);
  }

  add(candidate: NearSlice): void {
    this.candidates.push(candidate);
    if (this.candidates.length === 2 * NEAR_CANDIDATES) this.trim();
  }

  copy(): NearPool {
    const copy = new NearPool();
    copy.candidates = [...this.candidates];
    copy.worst = this.worst;
    return copy;
  }

  /** Returns the candidates by rank, the best first. */
  best(): readonly NearSlice[] {
    this.candidates.sort(byNearness);
    return this.candidates;
  }

  private trim(): void {
    this.candidates = this.candidates.sort(byNearness).slice(0, NEAR_CANDIDATES);
    this.worst = this.candidates.at(-1);
  }
}

/**
 * Adds the single values below `nMin` to the pool. They have no item and no key bits in the records, so they are
 * counted from the columns.
 * @param rows unfolded records, one per row
 */
export function addNearValues(
  pool: NearPool,
  { dimensions, size }: MineInput,
  { nearValues, stride }: Items,
  lanes: Lanes,
  rows: Records,
): void {
  const best = nearValues.toSorted((a, b) => b.support - a.support).slice(0, NEAR_LIMIT);
  for (const [dimension, { codes, values }] of dimensions.entries()) {
    const wanted = best.filter(value => value.dimension === dimension);
    if (wanted.length === 0) continue;
    const mark = new Uint8Array(values.length + 1);
    for (const [i, value] of wanted.entries()) mark[value.code] = i + 1;
    const totals = new Cells(wanted.length + 1, rows.measures.length > 0);
    countMarkedRows(rows, { first: 0, count: size, stride }, codes, mark, totals.wide, totals.sums);
    for (const [i, { code }] of wanted.entries())
      pool.add(nearSlice([[dimension, code]], lanes, totals, i + 1));
  }
}

/** Lists the best candidates all of whose generalisations are frequent slices. Candidates come in order of rank. */
export function nearTable(
  input: MineInput,
  slices: SliceTable,
  candidates: readonly NearSlice[],
): SliceTable {
  const { classCount } = input;
  const chosen: NearSlice[] = [];
  for (const candidate of candidates) {
    if (chosen.length === NEAR_LIMIT) break;
    if (generalisationsReach(slices, candidate.pairs)) chosen.push(candidate);
  }
  const offset = new Uint32Array(chosen.length + 1);
  let end = 0;
  for (const [i, { pairs }] of chosen.entries()) {
    end += pairs.length;
    offset[i + 1] = end;
  }
  const pairs = chosen.flatMap(slice => slice.pairs);
  const table = {
    count: chosen.length,
    offset,
    dimension: Uint16Array.from(pairs, ([dimension]) => dimension),
    code: Uint32Array.from(pairs, ([, code]) => code),
    counts: Uint32Array.from(chosen.flatMap(slice => [...slice.counts])),
    sum: Float64Array.from(input.measure ? chosen.map(slice => slice.sum) : []),
    representative: new Uint32Array(chosen.length),
  };
  markRepresentatives(table, Int32Array.from(chosen.flatMap(slice => [...slice.fingerprint])), classCount);
  return table;
}

/**
 * Returns whether every slice with one pair less is frequent. For a single value that is the global slice, which the
 * search has found frequent.
 */
function generalisationsReach(slices: SliceTable, pairs: readonly Pair[]): boolean {
  if (pairs.length < 2) return true;
  return pairs.every((_, omitted) =>
    hasSlice(
      slices,
      pairs.filter((_pair, i) => i !== omitted),
    ),
  );
}
