import type { Outcome } from '../episode/outcome.ts';

import { actedAt, numberAt, pairEnd, scopeRange, unpackPair } from '../episode/pack.ts';
import type { DimensionColumn, EpisodeColumns } from './columns.ts';

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
  readonly #pairs = new PairDictionary();
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

  /** Adds an event. @throws Fault `damaged_event` */
  add(packed: Uint8Array, outcome: Outcome): void {
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
    this.#quadrant[row] = quadrantOf(actedAt(packed, end), outcome);
    if (this.#withDxCount) this.#dxCount[row] = numberAt(packed, end, 'dx_count');
    this.#size++;
  }

  /** The columns of everything added. The collector must not be used after it. */
  columns(): EpisodeColumns {
    const dimensions = this.#columns
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(column => inOrder(column, this.#size));
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
    this.#quadrant = longer(this.#quadrant, new Uint8Array(length));
    for (const column of this.#columns) {
      const { codes } = column;
      if (codes instanceof Uint8Array) column.codes = longer(codes, new Uint8Array(length));
      else if (codes instanceof Uint16Array) column.codes = longer(codes, new Uint16Array(length));
      else column.codes = longer(codes, new Uint32Array(length));
    }
    if (this.#withDxCount) this.#dxCount = longer(this.#dxCount, new Float64Array(length));
  }
}

function longer<T extends Codes | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}

/** Values get their codes in sorted order, so that columns do not depend on the order of reading. */
function inOrder({ name, values, codes }: OpenColumn, size: number): DimensionColumn {
  const sorted = [...values].sort();
  const rank = new Map(sorted.map((value, i) => [value, i + 1]));
  const codeOf = Uint32Array.from([0, ...values.map(value => rank.get(value) ?? 0)]);
  for (let row = 0; row < size; row++) codes[row] = codeOf[codes[row] ?? 0] ?? 0;
  return { name, values: sorted, codes: codes.subarray(0, size) };
}

/** Numbers runs of bytes in the order in which they are first seen: an open-addressed hash table over the bytes. */
class PairDictionary {
  readonly #runs: Uint8Array[] = [];
  readonly #hashes: number[] = [];
  /** Id + 1 of the run in each slot, 0 for none; at most half are taken. */
  #slots = new Uint32Array(256);

  /** The id of `bytes[start, end)`; a run not seen before gets the next one. */
  idOf(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let id = this.#slots[slot] ?? 0; id !== 0; id = this.#slots[slot] ?? 0) {
      if (this.#hashes[id - 1] === hash && isRun(this.#runs[id - 1], bytes, start, end)) return id - 1;
      slot = (slot + 1) & mask;
    }
    this.#slots[slot] = this.#runs.push(new Uint8Array(bytes.subarray(start, end)));
    this.#hashes.push(hash);
    if (this.#runs.length * 2 > this.#slots.length) this.#grow();
    return this.#runs.length - 1;
  }

  #grow(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    this.#hashes.forEach((hash, id) => {
      let slot = hash & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = id + 1;
    });
    this.#slots = slots;
  }
}

/** FNV-1a, with the high bits folded into the low ones that pick the slot. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function isRun(run: Uint8Array | undefined, bytes: Uint8Array, start: number, end: number): boolean {
  if (run?.length !== end - start) return false;
  for (let i = 0; i < run.length; i++) if (run[i] !== bytes[start + i]) return false;
  return true;
}

function quadrantOf(acted: boolean, outcome: Outcome): number {
  if (outcome === 'success') return acted ? QUADRANT.win : QUADRANT.miss;
  if (outcome === 'failure') return acted ? QUADRANT.falsePositive : QUADRANT.dodge;
  return acted ? QUADRANT.actedNeutral : QUADRANT.skippedNeutral;
}
