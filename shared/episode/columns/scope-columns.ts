import type { DimensionColumn } from '../../mining/types.ts';
import type { Outcome } from '../outcome.ts';
import { pairEnd, readActed, readNumber, scopeRange, unpackPair } from '../read-packed-episode.ts';
import { ByteDictionary } from './byte-dictionary.ts';
import type { EpisodeColumns } from './columns.ts';
import { QUADRANT } from './columns.ts';

type Codes = Uint8Array | Uint16Array | Uint32Array;

/** A dimension that is being filled. A code is the rank of a value's first occurrence, from 1; 0: absent. */
interface OpenColumn {
  readonly name: string;
  readonly values: string[];
  codes: Codes;
}

/** The column and the code that a pair of a scope stands for. */
interface CodedPair {
  readonly column: OpenColumn;
  readonly code: number;
}

/** Initial capacity of columns in rows; it doubles when they are full. */
export const INITIAL_ROWS = 1024;

/**
 * Collects packed events into columns, in one pass. Few different pairs of name and value make up all scopes. So a pair
 * is decoded only when its bytes are first seen, and found by its bytes later.
 */
export class ColumnCollector {
  readonly #withDxCount: boolean;
  readonly #pairs = new ByteDictionary();
  /** By the pair's id in the dictionary. */
  readonly #codedPairs: CodedPair[] = [];
  readonly #columns = new Map<string, OpenColumn>();
  #size = 0;
  #quadrant = new Uint8Array(INITIAL_ROWS);
  #dxCount = new Float64Array(0);

  /** @param options withDxCount: whether the pattern makes ladder lessons */
  constructor(options: { readonly withDxCount: boolean }) {
    this.#withDxCount = options.withDxCount;
    if (options.withDxCount) this.#dxCount = new Float64Array(INITIAL_ROWS);
  }

  /** Adds an event. @returns where its scope ends in the packed bytes @throws Fault `damaged_event` */
  add(packed: Uint8Array, outcome: Outcome): number {
    const row = this.#size;
    if (row === this.#quadrant.length) this.#grow();
    const [start, end] = scopeRange(packed);
    for (let at = start; at < end; ) {
      const next = pairEnd(packed, at, end);
      const id = this.#pairs.idOf(packed, at, next);
      const { column, code } = this.#codedPairs[id] ?? this.#addPair(id, unpackPair(packed, at, end));
      column.codes[row] = code;
      at = next;
    }
    this.#quadrant[row] = quadrantOf(readActed(packed, end), outcome);
    if (this.#withDxCount) this.#dxCount[row] = readNumber(packed, end, 'dx_count');
    this.#size++;
    return end;
  }

  /** Returns the columns of all added events. The collector must not be used afterwards. */
  columns(): EpisodeColumns {
    const dimensions = [...this.#columns.values()]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(column => sortCodes(column, this.#size));
    const columns = { size: this.#size, dimensions, quadrant: this.#quadrant };
    return this.#withDxCount ? { ...columns, dxCount: this.#dxCount } : columns;
  }

  #addPair(id: number, [name, value]: readonly [string, string]): CodedPair {
    const column = this.#columns.get(name) ?? {
      name,
      values: [],
      codes: new Uint8Array(this.#quadrant.length),
    };
    this.#columns.set(name, column);
    const pair = { column, code: column.values.push(value) };
    this.#codedPairs[id] = pair;
    if (column.values.length === 2 ** 8) column.codes = Uint16Array.from(column.codes);
    if (column.values.length === 2 ** 16) column.codes = Uint32Array.from(column.codes);
    return pair;
  }

  #grow(): void {
    const length = this.#quadrant.length * 2;
    this.#quadrant = growInto(this.#quadrant, new Uint8Array(length));
    for (const column of this.#columns.values()) {
      const { codes } = column;
      if (codes instanceof Uint8Array) column.codes = growInto(codes, new Uint8Array(length));
      else if (codes instanceof Uint16Array) column.codes = growInto(codes, new Uint16Array(length));
      else column.codes = growInto(codes, new Uint32Array(length));
    }
    if (this.#withDxCount) this.#dxCount = growInto(this.#dxCount, new Float64Array(length));
  }
}

/** Copies the first array to the start of the second. @returns the second */
export function growInto<T extends Codes | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}

/** Recodes a column so that codes follow the sorted values: columns do not depend on the order of reading. */
function sortCodes({ name, values, codes }: OpenColumn, size: number): DimensionColumn {
  const sorted = [...values].sort();
  const rank = new Map(sorted.map((value, i) => [value, i + 1]));
  const newCodes = Uint32Array.from([0, ...values.map(value => rank.get(value) ?? 0)]);
  for (let row = 0; row < size; row++) {
    const code = codes[row];
    const newCode = code === undefined ? undefined : newCodes[code];
    if (newCode === undefined) throw new RangeError(`code ${code} of ${name} stands for no value`);
    codes[row] = newCode;
  }
  return { name, values: sorted, codes: codes.subarray(0, size) };
}

function quadrantOf(acted: boolean, outcome: Outcome): number {
  if (outcome === 'success') return acted ? QUADRANT.win : QUADRANT.miss;
  if (outcome === 'failure') return acted ? QUADRANT.falsePositive : QUADRANT.dodge;
  return acted ? QUADRANT.actedNeutral : QUADRANT.skippedNeutral;
}
