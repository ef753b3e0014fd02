/*
 * Kernel: the loops of `#insert`, `#grow` and `#visit` run once for each pair of a scope and each node of the trie.
 *
 * A set trie over dimension=value pairs in flat arrays. A look-up visits only nodes whose every pair is in the scope, so
 * its cost grows with the number of matches and not with the number of slices. Pairs that no slice has are unknown to
 * the trie, and cost nothing.
 */

import type { Scope } from '../pattern/scope.ts';

/** Integers of one slot of the table of children: parent, pair, child. A child of 0 marks a free slot: 0 is the root. */
const SLOT = 3;
const FIRST_SLOTS = 64;

/** Finds the slices that contain a scope. Slices are numbered from 0, in the order in which they are given. */
export class ScopeTrie {
  /** The dimensions that slices use, sorted. The position of a dimension in this list stands for it. */
  readonly dimensions: readonly string[];
  /** Value → pair, for each dimension. */
  readonly #pairs: readonly Map<string, number>[];
  #slots = FIRST_SLOTS;
  #children = new Int32Array(FIRST_SLOTS * SLOT);
  #nodes = 1;
  /** For each node a bit for each dimension of its children, modulo 32: a filter before the table. */
  #childDimensions = new Int32Array(FIRST_SLOTS);
  /** The first slice of a node, plus 1; 0 for none. */
  #firstSlice = new Int32Array(FIRST_SLOTS);
  /** The next slice of the same node, plus 1. */
  readonly #nextSlice: Int32Array;
  /** Pairs of the scope of the current look-up, and their dimensions. */
  readonly #query: Int32Array;
  readonly #queryDimensions: Int32Array;
  #queryLength = 0;

  constructor(slices: readonly Scope[]) {
    this.dimensions = [...new Set(slices.flatMap(slice => Object.keys(slice)))].sort();
    const positions = new Map(this.dimensions.map((name, position) => [name, position]));
    this.#pairs = this.dimensions.map(() => new Map<string, number>());
    this.#nextSlice = new Int32Array(slices.length);
    this.#query = new Int32Array(this.dimensions.length);
    this.#queryDimensions = new Int32Array(this.dimensions.length);
    let pairCount = 0;
    for (const [slice, scope] of slices.entries()) {
      let node = 0;
      for (const [name, value] of Object.entries(scope)) {
        const dimension = positions.get(name) ?? 0;
        const pairs = this.#pairs[dimension];
        const pair = pairs?.get(value) ?? pairCount++;
        pairs?.set(value, pair);
        node = this.#insert(node, pair, dimension);
      }
      this.#nextSlice[slice] = this.#firstSlice[node] as number;
      this.#firstSlice[node] = slice + 1;
    }
  }

  /**
   * Reads the pairs of a scope that slices use.
   * @param pairs receives the pair of each of `dimensions`, −1 where the scope has none that a slice uses
   */
  read(scope: Scope, pairs: Int32Array): void {
    const { dimensions } = this;
    for (let d = 0; d < dimensions.length; d++)
      // An inherited member such as `toString` is no text, so it is in no map.
      pairs[d] = this.#pairs[d]?.get(scope[dimensions[d] as string] as string) ?? -1;
  }

  /**
   * Marks every slice that contains a scope.
   * @param pairs as `read` wrote them
   * @param bits receives bit `slice % 32` of element `slice / 32`
   */
  mark(pairs: Int32Array, bits: Int32Array): void {
    let length = 0;
    for (let d = 0; d < pairs.length; d++) {
      if ((pairs[d] as number) < 0) continue;
      this.#query[length] = pairs[d] as number;
      this.#queryDimensions[length++] = 1 << (d & 31);
    }
    this.#queryLength = length;
    this.#visit(0, 0, bits);
  }

  #visit(node: number, from: number, bits: Int32Array): void {
    for (let next = this.#firstSlice[node] as number; next > 0; ) {
      const slice = next - 1;
      bits[slice >>> 5] = (bits[slice >>> 5] as number) | (1 << (slice & 31));
      next = this.#nextSlice[slice] as number;
    }
    const childDimensions = this.#childDimensions[node] as number;
    if (childDimensions === 0) return;
    for (let i = from; i < this.#queryLength; i++) {
      if ((childDimensions & (this.#queryDimensions[i] as number)) === 0) continue;
      const child = this.#child(node, this.#query[i] as number);
      if (child > 0) this.#visit(child, i + 1, bits);
    }
  }

  /** Returns the child of a node for a pair; 0 for none. */
  #child(node: number, pair: number): number {
    const children = this.#children;
    const last = this.#slots - 1;
    for (let slot = hashOf(node, pair) & last; ; slot = (slot + 1) & last) {
      const at = slot * SLOT;
      const child = children[at + 2] as number;
      if (child === 0 || (children[at] === node && children[at + 1] === pair)) return child;
    }
  }

  #insert(parent: number, pair: number, dimension: number): number {
    const known = this.#child(parent, pair);
    if (known > 0) return known;
    if (this.#nodes * 2 >= this.#slots) this.#grow();
    const child = this.#nodes++;
    this.#place(parent, pair, child);
    this.#childDimensions[parent] = (this.#childDimensions[parent] as number) | (1 << (dimension & 31));
    return child;
  }

  #place(parent: number, pair: number, child: number): void {
    const last = this.#slots - 1;
    let slot = hashOf(parent, pair) & last;
    while (this.#children[slot * SLOT + 2] !== 0) slot = (slot + 1) & last;
    this.#children.set([parent, pair, child], slot * SLOT);
  }

  /** Doubles the table of children, and the room for nodes. */
  #grow(): void {
    const old = this.#children;
    this.#slots *= 2;
    this.#children = new Int32Array(this.#slots * SLOT);
    for (let at = 0; at < old.length; at += SLOT)
      if (old[at + 2] !== 0) this.#place(old[at] as number, old[at + 1] as number, old[at + 2] as number);
    this.#childDimensions = enlarged(this.#childDimensions, this.#slots);
    this.#firstSlice = enlarged(this.#firstSlice, this.#slots);
  }
}

function enlarged(values: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(values);
  return larger;
}

function hashOf(node: number, pair: number): number {
  const mixed = Math.imul(node, 0x9e3779b1) ^ Math.imul(pair, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
