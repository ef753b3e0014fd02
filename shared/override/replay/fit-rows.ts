/* Kernel: rows and codes are in range by construction, so typed arrays are read without a check. */

import type { GroupedRows } from '../../statistics/counting-sort.ts';
import { countingSort } from '../../statistics/counting-sort.ts';
import type { Clustering } from './clusters.ts';
import { isSorted } from './clusters.ts';
import type { Gates } from './gates.ts';
import { RESULT } from './gates.ts';
import type { Slice } from './slices.ts';

type Codes = Uint16Array | Uint32Array;

/** One clustering of the rows of a fit. */
export interface FitClusters {
  /** Cluster of each row, by position. */
  readonly cluster: Uint32Array;
  /** True when the rows of each cluster are adjacent. */
  readonly adjacent: boolean;
}

/**
 * The rows that one fit reads, copied from the columns so that they lie close together in memory. A position in these
 * copies is an index into the row numbers that the fit was given.
 */
export class FitRows {
  readonly size: number;
  /** Codes of each dimension. */
  readonly codes: readonly Codes[];
  /** Number of codes of each dimension: one for each value, and code 0 for rows that lack the dimension. */
  readonly widths: readonly number[];
  /** `RESULT` of each row. */
  readonly result: Uint8Array;
  /** Positions of the rows whose gates can all be replayed and whose outcome is not neutral, ascending. */
  readonly active: Uint32Array;
  readonly #gates: Gates;
  readonly #rows: Uint32Array;
  /** Active rows of each dimension by code; built on first use. */
  readonly #byCode: (GroupedRows | undefined)[];
  #clusters: readonly FitClusters[] | undefined;

  constructor(gates: Gates, rows: Uint32Array) {
    const { dimensions } = gates.columns;
    this.#gates = gates;
    this.#rows = rows;
    this.size = rows.length;
    this.widths = dimensions.map(d => d.values.length + 1);
    this.codes = dimensions.map(({ codes, values }) =>
      gather(
        codes,
        rows,
        values.length < 1 << 16 ? new Uint16Array(rows.length) : new Uint32Array(rows.length),
      ),
    );
    this.result = gather(gates.result, rows, new Uint8Array(rows.length));
    const active = new Uint32Array(rows.length);
    let n = 0;
    for (let i = 0; i < rows.length; i++)
      if (gates.replayable[rows[i] as number] === 1 && this.result[i] !== RESULT.neutral) active[n++] = i;
    this.active = active.subarray(0, n);
    this.#byCode = dimensions.map(() => undefined);
  }

  /** Returns a copy of the base margins of each gate, for the caller to change. */
  margins(): Float64Array[] {
    return this.#gates.gates.map(gate => gather(gate.margin, this.#rows, new Float64Array(this.size)));
  }

  get clusters(): readonly FitClusters[] {
    this.#clusters ??= this.#gates.clusterings.map(clustering => this.#clustersOf(clustering));
    return this.#clusters;
  }

  #clustersOf(clustering: Clustering): FitClusters {
    const cluster = gather(clustering, this.#rows, new Uint32Array(this.size));
    return { cluster, adjacent: isSorted(cluster) };
  }

  /** Returns the positions of the active rows of a slice, ascending. */
  rowsOf({ first, firstCode, second, secondCode }: Slice): Uint32Array {
    const a = this.#rowsOfCode(first, firstCode);
    if (!a) return this.active;
    const b = this.#rowsOfCode(second, secondCode);
    if (!b) return a;
    const [rows, codes, code] =
      a.length <= b.length ? [a, this.codes[second], secondCode] : [b, this.codes[first], firstCode];
    const found = new Uint32Array(rows.length);
    let n = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      if (codes?.[row] === code) found[n++] = row;
    }
    return found.subarray(0, n);
  }

  #rowsOfCode(dimension: number, code: number): Uint32Array | undefined {
    const codes = this.codes[dimension];
    if (!codes) return undefined;
    const groups =
      this.#byCode[dimension] ?? countingSort(this.active, codes, this.widths[dimension] as number);
    this.#byCode[dimension] = groups;
    return groups.order.subarray(groups.start[code], groups.start[code + 1]);
  }
}

/** Copies the values of some rows. @returns `into` */
function gather<T extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(
  from: ArrayLike<number>,
  rows: Uint32Array,
  into: T,
): T {
  for (let i = 0; i < rows.length; i++) into[i] = from[rows[i] as number] as number;
  return into;
}
