import type { DimensionColumn } from '../../mining/types.ts';
import type { Outcome } from '../outcome.ts';
import { pairEnd, readActed, readNumber, scopeRange, unpackPair } from '../packed-episode.ts';
import { ByteDictionary } from './byte-dictionary.ts';
import type { EpisodeColumns } from './columns.ts';
import { QUADRANT } from './columns.ts';

type Codes = Uint8Array | Uint16Array | Uint32Array;

/** A dimension while it is collected: codes in the order in which its values are first seen, 0 where it is absent. */
interface OpenColumn {
  readonly name: string;
  readonly values: string[];
  codes: Codes;
}

const FIRST_ROWS = 1024;

/**
 * Collects packed events into columns, one pass, each event decoded once. Pairs of a name and a value are few, however
 * many scopes they make: a pair becomes text when its bytes are first seen, and later costs a look at its bytes.
 */
export class ColumnCollector {
  readonly #withDxCount: boolean;
  readonly #pairs = new ByteDictionary();
  readonly #columns: OpenColumn[] = [];
  readonly #columnOf = new Map<string, number>();
  /** By pair: its column, and its code there. */
  readonly #pairColumn: number[] = [];
  readonly #pairCode: number[] = [];
  #size = 0;
  #quadrant = new Uint8Array(FIRST_ROWS);
  #dxCount = new Float64Array(0);

  /** @param options withDxCount: whether the pattern makes ladder lessons */
  constructor(options: { readonly withDxCount: boolean }) {
    this.#withDxCount = options.withDxCount;
    if (options.withDxCount) this.#dxCount = new Float64Array(FIRST_ROWS);
  }

  /** Adds an event. @returns where its scope ends in the packed bytes @throws Fault `damaged_event` */
  add(packed: Uint8Array, outcome: Outcome): number {
    const row = this.#size;
    if (row === this.#quadrant.length) this.#grow();
    const [start, end] = scopeRange(packed);
    for (let at = start; at < end; ) {
      const next = pairEnd(packed, at, end);
      const pair = this.#pairs.idOf(packed, at, next);
      if (pair === this.#pairCode.length) this.#addPair(unpackPair(packed, at, end));
      const column = this.#columns[this.#pairColumn[pair] ?? 0];
      if (column) column.codes[row] = this.#pairCode[pair] ?? 0;
      at = next;
    }
    this.#quadrant[row] = quadrantOf(readActed(packed, end), outcome);
    if (this.#withDxCount) this.#dxCount[row] = readNumber(packed, end, 'dx_count');
    this.#size++;
    return end;
  }

  /** The columns of everything added. The collector must not be used after it. */
  columns(): EpisodeColumns {
    const dimensions = this.#columns
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(column => sortCodes(column, this.#size));
    const columns = { size: this.#size, dimensions, quadrant: this.#quadrant };
    return this.#withDxCount ? { ...columns, dxCount: this.#dxCount } : columns;
  }

  #addPair([name, value]: readonly [string, string]): void {
    const index = this.#columnOf.get(name) ?? this.#columns.length;
    const column = this.#columns[index] ?? { name, values: [], codes: new Uint8Array(this.#quadrant.length) };
    this.#columns[index] = column;
    this.#columnOf.set(name, index);
    this.#pairColumn.push(index);
    this.#pairCode.push(column.values.push(value));
    if (column.values.length === 2 ** 8) column.codes = Uint16Array.from(column.codes);
    if (column.values.length === 2 ** 16) column.codes = Uint32Array.from(column.codes);
  }

  #grow(): void {
    const length = this.#quadrant.length * 2;
    this.#quadrant = growInto(this.#quadrant, new Uint8Array(length));
    for (const column of this.#columns) {
      const { codes } = column;
      if (codes instanceof Uint8Array) column.codes = growInto(codes, new Uint8Array(length));
      else if (codes instanceof Uint16Array) column.codes = growInto(codes, new Uint16Array(length));
      else column.codes = growInto(codes, new Uint32Array(length));
    }
    if (this.#withDxCount) this.#dxCount = growInto(this.#dxCount, new Float64Array(length));
  }
}

/** The first array copied to the start of the second. */
export function growInto<T extends Codes | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}

/** Values get their codes in sorted order, so that columns do not depend on the order of reading. */
function sortCodes({ name, values, codes }: OpenColumn, size: number): DimensionColumn {
  const sorted = [...values].sort();
  const rank = new Map(sorted.map((value, i) => [value, i + 1]));
  const codeOf = Uint32Array.from([0, ...values.map(value => rank.get(value) ?? 0)]);
  for (let row = 0; row < size; row++) codes[row] = codeOf[codes[row] ?? 0] ?? 0;
  return { name, values: sorted, codes: codes.subarray(0, size) };
}

function quadrantOf(acted: boolean, outcome: Outcome): number {
  if (outcome === 'success') return acted ? QUADRANT.win : QUADRANT.miss;
  if (outcome === 'failure') return acted ? QUADRANT.falsePositive : QUADRANT.dodge;
  return acted ? QUADRANT.actedNeutral : QUADRANT.skippedNeutral;
}
