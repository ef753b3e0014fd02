import type { Clustering } from './clusters.ts';
import { isSorted } from './clusters.ts';
import type { Gates } from './gates.ts';
import { RESULT } from './gates.ts';
import type { Slice } from './slices.ts';

type Codes = Uint16Array | Uint32Array;

/** Which rows share their fate, by position in the frame. */
export interface FrameClusters {
  readonly cluster: Uint32Array;
  /** Rows of one cluster come one after the other. */
  readonly adjacent: boolean;
}

/**
 * What one fit reads of its rows, copied so that it lies close together. Positions in the frame are the indexes into
 * the rows it was made of.
 */
export class FitRows {
  readonly size: number;
  readonly codes: readonly Codes[];
  readonly widths: readonly number[];
  /** `RESULT` of each row. */
  readonly result: Uint8Array;
  /** Positions of rows whose gates can all be replayed and whose outcome is not neutral, ascending. */
  readonly active: Uint32Array;
  readonly #gates: Gates;
  readonly #rows: Uint32Array;
  readonly #byCode: (readonly [start: Uint32Array, order: Uint32Array] | undefined)[];
  #clusters: readonly FrameClusters[] | undefined;

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
      if (gates.usable[rows[i] ?? 0] === 1 && this.result[i] !== RESULT.neutral) active[n++] = i;
    this.active = active.subarray(0, n);
    this.#byCode = dimensions.map(() => undefined);
  }

  /** The margins of a gate; the caller's own copy. */
  margins(gate: number): Float64Array {
    const margin = this.#gates.gates[gate]?.margin ?? new Float64Array(0);
    return gather(margin, this.#rows, new Float64Array(this.size));
  }

  get clusters(): readonly FrameClusters[] {
    this.#clusters ??= this.#gates.clusterings.map(clustering => this.#clustersOf(clustering));
    return this.#clusters;
  }

  #clustersOf(clustering: Clustering): FrameClusters {
    const cluster = gather(clustering, this.#rows, new Uint32Array(this.size));
    return { cluster, adjacent: isSorted(cluster) };
  }

  /** The active rows of a slice, ascending. */
  rowsOf({ first, firstCode, second, secondCode }: Slice): Uint32Array {
    const a = this.#rowsOfCode(first, firstCode);
    if (!a) return this.active;
    const b = this.#rowsOfCode(second, secondCode);
    if (!b) return a;
    const [rows, codes, code] =
      a.length <= b.length ? [a, this.codes[second], secondCode] : [b, this.codes[first], firstCode];
    const found = new Uint32Array(rows.length);
    let n = 0;
    for (let i = 0; i < rows.length; i++) if (codes?.[rows[i] ?? 0] === code) found[n++] = rows[i] ?? 0;
    return found.subarray(0, n);
  }

  #rowsOfCode(dimension: number, code: number): Uint32Array | undefined {
    const codes = this.codes[dimension];
    if (!codes) return undefined;
    const known = this.#byCode[dimension] ?? sortedByCode(codes, this.widths[dimension] ?? 1, this.active);
    this.#byCode[dimension] = known;
    const [start, order] = known;
    return order.subarray(start[code] ?? 0, start[code + 1] ?? 0);
  }
}

function gather<T extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(
  from: ArrayLike<number>,
  rows: Uint32Array,
  into: T,
): T {
  for (let i = 0; i < rows.length; i++) into[i] = from[rows[i] ?? 0] ?? 0;
  return into;
}

/** Rows by code, in each code in their order; those of code `k` from `start[k]` on. */
function sortedByCode(codes: Codes, width: number, rows: Uint32Array): [Uint32Array, Uint32Array] {
  const start = new Uint32Array(width + 1);
  for (let i = 0; i < rows.length; i++) {
    const next = (codes[rows[i] ?? 0] ?? 0) + 1;
    start[next] = (start[next] ?? 0) + 1;
  }
  for (let code = 0; code < width; code++) start[code + 1] = (start[code + 1] ?? 0) + (start[code] ?? 0);
  const order = new Uint32Array(rows.length);
  const at = start.slice();
  for (let i = 0; i < rows.length; i++) {
    const code = codes[rows[i] ?? 0] ?? 0;
    order[at[code] ?? 0] = rows[i] ?? 0;
    at[code] = (at[code] ?? 0) + 1;
  }
  return [start, order];
}
